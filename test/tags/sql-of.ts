import type { Expression, Measure } from "../../src/tags/definition.js";
import { type TypeOfEvent, typesOf } from "../../src/tags/measure.js";

/** Measures that are computed from the likeliest change of rate, which SQL cannot say; breaks.test.ts holds them to the reference. */
export const NOT_IN_SQL = ["breakRatio", "breakWeek", "breakBefore", "breakAfter"] as const;

/**
 * The same definitions in SQL, from the raw events: a second, independent compiler, to which the engine is held. One row for each of
 * the users in $1 (id, then a double precision or null for each expression), at the instant $2.
 */
export function sqlOf(expressions: readonly Expression[], types: readonly TypeOfEvent[]): string {
  const columns = expressions.map((expression, place) => {
    const text = textOf(expression, types);
    return `${isCondition(expression) ? `(${text})::int` : text}::float8 as c${place}`;
  });
  return `select u.id::float8 as id, $2::timestamptz as "asOf", ${columns.join(", ")} from unnest($1::bigint[]) as u (id) order by u.id`;
}

const CONDITIONS = new Set(["lt", "lte", "gt", "gte", "eq", "ne", "all", "any", "not"]);
const SIGNS: Readonly<Record<string, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=", eq: "=", ne: "<>" };

function isCondition(expression: Expression): boolean {
  return typeof expression === "object" && CONDITIONS.has(Object.keys(expression)[0]!);
}

function textOf(expression: Expression, types: readonly TypeOfEvent[]): string {
  if (typeof expression === "number") return `(${expression}::float8)`;
  if ("measure" in expression) return measureOf(expression, types);
  if ("tag" in expression) throw new Error("Tags are written out before.");
  const [[operator, operand]] = Object.entries(expression) as [[string, Expression | readonly Expression[]]];
  const parts = (Array.isArray(operand) ? operand : [operand]).map((part: Expression) => textOf(part, types));
  const joined = (by: string) => `(${parts.join(` ${by} `)})`;
  switch (operator) {
    case "add":
      return joined("+");
    case "multiply":
      return joined("*");
    case "subtract":
      return joined("-");
    case "divide":
      return `(${parts[0]} / nullif(${parts[1]}, 0))`;
    case "floor":
      return `floor(${parts[0]})`;
    case "coalesce":
      return `coalesce(${parts.join(", ")})`;
    case "all":
      return joined("and");
    case "any":
      return joined("or");
    case "not":
      return `(not ${parts[0]})`;
    default:
      return joined(SIGNS[operator]!);
  }
}

const DAYS = (from: string, to: string) => `(extract(epoch from ${to} - ${from}) / 86400)::float8`;

function measureOf(measure: Measure, types: readonly TypeOfEvent[]): string {
  const { days, endingDaysAgo = 0 } = measure;
  const end = `$2::timestamptz - interval '${endingDaysAgo * 24} hours'`;
  const start = days === undefined ? null : `$2::timestamptz - interval '${(endingDaysAgo + days) * 24} hours'`;
  const chosen = [...typesOf(measure, types)];
  const events = `from event e where e.user_id = u.id and e.type_id = any('{${chosen.join(",")}}'::int[]) and e.occurred_at < ${end}${start ? ` and e.occurred_at >= ${start}` : ""}`;
  const gaps = `from (select ${DAYS("lag(e.occurred_at) over (order by e.occurred_at, e.id)", "e.occurred_at")} as gap ${events}) g where gap is not null`;
  const median = `(select percentile_cont(0.5) within group (order by gap) ${gaps})`;
  const weeks = `from generate_series(0, ${(days ?? 7) / 7 - 1}) as week cross join lateral (select count(*)::float8 as n ${events}
    and e.occurred_at >= ${start} + week * interval '168 hours' and e.occurred_at < ${start} + (week + 1) * interval '168 hours') w`;
  switch (measure.measure) {
    case "count":
      return `(select count(*) ${events})::float8`;
    case "sum":
      return `(select coalesce(sum(e.amount), 0) ${events})::float8`;
    case "activeDays":
      return `(select count(distinct (e.occurred_at at time zone 'UTC')::date) ${events})::float8`;
    case "categories":
      return `(select count(distinct c) from (select unnest(e.category_ids) as c ${events}) k)::float8`;
    case "daysSinceLast":
      return `(select ${DAYS("max(e.occurred_at)", "$2::timestamptz")} ${events})`;
    case "daysSinceFirst":
      return `(select ${DAYS("min(e.occurred_at)", "$2::timestamptz")} ${events})`;
    case "gapMean":
      return `(select avg(gap) ${gaps})`;
    case "gapSd":
      return `(select stddev_pop(gap) ${gaps})`;
    case "gapMax":
      return `(select max(gap) ${gaps})`;
    case "gapMedian":
      return median;
    case "gapSpread":
      return `(select percentile_cont(0.5) within group (order by abs(gap - m)) from (select gap, ${median} as m ${gaps}) s)`;
    case "weekendShare":
      return `(select avg((extract(dow from e.occurred_at at time zone 'UTC') in (0, 6))::int)::float8 ${events})`;
    case "weeklySlope":
      return `(select regr_slope(n, week) ${weeks})`;
    case "weeklyVariation":
      return `(select stddev_pop(n) / nullif(avg(n), 0) ${weeks})`;
    default:
      throw new Error(`${measure.measure} has no SQL.`);
  }
}
