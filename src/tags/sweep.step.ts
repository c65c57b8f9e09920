import { CHANGE_COLUMNS, changeHead } from "../people/change.step.js";
import { markUsers, retryWhenGone } from "../people/mark.step.js";
import type { Pool } from "../store/pool.js";

/** Users in one transaction: bounds how long their locks are held. */
const BATCH_USERS = 5_000;

/**
 * Moves assignments that have expired into the history, and marks whose they were. No read waits for it, for an expired one counts
 * nowhere from its very instant: this keeps the table small, and what is read beside the bitmaps short.
 */
export async function sweepExpired(pool: Pool, asOf: Date): Promise<void> {
  for (;;) {
    const expired = await pool.read<{ userId: string }>(
      `select distinct user_id as "userId" from (select user_id from user_tag where expires_at <= $1 order by expires_at limit ${BATCH_USERS}) as x`,
      [asOf],
    );
    if (expired.length === 0) return;
    const userIds = expired.map(({ userId }) => userId);
    await retryWhenGone(() => sweep(pool, userIds, asOf));
  }
}

async function sweep(pool: Pool, userIds: readonly string[], asOf: Date): Promise<void> {
  await pool.transaction(async (transaction) => {
    // Who was merged or erased meanwhile has no rows any more, and must not be marked.
    const known = await transaction.read<{ id: string }>("select id from app_user where id = any($1::bigint[])", [userIds]);
    await markUsers(
      transaction,
      known.map(({ id }) => id),
      asOf,
    );
    await transaction.read(
      `with expired as (
         delete from user_tag t where t.user_id = any($2::bigint[]) and t.expires_at <= $1 returning t.*
       ), kept as (
         insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
         select user_id, tag_id, since, number_value, text_value, expires_at, source, evidence from expired where since < expires_at
         on conflict (user_id, tag_id, since) do update set until = excluded.until, number_value = excluded.number_value,
           text_value = excluded.text_value, source = excluded.source, evidence = excluded.evidence
       )
       insert into change (${CHANGE_COLUMNS})
       select ${changeHead("TagChange", "expired.user_id")}, expires_at, user_id, tag_id, coalesce(to_jsonb(number_value), to_jsonb(text_value), 'true'), null, null from expired`,
      [asOf, userIds],
    );
  });
}
