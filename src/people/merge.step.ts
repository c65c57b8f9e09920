import { TidemarkError } from "../errors.js";
import type { Pool, Transaction } from "../store/pool.js";
import { GoneMeanwhile, markUsers } from "./mark.step.js";
import type { KeptRows } from "./user-merge.entity.js";

/** Two users on their way to be one, or to be two again. */
export interface Pair {
  /** The one that vanishes, or comes back. */
  readonly userId: string;
  /** The one that stays. */
  readonly intoUserId: string;
}

/** What both had before they were one, of one table. */
export interface Kept {
  readonly from: string;
  readonly into: string;
}

/** How the rows of a per-user table follow. All statements are of the one transaction of the merge. */
export interface MergedTable {
  readonly table: string;
  /** The column that holds the user; `user_id` when left out. */
  readonly column?: string;
  /** Its rows are computed from others: they are dropped, and made anew by the pipeline. */
  readonly computed?: boolean;
  /** Gives the one that stays what the other had, before the other's rows are taken away. */
  readonly join?: (transaction: Transaction, pair: Pair) => Promise<void>;
  /** Takes from the one that stays what it got; then the other gets its rows back. Rows as jsonb arrays. */
  readonly part?: (transaction: Transaction, pair: Pair, kept: Kept) => Promise<void>;
  /** Brings up to date what is computed within the transaction, for users whose rows were changed. */
  readonly recompute?: (transaction: Transaction, userIds: readonly string[]) => Promise<void>;
}

const tables: MergedTable[] = [];

/** Each room says of its own tables how they follow when users are merged. */
export function registerMerged(...own: readonly MergedTable[]): void {
  tables.push(...own);
}

/** Every per-user table that a person's rows stand in. */
export function mergedTables(): readonly MergedTable[] {
  return tables;
}

type Vanishing = (transaction: Transaction, userIds: readonly string[], now: Date) => Promise<void>;
const vanishing: Vanishing[] = [];

/** What a later room keeps of users elsewhere than in rows of their own, it takes back here, last in the transaction of a merge or an erasure. */
export function registerVanishing(follow: Vanishing): void {
  vanishing.push(follow);
}

export async function tellVanished(transaction: Transaction, userIds: readonly string[], now: Date): Promise<void> {
  for (const follow of vanishing) await follow(transaction, userIds, now);
}

/** Users merged in one call: each costs some twenty statements. */
export const MOST_MERGED = 100;

/**
 * Makes users one: everything that one of them did or was given is then the one's that stays, whose tags, score and tier are
 * computed anew. What they had is kept, so that `unmergeUser` can part them.
 *
 * The marks lock the users, in the order of their ids, against writers of their facts and against the pipeline.
 *
 * @throws CONFLICT when one of them was merged meanwhile
 */
export async function mergeUsers(
  pool: Pool,
  { userIds, intoUserId, by }: { readonly userIds: readonly string[]; readonly intoUserId: string; readonly by: string },
  now: Date,
): Promise<void> {
  try {
    await pool.transaction(async (transaction) => {
      await markUsers(transaction, [intoUserId, ...userIds], now);
      for (const userId of userIds) await merge(transaction, { userId, intoUserId }, by, now);
      await recompute(transaction, [intoUserId]);
      await tellVanished(transaction, userIds, now);
    });
  } catch (error) {
    if (!(error instanceof GoneMeanwhile)) throw error;
    throw new TidemarkError("CONFLICT", "One of the users was merged or erased by somebody else meanwhile; look at them again.");
  }
}

async function merge(transaction: Transaction, pair: Pair, by: string, now: Date): Promise<void> {
  const { userId, intoUserId } = pair;
  const kept: { from: Record<string, unknown>; into: Record<string, unknown> } = { from: {}, into: {} };
  for (const table of tables) {
    if (table.computed) continue;
    kept.from[table.table] = await rowsOf(transaction, table, userId);
    kept.into[table.table] = await rowsOf(transaction, table, intoUserId);
  }
  for (const { join } of tables) await join?.(transaction, pair);
  for (const { table, column = "user_id" } of tables)
    await transaction.read(`delete from ${table} where ${column} = $1`, [userId]);
  await transaction.read("delete from user_change where user_id = $1", [userId]);
  await transaction.read("delete from user_stale where user_id = $1", [userId]);
  await transaction.read("update user_merge set survivor_id = $2 where survivor_id = $1", [userId, intoUserId]);
  await transaction.read(
    `insert into user_merge (user_id, into_user_id, survivor_id, merged_at, by_whom, kept) values ($1, $2, $2, $3, $4, $5)`,
    [userId, intoUserId, now, by, JSON.stringify(kept)],
  );
}

async function rowsOf(transaction: Transaction, { table, column = "user_id" }: MergedTable, userId: string): Promise<unknown> {
  const [row] = await transaction.read<{ rows: unknown }>(
    `select coalesce(jsonb_agg(to_jsonb(t)), '[]') as rows from ${table} t where ${column} = $1`,
    [userId],
  );
  return row!.rows;
}

interface StoredMerge extends Pair {
  readonly survivorId: string;
  readonly kept: { readonly from: KeptRows; readonly into: KeptRows };
}

/**
 * Parts a user from the one it was merged into: it gets back what it had. What was recorded since stays with the other.
 *
 * @throws NOT_FOUND when it is not merged, CONFLICT when the one that took it was itself merged later
 */
export async function unmergeUser(pool: Pool, userId: string, now: Date): Promise<void> {
  await pool.transaction(async (transaction) => {
    const [merged] = await transaction.read<StoredMerge>(
      `select user_id as "userId", into_user_id as "intoUserId", survivor_id as "survivorId", kept from user_merge where user_id = $1 for update`,
      [userId],
    );
    if (!merged)
      throw new TidemarkError("NOT_FOUND", "That user is not merged into another; `User.mergedUsers` lists those that are.");
    const { intoUserId, survivorId, kept } = merged;
    if (survivorId !== intoUserId)
      throw new TidemarkError("CONFLICT", "The user that it was merged into has been merged itself since; part that one first.");
    await markUsers(transaction, [intoUserId], now);
    await transaction.read("delete from user_merge where user_id = $1", [userId]);
    for (const { table, part } of tables.toReversed())
      await part?.(transaction, merged, {
        from: JSON.stringify(kept.from[table] ?? []),
        into: JSON.stringify(kept.into[table] ?? []),
      });
    for (const { table } of tables)
      if (kept.from[table])
        await transaction.read(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`, [
          JSON.stringify(kept.from[table]),
        ]);
    // Users that the returning one had taken before it was merged are its own again.
    await transaction.read(
      `with recursive own as (
         select user_id from user_merge where into_user_id = $1
         union all select m.user_id from user_merge m join own o on m.into_user_id = o.user_id
       ) update user_merge set survivor_id = $1 where user_id in (select user_id from own)`,
      [userId],
    );
    await markUsers(transaction, [userId], now);
    await recompute(transaction, [intoUserId, userId]);
  });
}

async function recompute(transaction: Transaction, userIds: readonly string[]): Promise<void> {
  for (const table of tables) await table.recompute?.(transaction, userIds);
}

registerMerged(
  {
    table: "app_user",
    column: "id",
    // What the one that stays says of itself holds; the other fills the gaps.
    join: async (transaction, { userId, intoUserId }) =>
      void (await transaction.read(
        `update app_user u set first_seen_at = least(u.first_seen_at, f.first_seen_at), last_seen_at = greatest(u.last_seen_at, f.last_seen_at),
           channel = coalesce(u.channel, f.channel), attributes = f.attributes || u.attributes
         from app_user f where f.id = $1 and u.id = $2`,
        [userId, intoUserId],
      )),
    part: async (transaction, { intoUserId }, kept) =>
      void (await transaction.read(
        `update app_user u set first_seen_at = i.first_seen_at, last_seen_at = i.last_seen_at,
           channel = case when i.channel is null and u.channel = f.channel then null else u.channel end,
           attributes = u.attributes - array(
             select e.key from jsonb_each(f.attributes) e where not i.attributes ? e.key and u.attributes -> e.key = e.value)
         from jsonb_populate_recordset(null::app_user, $2::jsonb) f, jsonb_populate_recordset(null::app_user, $3::jsonb) i
         where u.id = $1`,
        [intoUserId, kept.from, kept.into],
      )),
  },
  {
    table: "user_identity",
    join: async (transaction, { userId, intoUserId }) =>
      void (await transaction.read("update user_identity set user_id = $2 where user_id = $1", [userId, intoUserId])),
    part: async (transaction, { intoUserId }, kept) =>
      void (await transaction.read(
        `delete from user_identity i using jsonb_populate_recordset(null::user_identity, $2::jsonb) k
         where i.external_id = k.external_id and i.source_id = k.source_id and i.user_id = $1`,
        [intoUserId, kept.from],
      )),
  },
);
