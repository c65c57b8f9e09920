import type { Bound } from "./bind.js";
import type { Instant, Parameters } from "./compile.js";

const DAY_SECONDS = 86_400;

/**
 * When time alone may next make one of the conditions flip for a row `u` of app_user, to the millisecond and never before: an instant
 * after `at`, or null. Tags that begin or run out, lifecycle stages and the user's own beginning; event windows are event-truth.ts's. What
 * is computed from events otherwise (numbers, rules, declines, RFM scores) moves when the user's tags are computed.
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
