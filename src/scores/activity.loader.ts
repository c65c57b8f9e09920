import type { Session } from "../store/pool.js";
import type { Activity } from "./churn-definition.type.js";

const DAY_MS = 86_400_000;

/**
 * One scan of the events. A sum leaves Postgres as text: a cent must not pass through a float. Amounts are those of TRANSACTION
 * events; everything else counts activity.
 */
export async function activityAt(session: Session, asOf: Date, horizonDays: number): Promise<Activity> {
  const day = (offset: number) => new Date(asOf.getTime() + offset * DAY_MS);
  const rows = await session.read<Record<keyof Activity, string>>(
    `select count(*) filter (where e.occurred_at < $1) as "eventsBefore",
       count(distinct e.user_id) filter (where e.occurred_at < $1) as "usersBefore",
       count(*) filter (where e.occurred_at >= $2 and e.occurred_at < $1) as "eventsLast30",
       count(*) filter (where e.occurred_at >= $3 and e.occurred_at < $2) as "eventsPrior30",
       count(distinct e.user_id) filter (where e.occurred_at >= $2 and e.occurred_at < $1) as "usersActiveLast30",
       count(distinct e.user_id) filter (where e.occurred_at >= $4 and e.occurred_at < $1) as "usersActiveLast90",
       coalesce(sum(e.amount) filter (where t.kind = 'TRANSACTION' and e.occurred_at < $1), 0) as "amountBefore",
       coalesce(sum(e.amount) filter (where t.kind = 'TRANSACTION' and e.occurred_at >= $2 and e.occurred_at < $1), 0) as "amountLast30",
       count(*) filter (where e.occurred_at >= $1) as "eventsInHorizon"
     from event e join event_type t on t.id = e.type_id
     where t.kind in ('INTERACTION', 'TRANSACTION') and e.occurred_at < $5`,
    [asOf, day(-30), day(-60), day(-90), day(horizonDays)],
  );
  const { amountBefore, amountLast30, ...counts } = rows[0]!;
  return {
    eventsBefore: Number(counts.eventsBefore),
    usersBefore: Number(counts.usersBefore),
    eventsLast30: Number(counts.eventsLast30),
    eventsPrior30: Number(counts.eventsPrior30),
    usersActiveLast30: Number(counts.usersActiveLast30),
    usersActiveLast90: Number(counts.usersActiveLast90),
    eventsInHorizon: Number(counts.eventsInHorizon),
    amountBefore,
    amountLast30,
  };
}
