import DataLoader from "dataloader";
import { perRequest, type RequestContext } from "../request.js";
import { computedTags, type Library } from "./compute.loader.js";
import { withFacts } from "./facts.loader.js";
import type { Histories } from "./history.js";
import { readHistories } from "./history.loader.js";
import type { Compute, Computed, Evidence } from "./holding.js";
import { readNumbers } from "./numbers.js";
import { catalogueOfVersion, shownTo, TAG_VERSION, type TagCatalogue, type TagRow } from "./tag.loader.js";

/** One user holding one tag, as it is answered. */
export interface AssignmentRow {
  readonly tag: TagRow;
  readonly value: boolean | number | string;
  readonly since: Date;
  readonly expiresAt: Date | null;
  readonly source: string;
  /** Of DECLINE tags. */
  readonly evidence: Evidence | null;
}

/** All that is known of a user's tags at an instant. */
export interface TagState {
  readonly catalogue: TagCatalogue;
  /** The instant the computed tags stand at; null: the user has not been computed yet. */
  readonly asOf: Date | null;
  /** By slot; NaN where undefined. */
  readonly numbers: Float64Array;
  /** In the order of the tags' ids. */
  readonly assignments: readonly AssignmentRow[];
}

type StoredAssignment = readonly [tagId: number, number | null, string | null, string, string | null, string, Evidence | null];

interface StoredRow {
  readonly userId: string;
  readonly asOf: Date | null;
  readonly numbers: Buffer | null;
  readonly assignments: readonly StoredAssignment[] | null;
  readonly version: string | null;
}

/** The stored state of a page of users, all of it in one statement. */
export const tagStateByUser = perRequest(
  (context) =>
    new DataLoader<string, TagState>(async (userIds) => {
      const rows = await context.store.pool.lookup<StoredRow>(
        `select u.id as "userId", m.as_of as "asOf", array_send(m.numbers) as numbers, ${TAG_VERSION} as version,
           (select json_agg(json_build_array(t.tag_id, t.number_value, t.text_value, t.since, t.expires_at, t.source, t.evidence) order by t.tag_id)
            from user_tag t where t.user_id = u.id and (t.expires_at is null or t.expires_at > $2)) as assignments
         from unnest($1::bigint[]) as u (id) left join user_metric m on m.user_id = u.id`,
        [userIds, context.now],
      );
      const catalogue = await shownTo(context, await catalogueOfVersion(context.store.pool, rows[0]?.version ?? ""));
      const states = new Map(
        rows.map(({ userId, asOf, numbers, assignments }) => [
          userId,
          {
            catalogue,
            asOf,
            numbers: numbers ? readNumbers(numbers) : NO_NUMBERS,
            assignments: (assignments ?? []).flatMap((row) => assignmentOf(catalogue, row)),
          },
        ]),
      );
      return userIds.map((userId) => states.get(userId)!);
    }),
);

const NO_NUMBERS = new Float64Array(0);

function assignmentOf(catalogue: TagCatalogue, stored: StoredAssignment): AssignmentRow[] {
  const [tagId, numberValue, textValue, since, expiresAt, source, evidence] = stored;
  const tag = catalogue.byId.get(tagId);
  if (!tag || !inUse(tag)) return [];
  return [
    {
      tag,
      value: numberValue ?? textValue ?? true,
      since: new Date(since),
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      source,
      evidence,
    },
  ];
}

function inUse({ state }: TagRow): boolean {
  return state === "ACTIVE" || state === "DEPRECATED";
}

/** Where a user's events stand among those of the page. */
export interface PlaceInHistories {
  readonly histories: Histories;
  readonly place: number;
  readonly library: Library;
}

/** The events before an instant of a page of users: one statement (and two small ones for the catalogues), whatever is computed from them. */
export function historyAt(context: RequestContext, asOf: Date): DataLoader<string, PlaceInHistories> {
  return at(historyLoaders(context), asOf, () => {
    const { pool } = context.store;
    return new DataLoader(async (userIds) => {
      const library = await libraryOf(context)();
      const histories = await readHistories(pool, userIds, asOf);
      return userIds.map((_, place) => ({ histories, place, library }));
    });
  });
}

const historyLoaders = perRequest(() => new Map<number, DataLoader<string, PlaceInHistories>>());

/** Everything computes by the whole library; its catalogue here is what may be given out of that. */
export const libraryOf = perRequest((context) => {
  let promise: Promise<Library> | undefined;
  return () => {
    promise ??= computedTags(context.store.pool).then(async (library) => ({
      ...library,
      catalogue: await shownTo(context, library.catalogue),
    }));
    return promise;
  };
});

/** All computed tags of a page of users at an instant, computed once for the page; what they need beside events is read for it. */
export const computedOf = memo(({ compute }) => compute);
export const declinesOf = memo(({ computeDeclines }) => computeDeclines);

function memo(of: (library: Library) => Compute) {
  const known = new WeakMap<Histories, Promise<Computed>>();
  return ({ store }: RequestContext, library: Library, histories: Histories, asOf: Date): Promise<Computed> => {
    const compute = of(library);
    const found =
      known.get(histories) ??
      withFacts(store.pool, histories, compute.needs).then((complete) => compute(complete, asOf.getTime()));
    known.set(histories, found);
    return found;
  };
}

/** The tags one user of a page holds by computing. */
export function assignmentsOf({
  computed,
  catalogue,
  place,
  source,
}: {
  computed: Computed;
  catalogue: TagCatalogue;
  place: number;
  source: string;
}): AssignmentRow[] {
  return computed.holdings.flatMap(({ tagId, users, since, evidence, texts }) => {
    const held = users.indexOf(place);
    const tag = catalogue.byId.get(tagId);
    if (held < 0 || !tag) return [];
    return [
      {
        tag,
        value: texts?.[held] ?? true,
        since: new Date(since[held]!),
        expiresAt: null,
        source,
        evidence: evidence?.[held] ?? null,
      },
    ];
  });
}

/** What people and systems had assigned at an instant: from the rows that stand, and from the history. */
export function givenTagsAt(context: RequestContext, asOf: Date): DataLoader<string, readonly AssignmentRow[]> {
  return at(givenLoaders(context), asOf, () => {
    const { pool } = context.store;
    return new DataLoader(async (userIds) => {
      const rows = await pool.read<{ userId: string; assignments: StoredAssignment[]; version: string }>(
        `select user_id as "userId", json_agg(json_build_array(tag_id, number_value, text_value, since, expires_at, source, null) order by tag_id) as assignments, ${TAG_VERSION} as version
         from (
           select user_id, tag_id, number_value, text_value, since, expires_at, source from user_tag
           where user_id = any($1::bigint[]) and since <= $2 and (expires_at is null or expires_at > $2)
           union all
           select user_id, tag_id, number_value, text_value, since, until, source from user_tag_history
           where user_id = any($1::bigint[]) and since <= $2 and until > $2
         ) as t
         where exists (select from tag g where g.id = t.tag_id and g.kind in ('MANUAL', 'IMPORTED'))
         group by user_id`,
        [userIds, asOf],
      );
      const catalogue = await shownTo(context, await catalogueOfVersion(pool, rows[0]?.version ?? ""));
      const byUser = new Map(
        rows.map(({ userId, assignments }) => [userId, assignments.flatMap((row) => assignmentOf(catalogue, row))]),
      );
      return userIds.map((userId) => byUser.get(userId) ?? []);
    });
  });
}

const givenLoaders = perRequest(() => new Map<number, DataLoader<string, readonly AssignmentRow[]>>());

function at<T>(
  loaders: Map<number, DataLoader<string, T>>,
  asOf: Date,
  make: () => DataLoader<string, T>,
): DataLoader<string, T> {
  let loader = loaders.get(asOf.getTime());
  if (!loader) {
    loader = make();
    loaders.set(asOf.getTime(), loader);
  }
  return loader;
}
