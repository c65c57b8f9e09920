import type { Pool, Transaction } from "../store/pool.js";
import { markUsers, retryWhenGone } from "./mark.step.js";
import { mergedTables, tellVanished } from "./merge.step.js";

export interface Erasure {
  readonly userId: string;
  readonly by: string;
  readonly reason: string | null;
}

/**
 * Takes a person out of every table, with those who were merged into them: what they did, were given and were called, their scores
 * and their histories, and the refused rows that name them. What was counted over everybody stays. Sent again, the same external id
 * is somebody new.
 */
export async function eraseUser(pool: Pool, erasure: Erasure, now: Date): Promise<void> {
  await retryWhenGone(() => pool.transaction((transaction) => erase(transaction, erasure, now)));
}

async function erase(transaction: Transaction, { userId, by, reason }: Erasure, now: Date): Promise<void> {
  await markUsers(transaction, [userId], now);
  const names = await transaction.read<{ externalId: string }>(
    `select external_id as "externalId" from user_identity where user_id = $1
     union select k.external_id from user_merge m, jsonb_populate_recordset(null::user_identity, m.kept -> 'from' -> 'user_identity') k where m.survivor_id = $1`,
    [userId],
  );
  const merged = await transaction.read<{ userId: string }>(
    `delete from user_merge where survivor_id = $1 returning user_id as "userId"`,
    [userId],
  );
  for (const { table, column = "user_id" } of mergedTables())
    await transaction.read(`delete from ${table} where ${column} = $1`, [userId]);
  // A refused row has whatever shape it came in: whichever value in it is one of the names gives it away.
  await transaction.read(
    `delete from quarantine q where exists (
       select from jsonb_path_query(q.row, 'strict $.**') as v where jsonb_typeof(v) in ('string', 'number') and v #>> '{}' = any($1::text[]))`,
    [names.map(({ externalId }) => externalId)],
  );
  await transaction.read("delete from user_change where user_id = $1", [userId]);
  await transaction.read("delete from user_stale where user_id = $1", [userId]);
  await transaction.read(
    "insert into erasure (user_id, at, by_whom, reason) select unnest($1::bigint[]), $2, $3, $4 on conflict (user_id) do nothing",
    [[userId, ...merged.map((each) => each.userId)], now, by, reason],
  );
  await tellVanished(transaction, [userId], now);
}
