import { numberArray } from "../store/arrays.js";
import type { Session, Transaction } from "../store/pool.js";

/** The first instant after `after` at which time alone may let somebody in or out of a segment. */
export async function nextDue(session: Session, after: Date): Promise<Date | null> {
  const [row] = await session.read<{ at: Date | null }>("select min(due_at) as at from segment_truth where due_at > $1", [after]);
  return row?.at ?? null;
}

/** Marks users who are due until an instant, but for those who are marked already; gives them. */
export async function markDue(transaction: Transaction, until: Date, most: number): Promise<string[]> {
  const marked = await transaction.read<{ userId: string }>(
    `insert into user_change (user_id, marked_at)
     select user_id, $1 from (
       select user_id from segment_truth t where due_at <= $1 and not exists (select from user_change c where c.user_id = t.user_id) order by due_at limit $2
     ) as due order by user_id
     on conflict (user_id) do nothing returning user_id as "userId"`,
    [until, most],
  );
  // Who was merged or erased while the mark was waited for is gone, and so is the mark then.
  const here = await transaction.read<{ userId: string }>(
    `with gone as (
       delete from user_change where user_id = any($1::bigint[]) and not exists (select from app_user u where u.id = user_id)
     ) select id as "userId" from app_user where id = any($1::bigint[]) order by id`,
    [numberArray(marked.map(({ userId }) => userId))],
  );
  return here.map(({ userId }) => userId);
}
