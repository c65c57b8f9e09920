import DataLoader from "dataloader";
import { TidemarkError } from "../errors.js";
import { perRequest, type RequestContext } from "../request.js";
import { usableSegments } from "./membership.loader.js";
import type { FlippedCondition } from "./segment-member.entity.js";
import { refuseListing } from "./telling.loader.js";

/** One stretch of time in which a user was in a segment. */
export interface StayRow {
  readonly segmentId: number;
  readonly userId: string;
  readonly since: Date;
  /** Null: it goes on. */
  readonly until: Date | null;
  readonly reason: string;
  readonly conditions: readonly FlippedCondition[];
  readonly exitReason: string | null;
  readonly exitConditions: readonly FlippedCondition[] | null;
}

export interface StayPage {
  /** ENTRIES: every stay by its beginning; EXITS: those that ended, by their end; MEMBERS: those of now, or of `asOf`, by their beginning. */
  readonly list: "MEMBERS" | "ENTRIES" | "EXITS";
  readonly asOf: Date | null;
  readonly rows: number;
  /** The stay that the page before ended with. */
  readonly after: { readonly at: string; readonly userId: string } | null;
}

type StoredStay = readonly [
  userId: string,
  since: string,
  until: string | null,
  string,
  readonly FlippedCondition[],
  string | null,
  readonly FlippedCondition[] | null,
];

/** The latest first; for all segments of a page one statement. */
export function staysBySegment(context: RequestContext, page: StayPage): DataLoader<number, StayRow[]> {
  const loaders = loadersOf(context);
  const key = JSON.stringify(page);
  const loader = loaders.get(key) ?? load(context, page);
  loaders.set(key, loader);
  return loader;
}

const loadersOf = perRequest(() => new Map<string, DataLoader<number, StayRow[]>>());

const CURRENT = `select user_id, segment_id, since, null::timestamptz as until, reason, conditions, null::text as exit_reason, null::jsonb as exit_conditions from segment_member`;
const ENDED = `select user_id, segment_id, since, until, reason, conditions, exit_reason, exit_conditions from segment_member_history`;

function load({ store }: RequestContext, { list, asOf, rows, after }: StayPage): DataLoader<number, StayRow[]> {
  const by = list === "EXITS" ? "until" : "since";
  const source = list === "EXITS" ? ENDED : list === "MEMBERS" && asOf === null ? CURRENT : `${CURRENT} union all ${ENDED}`;
  const then = asOf === null ? "$5::timestamptz is null" : "h.since <= $5 and (h.until is null or h.until > $5)";
  return new DataLoader(async (ids) => {
    const found = await store.pool.read<{ id: number; stays: StoredStay[] | null }>(
      `select s.id, (
         select json_agg(json_build_array(user_id::text, since, until, reason, conditions, exit_reason, exit_conditions) order by ${by} desc, user_id desc)
         from (select * from (${source}) as h
               where h.segment_id = s.id and ${then} and ($2::timestamptz is null or (h.${by}, h.user_id) < ($2, $3::bigint))
               order by h.${by} desc, h.user_id desc limit $4) as page
       ) as stays
       from unnest($1::int[]) as s (id)`,
      [ids, after?.at ?? null, after?.userId ?? null, rows, asOf],
    );
    const stays = new Map(found.map(({ id, stays }) => [id, (stays ?? []).map((stay) => stayOf(id, stay))]));
    return ids.map((id) => stays.get(id) ?? []);
  });
}

function stayOf(segmentId: number, [userId, since, until, reason, conditions, exitReason, exitConditions]: StoredStay): StayRow {
  return {
    ...{ segmentId, userId, reason, conditions, exitReason, exitConditions },
    since: new Date(since),
    until: until === null ? null : new Date(until),
  };
}

export interface SizeRow {
  readonly segmentId: number;
  readonly at: Date;
  readonly users: number;
  readonly revision: number;
}

/** The latest first; for all segments of a page one statement. */
export function sizesBySegment(context: RequestContext, rows: number, before: string | null): DataLoader<number, SizeRow[]> {
  const loaders = sizeLoadersOf(context);
  const key = JSON.stringify([rows, before]);
  const loader = loaders.get(key) ?? loadSizes(context, rows, before);
  loaders.set(key, loader);
  return loader;
}

const sizeLoadersOf = perRequest(() => new Map<string, DataLoader<number, SizeRow[]>>());

function loadSizes({ store }: RequestContext, rows: number, before: string | null): DataLoader<number, SizeRow[]> {
  return new DataLoader(async (ids) => {
    const found = await store.pool.read<SizeRow>(
      `select z.segment_id as "segmentId", z.at, z.users, z.revision from unnest($1::int[]) as s (id)
       cross join lateral (
         select * from segment_size z where z.segment_id = s.id and ($2::timestamptz is null or z.at < $2) order by z.at desc limit $3
       ) z order by z.segment_id, z.at desc`,
      [ids, before, rows],
    );
    const bySegment = Map.groupBy(found, ({ segmentId }) => segmentId);
    return ids.map((id) => bySegment.get(id) ?? []);
  });
}

/** What of a segment changes without anybody's saving it. */
export interface SegmentState {
  readonly nextRunAt: Date | null;
  readonly refreshedAt: Date | null;
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
  readonly stored: number;
}

/** For all segments of a page one statement. */
export const stateBySegment = perRequest(
  ({ store }) =>
    new DataLoader<number, SegmentState>(
      async (ids) => {
        const rows = await store.pool.read<SegmentState & { id: number }>(
          `select s.id, s.next_run_at as "nextRunAt", s.refreshed_at as "refreshedAt", s.last_error as "lastError", s.last_error_at as "lastErrorAt",
             (select count(*)::int from segment_member m where m.segment_id = s.id) as stored
           from segment s where s.id = any($1::int[])`,
          [ids],
        );
        const byId = new Map(rows.map((row) => [row.id, row]));
        const gone = { nextRunAt: null, refreshedAt: null, lastError: null, lastErrorAt: null, stored: 0 };
        return ids.map((id) => byId.get(id) ?? gone);
      },
      { cache: false },
    ),
);

/**
 * Why the viewer may not see who is in a segment: something in it may only be counted by. Of one that cannot be asked that is not known;
 * the owner alone sees its members, which are kept. For all segments of a page one look at the catalogue.
 */
export const memberRefusal = perRequest(
  (context) =>
    new DataLoader<number, TidemarkError | null>(
      async (ids) => {
        const usable = new Map((await usableSegments(context)).map(({ segment, where }) => [segment.id, where]));
        return ids.map((id) => {
          const where = usable.get(id);
          if (where instanceof TidemarkError) return context.viewer.role === "OWNER" ? null : where;
          try {
            refuseListing([where]);
            return null;
          } catch (error) {
            if (error instanceof TidemarkError) return error;
            throw error;
          }
        });
      },
      { cache: false },
    ),
);
