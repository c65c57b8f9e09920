import type { Bound, BoundEvent } from "./bind.js";
import type { Instant, Parameters } from "./compile.js";

const DAY_SECONDS = 86_400;

/**
 * When time alone may next make one of the conditions flip for a row `u` of app_user, to the millisecond and never before: an instant
 * after `at`, or null. The ends of event windows, tags that begin or run out, lifecycle stages and the user's own beginning. What is
 * computed from events otherwise (numbers, rules, declines, RFM scores) moves when the user's tags are computed.
 */
export function dueExpression(conditions: readonly Bound[], at: Instant, parameters: Parameters): string {
  const asOf = parameters.asOf(at);
  const instants = [`case when u.first_seen_at >= ${asOf} then u.first_seen_at + interval '1 microsecond' end`];
  const tagIds = conditions.flatMap((each) =>
    each.kind === "tag" && each.tag.slot === null ? [each.tag.id] : each.kind === "decline" ? each.tagIds : [],
  );
  if (tagIds.length > 0)
    instants.push(
      `(select min(v.x) from user_tag t cross join lateral (values (t.since), (t.expires_at)) as v(x) where t.user_id = u.id and t.tag_id = any (${parameters.add([...new Set(tagIds)], "int[]")}) and v.x > ${asOf})`,
    );
  for (const each of conditions) if (each.kind === "event") instants.push(...eventInstants(each, at, parameters));
  if (conditions.some(({ kind }) => kind === "stage"))
    instants.push(
      `(select min(v.x + interval '1 microsecond') from (values ${STAGE_EDGES.map(([column, days]) => `(u.${column} + interval '${days * DAY_SECONDS} seconds')`).join(", ")}) as v(x) where v.x >= ${asOf})`,
    );
  return `date_trunc('milliseconds', least(${instants.join(", ")}) + interval '999 microseconds')`;
}

/** Where tags/lifecycle-stage.ts cuts. */
const STAGE_EDGES = [
  ["last_seen_at", 30],
  ["last_seen_at", 90],
  ["last_seen_at", 180],
  ["first_seen_at", 30],
] as const;

/**
 * A count falls below `k` when the k-th latest event of the window leaves it, and may rise when the next event comes into it: one that
 * happened since the window's end, or is dated ahead.
 */
function eventInstants(event: BoundEvent, { asOf }: Instant, parameters: Parameters): string[] {
  const endingSeconds = event.endingDaysAgo * DAY_SECONDS;
  const end = asOf.getTime() - endingSeconds * 1_000;
  const until = parameters.add(new Date(end).toISOString(), "timestamptz");
  const own = [`e.user_id = u.id`, `e.type_id = any (${parameters.add(event.typeIds, "int[]")})`];
  if (event.categoryId !== undefined) own.push(`${parameters.add(event.categoryId, "int")} = any (e.category_ids)`);
  if (event.minAmount !== undefined) own.push(`e.amount >= ${parameters.add(String(event.minAmount), "numeric")}`);
  const after = (seconds: number) =>
    `make_interval(secs => ${parameters.add(seconds, "double precision")}) + interval '1 microsecond'`;
  const events = `from event e where ${own.join(" and ")}`;
  const instants = [
    `(select e.occurred_at + ${after(endingSeconds)} ${events} and e.occurred_at >= ${until} order by e.occurred_at limit 1)`,
  ];
  if (event.withinDays === undefined) return instants;
  const within = event.withinDays * DAY_SECONDS;
  const from = parameters.add(new Date(end - within * 1_000).toISOString(), "timestamptz");
  const counts = [event.atLeast ?? 1, ...(event.atMost === undefined ? [] : [event.atMost + 1])].filter((count) => count > 0);
  for (const count of counts)
    instants.push(
      `(select e.occurred_at + ${after(endingSeconds + within)} ${events} and e.occurred_at < ${until} and e.occurred_at >= ${from} order by e.occurred_at desc offset ${parameters.add(count - 1, "int")} limit 1)`,
    );
  return instants;
}
