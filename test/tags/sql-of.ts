import type { Expression, Fact, Measure, ValueKind } from "../../src/tags/definition.js";
import { type TypeOfEvent, typesOf } from "../../src/tags/measure.js";
import { isLeaf, operationOf } from "../../src/tags/operators.js";

/** Measures that are computed from the likeliest change of rate, which SQL cannot say; breaks.test.ts holds them to the reference. */
export const NOT_IN_SQL = ["breakRatio", "breakWeek", "breakBefore", "breakAfter"] as const;

/**
 * The same definitions in SQL, from the raw events: a second, independent compiler, to which the engine is held. One row for each of
 * the users in $1 (id, then a double precision, a text or null for each expression), at the instant $2.
 */
export function sqlOf(
  expressions: readonly { readonly kind: ValueKind; readonly expression: Expression }[],
  types: readonly TypeOfEvent[],
): string {
  const columns = expressions.map(({ kind, expression }, place) => {
    const text = textOf(expression, types);
    const typed = kind === "condition" ? `(${text})::int::float8` : kind === "text" ? `(${text})::text` : `(${text})::float8`;
    return `${typed} as c${place}`;
  });
  return `select u.id::float8 as id, $2::timestamptz as "asOf", ${columns.join(", ")} from unnest($1::bigint[]) as u (id) order by u.id`;
}

const SIGNS: Readonly<Record<string, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=", eq: "=", ne: "<>" };

function textOf(expression: Expression, types: readonly TypeOfEvent[]): string {
  if (typeof expression === "number") return `(${expression}::float8)`;
  if (typeof expression === "string") return `${quoted(expression)}::text`;
  if (isLeaf(expression)) {
    if ("measure" in expression) return measureOf(expression, types);
    if ("tag" in expression) throw new Error("Tags are written out before.");
    return "date" in expression ? `${quoted(expression.date)}::timestamptz` : factOf(expression);
  }
  const { operator, parts: written } = operationOf(expression);
  const parts = written.map((part) => textOf(part, types));
  const joined = (by: string) => `(${parts.join(` ${by} `)})`;
  const utc = `(${parts[0]}) at time zone 'UTC'`;
  switch (operator) {
    case "min":
    case "max": {
      const chosen = `${operator === "min" ? "least" : "greatest"}(${parts.join(", ")})`;
      return `(case when ${parts.map((part) => `${part} is not null`).join(" and ")} then ${chosen} end)`;
    }
    case "abs":
      return `abs(${parts[0]})`;
    case "round":
      return `floor(${parts[0]} + 0.5)`;
    case "case": {
      const whens = parts.flatMap((part, place) =>
        place % 2 === 0 && place + 1 < parts.length ? [`when ${part} then ${parts[place + 1]}`] : [],
      );
      return `(case ${whens.join(" ")} ${parts.length % 2 === 1 ? `else ${parts.at(-1)}` : ""} end)`;
    }
    case "in":
      return `(${parts[0]} = any(array[${parts.slice(1).join(", ")}]))`;
    case "isSet":
      return `(${parts[0]} is not null)`;
    case "lower":
      return `lower(${parts[0]})`;
    case "concat":
      return joined("||");
    case "length":
      return `char_length(${parts[0]})::float8`;
    case "contains":
      return `(strpos(${parts[0]}, ${parts[1]}) > 0)`;
    case "startsWith":
      return `starts_with(${parts[0]}, ${parts[1]})`;
    case "endsWith":
      return `(right(${parts[0]}, char_length(${parts[1]})) = ${parts[1]})`;
    case "daysAgo":
      return `($2::timestamptz - make_interval(secs => (${parts[0]}) * 86400))`;
    case "daysSince":
      return DAYS(`(${parts[0]})`, "$2::timestamptz");
    case "daysUntil":
      return DAYS("$2::timestamptz", `(${parts[0]})`);
    case "daysToAnniversary":
      return `(select case when kept >= today then kept - today else later - today end::float8 from (
        select today, (day + (extract(year from today) - extract(year from day)) * interval '1 year')::date as kept,
          (day + (1 + extract(year from today) - extract(year from day)) * interval '1 year')::date as later
        from (select (${utc})::date as day, ($2::timestamptz at time zone 'UTC')::date as today) d) a)`;
    case "weekday":
      return `extract(isodow from ${utc})::float8`;
    case "dayOfMonth":
      return `extract(day from ${utc})::float8`;
    case "month":
    case "year":
    case "hour":
      return `extract(${operator} from ${utc})::float8`;
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

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function factOf(fact: Fact): string {
  if ("user" in fact) return "(select a.channel from app_user a where a.id = u.id)";
  if ("given" in fact) {
    const held = `from (select user_id, tag_id, number_value, text_value, since, expires_at as until from user_tag
        union all select user_id, tag_id, number_value, text_value, since, until from user_tag_history) t
      where t.user_id = u.id and t.tag_id = (select id from tag where key = ${quoted(fact.given)})
        and t.since <= $2 and coalesce(t.until > $2, true)`;
    return fact.as === "BOOLEAN"
      ? `exists (select ${held})`
      : `(select ${fact.as === "NUMBER" ? "number_value" : "text_value"} ${held})`;
  }
  const attribute = `a.attributes -> ${quoted(fact.attribute)}`;
  const text = `a.attributes ->> ${quoted(fact.attribute)}`;
  const when = (type: string, then: string) =>
    `(select case when jsonb_typeof(${attribute}) = '${type}' then ${then} end from app_user a where a.id = u.id)`;
  switch (fact.as) {
    case "ANY":
      return `(select 1 from app_user a where a.id = u.id and jsonb_typeof(${attribute}) <> 'null')`;
    case "BOOLEAN":
      return when("boolean", `(${text})::boolean`);
    case "NUMBER":
      return when("number", `(${text})::float8`);
    case "TEXT":
      return when("string", text);
    case "DATE":
      return when("string", `case when ${text} ~ '^\\d{4}-\\d{2}-\\d{2}' then (${text})::timestamptz end`);
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
    case "topCategory":
      return `(select g.key from (select c, e.occurred_at, e.id from (select e.occurred_at, e.id, e.category_ids ${events}) e, unnest(e.category_ids) as c) k
        join category g on g.id = k.c group by g.key order by count(*) desc, max(array[extract(epoch from k.occurred_at), k.id::numeric]) desc, g.key collate "C" limit 1)`;
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
