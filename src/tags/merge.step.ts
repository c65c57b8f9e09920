import { registerMerged } from "../people/merge.step.js";

// What people and systems assigned follows; what is computed from events is made anew.
const GIVEN = "(select id from tag where kind in ('MANUAL', 'IMPORTED'))";
const COLUMNS = "tag_id, number_value, text_value, since, expires_at, source, evidence";

registerMerged(
  {
    table: "user_tag",
    // Where both hold a tag the later statement goes on, and the earlier went on until then.
    async join(transaction, { userId, intoUserId }) {
      await transaction.read(
        `insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
         select $2, e.tag_id, e.since, e.number_value, e.text_value, least(l.since, e.expires_at), e.source, e.evidence
         from user_tag e join user_tag l on l.tag_id = e.tag_id and e.since < least(l.since, e.expires_at)
         where (e.user_id, l.user_id) in (($1, $2), ($2, $1)) and e.tag_id in ${GIVEN}
         on conflict (user_id, tag_id, since) do nothing`,
        [userId, intoUserId],
      );
      await transaction.read(
        `insert into user_tag as t (user_id, ${COLUMNS})
         select $2, ${COLUMNS} from user_tag where user_id = $1 and tag_id in ${GIVEN}
         on conflict (user_id, tag_id) do update set number_value = excluded.number_value, text_value = excluded.text_value,
           since = excluded.since, expires_at = excluded.expires_at, source = excluded.source, evidence = excluded.evidence
         where t.since < excluded.since`,
        [userId, intoUserId],
      );
    },
    // What came with the other goes with it, and what had ended for that is held again. A tag that was assigned anew since stays.
    async part(transaction, { intoUserId }, kept) {
      await transaction.read(
        `with f as (select * from jsonb_populate_recordset(null::user_tag, $2::jsonb)),
           i as (select * from jsonb_populate_recordset(null::user_tag, $3::jsonb)),
           taken as (
             delete from user_tag t using f
             where t.user_id = $1 and t.tag_id = f.tag_id and t.since = f.since and t.source = f.source and t.tag_id in ${GIVEN}
               and not exists (select from i where i.tag_id = t.tag_id and i.since = t.since)
             returning t.tag_id
           ),
           reopened as (
             delete from user_tag_history h using f left join i using (tag_id)
             where h.user_id = $1 and h.tag_id = f.tag_id and h.tag_id in ${GIVEN}
               and ((h.since = f.since and f.since < i.since) or (h.since = i.since and i.since < f.since and h.tag_id in (select tag_id from taken)))
           )
         insert into user_tag select i.* from i join taken using (tag_id)`,
        [intoUserId, kept.from, kept.into],
      );
    },
  },
  {
    table: "user_tag_history",
    join: async (transaction, { userId, intoUserId }) =>
      void (await transaction.read(
        `insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
         select $2, tag_id, since, number_value, text_value, until, source, evidence from user_tag_history
         where user_id = $1 and tag_id in ${GIVEN} on conflict (user_id, tag_id, since) do nothing`,
        [userId, intoUserId],
      )),
    part: async (transaction, { intoUserId }, kept) =>
      void (await transaction.read(
        `delete from user_tag_history h using jsonb_populate_recordset(null::user_tag_history, $2::jsonb) f
         where h.user_id = $1 and h.tag_id = f.tag_id and h.since = f.since and h.tag_id in ${GIVEN}
           and not exists (select from jsonb_populate_recordset(null::user_tag_history, $3::jsonb) i where i.tag_id = h.tag_id and i.since = h.since)`,
        [intoUserId, kept.from, kept.into],
      )),
  },
  { table: "user_metric", computed: true },
  {
    table: "user_history",
    computed: true,
    // What came with the other has old numbers, which would be taken for events that are packed already.
    recompute: async (transaction, userIds) =>
      void (await transaction.read("delete from user_history where user_id = any($1::bigint[])", [userIds])),
  },
);
