import DataLoader from "dataloader";
import { perRequest, type RequestContext } from "../request.js";
import { catalogueOf, hiddenTagIds, type TagRow } from "./tag.loader.js";

/** One stretch of time in which a user held a tag with one value. */
export interface TagStretchRow {
  readonly tag: TagRow;
  readonly value: boolean | number | string;
  readonly since: Date;
  /** Null: it goes on. */
  readonly until: Date | null;
  readonly source: string;
  readonly evidence: Readonly<Record<string, unknown>> | null;
  /** Microseconds since 1970, as text: what a cursor remembers of `since`. */
  readonly sinceMicros: string;
}

export interface HistoryPage {
  /** Undefined: all tags. */
  readonly tagId: number | undefined;
  readonly rows: number;
  /** The stretch that the page before ended with. */
  readonly after: { readonly sinceMicros: string; readonly tagId: number } | undefined;
}

type StoredStretch = readonly [
  tagId: number,
  number | null,
  string | null,
  since: string,
  until: string | null,
  string,
  Readonly<Record<string, unknown>> | null,
  micros: string,
];

/** The latest first; for all users of a page one statement. */
export function tagHistoryByUser(context: RequestContext, page: HistoryPage): DataLoader<string, TagStretchRow[]> {
  const loaders = loadersOf(context);
  const key = JSON.stringify(page);
  const loader = loaders.get(key) ?? load(context, page);
  loaders.set(key, loader);
  return loader;
}

const loadersOf = perRequest(() => new Map<string, DataLoader<string, TagStretchRow[]>>());

function load(context: RequestContext, { tagId, rows: limit, after }: HistoryPage): DataLoader<string, TagStretchRow[]> {
  return new DataLoader(async (userIds) => {
    const { byId } = await catalogueOf(context)();
    // Left out in the statement, so that a page is as full as the next.
    const hidden = await hiddenTagIds(context);
    const found = await context.store.pool.read<{ userId: string; stretches: StoredStretch[] | null }>(
      `select u.id as "userId", (
         select json_agg(json_build_array(tag_id, number_value, text_value, since, until, source, evidence, micros::text) order by micros desc, tag_id desc)
         from (
           select h.*, (extract(epoch from since) * 1000000)::bigint as micros from (
             select tag_id, number_value, text_value, since, expires_at as until, source, evidence from user_tag where user_id = u.id
             union all
             select tag_id, number_value, text_value, since, until, source, evidence from user_tag_history where user_id = u.id
           ) as h
           where ($2::int is null or tag_id = $2) and tag_id <> all($6::int[])
             and ($3::bigint is null or ((extract(epoch from since) * 1000000)::bigint, tag_id) < ($3::bigint, $4::int))
           order by since desc, tag_id desc limit $5
         ) as page
       ) as stretches
       from unnest($1::bigint[]) as u (id)`,
      [userIds, tagId ?? null, after?.sinceMicros ?? null, after?.tagId ?? null, limit, hidden],
    );
    const byUser = new Map(
      found.map(({ userId, stretches }) => [
        userId,
        (stretches ?? []).flatMap(([id, number, text, since, until, source, evidence, sinceMicros]) => {
          const tag = byId.get(id);
          if (!tag) return [];
          return [
            {
              tag,
              value: number ?? text ?? true,
              since: new Date(since),
              until: until === null ? null : new Date(until),
              source,
              evidence,
              sinceMicros,
            },
          ];
        }),
      ]),
    );
    return userIds.map((userId) => byUser.get(userId)!);
  });
}
