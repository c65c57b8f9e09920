import type { Store } from "../../src/store/store.js";

/** Rows of the daily roll-up that differ from a recount of the events, and users whose first or last seen differ. Empty is right. */
export function daysThatDiffer(store: Store): Promise<object[]> {
  return store.pool.read(
    `with recount as (
       select user_id, (occurred_at at time zone 'UTC')::date as day, type_id, count(*)::int as events, coalesce(sum(amount), 0)::numeric(19,4) as amount,
         min(occurred_at) as first_at, max(occurred_at) as last_at
       from event group by 1, 2, 3
     ), seen as (
       select u.id from app_user u left join (
         select e.user_id, min(occurred_at) as first_at, max(occurred_at) as last_at
         from event e join event_type t on t.id = e.type_id where t.kind in ('INTERACTION', 'TRANSACTION') group by 1
       ) s on s.user_id = u.id
       where (u.first_seen_at, u.last_seen_at) is distinct from (s.first_at, s.last_at)
     )
     (select 'roll-up' as what, d.user_id, d.day::text, d.events from (
       (select * from recount except select user_id, day, type_id, events, amount, first_at, last_at from event_day)
       union all (select user_id, day, type_id, events, amount, first_at, last_at from event_day except select * from recount)
     ) d) union all select 'seen', id, null, null from seen limit 10`,
  );
}
