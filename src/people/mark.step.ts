import { numberArray } from "../store/arrays.js";
import type { Session, Transaction } from "../store/pool.js";

/** A user that was found is merged into another since, or erased: whoever was about to write looks it up again. */
export class GoneMeanwhile extends Error {}

/** Does the work of a writer of users' facts, anew where a user was merged or erased between its being found and its being marked. */
export async function retryWhenGone<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GoneMeanwhile)) throw error;
    }
  }
}

/**
 * Marks users as changed, for the pipeline to carry forward after the commit. The mark is also the lock of the user's facts:
 * whoever writes events or attributes marks first, all in the order of the ids, so that writers of the same users take turns
 * and never lock each other out; what was there already can then be looked up without a race. An earlier mark is locked and
 * stays as it is: `where false` spares a new version of the row. To be called within `retryWhenGone`.
 */
export async function markUsers(transaction: Transaction, userIds: Iterable<string | number>, now: Date): Promise<void> {
  const ids = Float64Array.from(new Set(Array.from(userIds, Number))).sort();
  await transaction.read(
    `insert into user_change (user_id, marked_at) select id, $2 from unnest($1::bigint[]) as id
     on conflict (user_id) do update set marked_at = excluded.marked_at where false`,
    [numberArray(ids), now],
  );
  // Under the mark, and taken away under it: nobody else writes these users' rows here meanwhile.
  await transaction.read("insert into user_stale (user_id) select unnest($1::bigint[]) on conflict (user_id) do nothing", [
    numberArray(ids),
  ]);
  const gone = await transaction.read(
    "(select from user_merge where user_id = any($1::bigint[]) limit 1) union all (select from erasure where user_id = any($1::bigint[]) limit 1)",
    [numberArray(ids)],
  );
  if (gone.length > 0) throw new GoneMeanwhile();
}

/**
 * Marks everybody, where what is computed of them means something else from now on, or another day has come; gives how many. It waits for
 * those who are being carried forward at this moment, rather than passing them over.
 */
export async function markEverybody(session: Session, now: Date): Promise<number> {
  const { count } = await session.run(
    `insert into user_change (user_id, marked_at) select id, $1 from app_user order by id
     on conflict (user_id) do update set marked_at = excluded.marked_at`,
    [now],
  );
  return count;
}
