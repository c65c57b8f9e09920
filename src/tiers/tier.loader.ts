import DataLoader from "dataloader";
import { perRequest, type RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { schemeFor, type TierSchemeRow } from "./tier-scheme.loader.js";

export interface UserTierRow {
  readonly userId: string;
  readonly schemeId: number;
  readonly tier: string;
  readonly since: Date;
  readonly previous: string | null;
  readonly reason: string;
}

const tierLoader = perRequest(
  (context) =>
    new DataLoader<{ userId: string; schemeId: number }, UserTierRow | null, string>(
      async (keys) => {
        const rows = await context.store.pool.lookup<UserTierRow>(
          `select user_id as "userId", scheme_id as "schemeId", tier, since, previous, reason from user_tier
           where user_id = any($1) and scheme_id = any($2)`,
          [[...new Set(keys.map(({ userId }) => userId))], [...new Set(keys.map(({ schemeId }) => schemeId))]],
        );
        const byKey = new Map(rows.map((row) => [`${row.schemeId}:${row.userId}`, row]));
        return keys.map(({ userId, schemeId }) => byKey.get(`${schemeId}:${userId}`) ?? null);
      },
      { cacheKeyFn: ({ userId, schemeId }) => `${schemeId}:${userId}` },
    ),
);

/** The tier a user stands in under the named scheme, or `default`. */
export async function tierOfUser(context: RequestContext, userId: string, scheme?: string | null): Promise<UserTierRow | null> {
  const { id } = await schemeFor(context, scheme);
  return tierLoader(context).load({ userId, schemeId: id });
}

/** One stay in a tier, [from, to). */
export interface TierStayRow {
  readonly userId: string;
  readonly tier: string;
  readonly from: Date;
  readonly to: Date | null;
  readonly reason: string;
}

export interface HistoryQuestion {
  readonly scheme: string | null;
  readonly asOf: Date | null;
  /** Stays that began before that. */
  readonly before: Date | null;
  readonly limit: number;
}

/** Histories of many users in one statement for each distinct question. */
const historyLoaders = perRequest(() => new Map<string, DataLoader<string, TierStayRow[]>>());

/** A user's stays in the tiers of a scheme, the latest first. */
export async function tierHistory(context: RequestContext, userId: string, question: HistoryQuestion): Promise<TierStayRow[]> {
  const scheme = await schemeFor(context, question.scheme);
  const loaders = historyLoaders(context);
  const key = JSON.stringify([scheme.id, question.asOf, question.before, question.limit]);
  let loader = loaders.get(key);
  if (!loader) {
    loader = new DataLoader((ids) => readHistories(context.store.pool, scheme, ids, question));
    loaders.set(key, loader);
  }
  return loader.load(userId);
}

async function readHistories(
  session: Session,
  scheme: TierSchemeRow,
  userIds: readonly string[],
  { asOf, before, limit }: HistoryQuestion,
): Promise<TierStayRow[][]> {
  const rows = await session.read<TierStayRow>(
    `select user_id as "userId", tier, since as "from", until as "to", reason from (
       select *, row_number() over (partition by user_id order by since desc) as place from (
         select user_id, tier, since, reason, lead(since) over (partition by user_id order by since) as until
         from tier_history where user_id = any($1) and scheme_id = $2 and ($3::timestamptz is null or since <= $3)) stays
       where tier is not null and ($4::timestamptz is null or since < $4)) numbered
     where place <= $5 order by user_id, since desc`,
    [userIds, scheme.id, asOf, before, limit],
  );
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  return userIds.map((id) => byUser.get(id) ?? []);
}

/** How many users stood in which tier at one instant and at another; null: in none. */
export async function readMigration(
  session: Session,
  schemeId: number,
  from: Date,
  to: Date,
): Promise<{ before: string | null; after: string | null; count: number }[]> {
  const rows = await session.read<{ before: string | null; after: string | null; count: string }>(
    `select before, after, count(*) from (
       select (array_agg(tier order by since desc) filter (where since <= $2))[1] as before,
              (array_agg(tier order by since desc) filter (where since <= $3))[1] as after
       from tier_history where scheme_id = $1 and since <= greatest($2::timestamptz, $3::timestamptz) group by user_id) moved
     where before is not null or after is not null group by 1, 2`,
    [schemeId, from, to],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
