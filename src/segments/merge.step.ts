import { registerMerged } from "../people/merge.step.js";

registerMerged(
  { table: "segment_truth", computed: true },
  {
    table: "segment_member",
    // LIVE segments look at the one that stays by themselves. Where members are kept, either of the two being in is being in.
    join: async (transaction, { userId, intoUserId }) =>
      void (await transaction.read(
        `insert into segment_member as m (user_id, segment_id, since, reason, conditions)
         select $2, t.segment_id, t.since, t.reason, t.conditions from segment_member t join segment s on s.id = t.segment_id
         where t.user_id = $1 and s.mode <> 'LIVE'
         on conflict (user_id, segment_id) do update set since = least(m.since, excluded.since)`,
        [userId, intoUserId],
      )),
    part: async (transaction, { intoUserId }, kept) =>
      void (await transaction.read(
        `delete from segment_member m using segment s, jsonb_populate_recordset(null::segment_member, $2::jsonb) f
         where m.user_id = $1 and s.id = m.segment_id and s.mode <> 'LIVE' and f.segment_id = m.segment_id and f.since = m.since
           and not exists (select from jsonb_populate_recordset(null::segment_member, $3::jsonb) i where i.segment_id = m.segment_id)`,
        [intoUserId, kept.from, kept.into],
      )),
  },
  // What the one that vanishes was in before is its own: it comes back with it.
  { table: "segment_member_history" },
);
