import { registerMerged } from "../people/merge.step.js";

registerMerged(
  {
    table: "event",
    // An event that both have is one event.
    join: async (transaction, { userId, intoUserId }) =>
      void (await transaction.read(
        `insert into event select $2, occurred_at, id, type_id, source_id, event_id, amount, category_ids, channel, properties, received_at
         from event where user_id = $1 on conflict do nothing`,
        [userId, intoUserId],
      )),
    // The numbers of events are given once.
    part: async (transaction, { intoUserId }, kept) =>
      void (await transaction.read(
        `delete from event e using jsonb_populate_recordset(null::event, $2::jsonb) k
         where e.user_id = $1 and e.occurred_at = k.occurred_at and e.id = k.id`,
        [intoUserId, kept.from],
      )),
    recompute: async (transaction, userIds) =>
      void (await transaction.read(
        `update app_user u set first_seen_at = least(u.first_seen_at, s.first_at), last_seen_at = greatest(u.last_seen_at, s.last_at)
         from (select e.user_id, min(e.occurred_at) as first_at, max(e.occurred_at) as last_at from event e
               where e.user_id = any($1::bigint[]) and e.type_id in (select id from event_type where kind in ('INTERACTION', 'TRANSACTION'))
               group by e.user_id) s
         where u.id = s.user_id`,
        [userIds],
      )),
  },
  {
    table: "event_day",
    computed: true,
    async recompute(transaction, userIds) {
      await transaction.read("delete from event_day where user_id = any($1::bigint[])", [userIds]);
      await transaction.read(
        `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
         select user_id, (occurred_at at time zone 'UTC')::date, type_id, count(*), coalesce(sum(amount), 0), min(occurred_at), max(occurred_at)
         from event where user_id = any($1::bigint[]) group by 1, 2, 3`,
        [userIds],
      );
    },
  },
);
