import { CHANGE_COLUMNS, changeHead } from "../people/change.step.js";
import type { Session } from "../store/pool.js";

/** Assignments in one statement: bounds how long their locks are held. */
const BATCH_ASSIGNMENTS = 10_000;

/**
 * Moves assignments that have expired into the history. No read waits for it, for an expired one counts nowhere from its very instant: this only
 * keeps the table small. Rows that somebody else holds at the moment are left for the next time.
 */
export async function sweepExpired(session: Session, asOf: Date): Promise<void> {
  for (;;) {
    const [swept] = await session.read<{ count: number }>(
      `with expired as (
         delete from user_tag t using (
           select user_id, tag_id from user_tag where expires_at <= $1 order by expires_at limit ${BATCH_ASSIGNMENTS} for update skip locked
         ) as e
         where t.user_id = e.user_id and t.tag_id = e.tag_id and t.expires_at <= $1
         returning t.*
       ), kept as (
         insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
         select user_id, tag_id, since, number_value, text_value, expires_at, source, evidence from expired where since < expires_at
         on conflict (user_id, tag_id, since) do update set until = excluded.until, number_value = excluded.number_value,
           text_value = excluded.text_value, source = excluded.source, evidence = excluded.evidence
       )
       , told as (
         insert into change (${CHANGE_COLUMNS})
         select ${changeHead("TagChange", "expired.user_id")}, expires_at, user_id, tag_id, coalesce(to_jsonb(number_value), to_jsonb(text_value), 'true'), null, null from expired
       )
       select count(*)::int as count from expired`,
      [asOf],
    );
    if (swept!.count < BATCH_ASSIGNMENTS) return;
  }
}
