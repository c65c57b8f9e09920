import { rfmLayer } from "../tags/rfm.js";
import type { Bound, BoundEvent, BoundRfm } from "./bind.js";
import type { Test } from "./expression.js";
import type { Value } from "./operand.js";

export interface Instant {
  readonly asOf: Date;
  /** From history instead of the stored state of now. */
  readonly past: boolean;
  /** Leaves that were answered outside SQL: the users who satisfy them, as a Postgres bigint[]. */
  readonly evaluated: ReadonlyMap<Bound, string>;
}

const DAY_MS = 86_400_000;

/** The values of one statement. SQL text never holds one. */
export class Parameters {
  readonly values: unknown[] = [];
  private readonly instants = new Map<number, string>();

  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }

  /** The instant asked about, one parameter however often it occurs. In UTC: dates before 1901 have odd offsets elsewhere. */
  asOf(at: Instant): string {
    const time = at.asOf.getTime();
    const known = this.instants.get(time) ?? this.add(at.asOf.toISOString(), "timestamptz");
    this.instants.set(time, known);
    return known;
  }
}

export interface CompileOptions {
  readonly at: Instant;
  /** A parameter, bigint[]: the only users that are asked about. Grouped conditions then read no one else's rows. */
  readonly among?: string;
}

/** The population at an instant: who was known before it. For a row `u` of app_user. */
export function populationAt(at: Instant, parameters: Parameters): string {
  return `u.first_seen_at < ${parameters.asOf(at)}`;
}

/**
 * The expression as a condition on a row `u` of app_user: true or false and never null, so that `not` is the complement over
 * the population. Only EXISTS and NOT EXISTS on rows of the user's own; the text depends on the shape alone, never on a value.
 */
export function compileCondition(node: Bound, options: CompileOptions, parameters: Parameters): string {
  const holders = options.at.evaluated.get(node);
  // Unnested, because a semi-join with a hashed list is planned well where `= any` of a hundred thousand ids is not.
  if (holders !== undefined)
    return `exists (select from unnest(${parameters.add(holders, "bigint[]")}) as h(user_id) where h.user_id = u.id)`;
  if (isEvaluated(node, options.at)) throw new Error(`A ${node.kind} leaf was not evaluated.`);
  switch (node.kind) {
    case "all":
      // Of no conditions all are met.
      return node.of.length === 0 ? "true" : joined(node.of, " and ", options, parameters);
    case "any":
      return joined(node.of, " or ", options, parameters);
    case "not":
      return `not ${compileCondition(node.of, options, parameters)}`;
    case "tag":
      return tagCondition(node, options, parameters);
    case "tier":
      return tierCondition(node.schemeId, node.tiers, options.at, parameters);
    case "score":
      return `exists (select from churn_score s where s.user_id = u.id and ${scoreTest(node, parameters)})`;
    case "channel":
      return `coalesce(u.channel = any (${parameters.add(node.in, "text[]")}), false)`;
    case "stage":
      return `coalesce(u.lifecycle_stage = any (${parameters.add(node.in, "text[]")}), false)`;
    case "decline":
      return heldCondition(
        `t.tag_id = any (${parameters.add(node.tagIds, "int[]")})`,
        ` and t.evidence ->> 'severity' = any (${parameters.add(node.severity, "text[]")})`,
        options.at,
        parameters,
      );
    case "attribute":
      return attributeCondition(node.name, node.test, parameters);
    case "event":
      return eventCondition(node, options, parameters);
    case "rfm":
      return rfmCondition(node, parameters);
    case "break":
      throw new Error("Breaks are never in SQL.");
    case "member":
      return memberCondition(node.segmentId, options.at, parameters);
    case "ids":
      return `u.id = any (${parameters.add(node.userIds, "bigint[]")})`;
  }
}

/** SELECT (id) of the users for whom a leaf holds: of those in `among`, or of everybody, whose rows are then read once. */
export function setSource(leaf: Bound, options: CompileOptions, parameters: Parameters): string {
  const { among, at } = options;
  const holders = leaf.kind === "ids" ? [...new Set(leaf.userIds)] : at.evaluated.get(leaf);
  if (holders !== undefined) return `select h.id from unnest(${parameters.add(holders, "bigint[]")}) as h (id)`;
  const asked = (user: string) => (among === undefined ? "" : `${user} = any (${among}) and `);
  if (leaf.kind === "tag" && leaf.tag.slot !== null) {
    const number = `m.numbers[${parameters.add(leaf.tag.slot + 1, "int")}]`;
    return `select m.user_id as id from user_metric m where ${asked("m.user_id")}${columnTest(number, "double precision", leaf.test, parameters)}`;
  }
  if (leaf.kind === "score")
    return `select s.user_id as id from churn_score s where ${asked("s.user_id")}${scoreTest(leaf, parameters)}`;
  return `select u.id from app_user u where ${asked("u.id")}${compileCondition(leaf, options, parameters)}`;
}

function joined(nodes: readonly Bound[], operator: string, options: CompileOptions, parameters: Parameters): string {
  return `(${nodes.map((node) => compileCondition(node, options, parameters)).join(operator)})`;
}

/** Leaves that an engine computes from events: breaks always, at a past instant all that is otherwise read as it was stored. */
export function isEvaluated(node: Bound, { past }: Pick<Instant, "past">): boolean {
  if (node.kind === "break") return true;
  return (
    past &&
    (node.kind === "decline" || node.kind === "stage" || node.kind === "rfm" || (node.kind === "tag" && node.tag.computed))
  );
}

function scoreTest({ definitionId, gte, lt }: Bound & { kind: "score" }, parameters: Parameters): string {
  return `s.definition_id = ${parameters.add(definitionId, "int")} and s.probability >= ${parameters.add(gte, "double precision")} and s.probability < ${parameters.add(lt, "double precision")}`;
}

function tagCondition({ tag, test }: Bound & { kind: "tag" }, { at }: CompileOptions, parameters: Parameters): string {
  if (tag.slot !== null) {
    const number = `m.numbers[${parameters.add(tag.slot + 1, "int")}]`;
    return `exists (select from user_metric m where m.user_id = u.id and ${columnTest(number, "double precision", test, parameters)})`;
  }
  const value =
    tag.valueType === "BOOLEAN" || test.op === "IS_SET"
      ? ""
      : tag.valueType === "NUMBER"
        ? ` and ${columnTest("t.number_value", "double precision", test, parameters)}`
        : ` and ${columnTest('t.text_value collate "C"', "text", test, parameters)}`;
  return heldCondition(`t.tag_id = ${parameters.add(tag.id, "int")}`, value, at, parameters);
}

/** An assignment that holds at the instant: it has begun, and neither expired nor ended. */
function heldCondition(tags: string, value: string, at: Instant, parameters: Parameters): string {
  const asOf = parameters.asOf(at);
  const current = `exists (select from user_tag t where ${tags} and t.user_id = u.id and t.since <= ${asOf} and (t.expires_at is null or t.expires_at > ${asOf})${value})`;
  if (!at.past) return current;
  return `(${current} or exists (select from user_tag_history t where ${tags} and t.user_id = u.id and t.since <= ${asOf} and t.until > ${asOf}${value}))`;
}

/** Inside a WHERE of its own, so null (no value) counts as no row there. */
function columnTest(column: string, type: "double precision" | "text", test: Test, parameters: Parameters): string {
  switch (test.op) {
    case "IS_SET":
      return `${column} is not null`;
    case "IN":
      return `${column} = any (${parameters.add(test.values, `${type}[]`)})`;
    case "BETWEEN":
      return `${column} between ${parameters.add(test.low, type)} and ${parameters.add(test.high, type)}`;
    default:
      return `${column} ${COMPARISONS[test.op]} ${parameters.add(test.value, type)}`;
  }
}

const COMPARISONS = { EQ: "=", NE: "<>", LT: "<", LTE: "<=", GT: ">", GTE: ">=" } as const;

function tierCondition(schemeId: number, tiers: readonly string[], at: Instant, parameters: Parameters): string {
  const scheme = parameters.add(schemeId, "int");
  const keys = parameters.add(tiers, "text[]");
  if (!at.past)
    return `exists (select from user_tier t where t.user_id = u.id and t.scheme_id = ${scheme} and t.tier = any (${keys}))`;
  const asOf = parameters.asOf(at);
  return `exists (select from tier_history t where t.user_id = u.id and t.scheme_id = ${scheme} and t.since <= ${asOf} and t.tier = any (${keys}) and not exists (select from tier_history l where l.user_id = t.user_id and l.scheme_id = t.scheme_id and l.since > t.since and l.since <= ${asOf}))`;
}

/** A segment whose members are kept: who was in it at the instant. */
function memberCondition(segmentId: number, at: Instant, parameters: Parameters): string {
  const own = `t.user_id = u.id and t.segment_id = ${parameters.add(segmentId, "int")}`;
  if (!at.past) return `exists (select from segment_member t where ${own})`;
  const asOf = parameters.asOf(at);
  return `(exists (select from segment_member t where ${own} and t.since <= ${asOf}) or exists (select from segment_member_history t where ${own} and t.since <= ${asOf} and t.until > ${asOf}))`;
}

/** Attributes are JSON of any type: values of another type than the operand's differ from it and have no order with it. */
function attributeCondition(name: string, test: Test, parameters: Parameters): string {
  const attribute = `u.attributes -> ${parameters.add(name, "text")}`;
  const present = `coalesce(jsonb_typeof(${attribute}) <> 'null', false)`;
  const json = (value: Value) => JSON.stringify(value);
  switch (test.op) {
    case "IS_SET":
      return present;
    case "EQ":
      return `coalesce(${attribute} = ${parameters.add(json(test.value), "jsonb")}, false)`;
    case "NE":
      return `(${present} and ${attribute} <> ${parameters.add(json(test.value), "jsonb")})`;
    case "IN":
      return `coalesce(${attribute} = any (${parameters.add(test.values.map(json), "jsonb[]")}), false)`;
    case "BETWEEN":
      return `(${ordered(attribute, "GTE", test.low, parameters)} and ${ordered(attribute, "LTE", test.high, parameters)})`;
    default:
      return ordered(attribute, test.op, test.value, parameters);
  }
}

function ordered(attribute: string, op: "LT" | "LTE" | "GT" | "GTE", value: Value, parameters: Parameters): string {
  // CASE, because only it promises that nothing is cast before its type was looked at.
  const [type, text] =
    typeof value === "number" ? ["number", `(${attribute})::numeric`] : ["string", `(${attribute} #>> '{}') collate "C"`];
  const operand = parameters.add(String(value), typeof value === "number" ? "numeric" : "text");
  return `case when jsonb_typeof(${attribute}) = '${type}' then ${text} ${COMPARISONS[op]} ${operand} else false end`;
}

/** The scores of tags/rfm.ts in SQL: a score counts the cuts that the value is above, and width_bucket those that it is not below. */
function rfmCondition({ rfm, slots, ranges, layers }: BoundRfm, parameters: Parameters): string {
  const [recency, frequency, monetary] = (["recency", "frequency", "monetary"] as const).map((name, i) => {
    const number = `m.numbers[${parameters.add(slots[i]! + 1, "int")}]`;
    const cuts = [...(rfm.thresholds?.[name] ?? [])].reverse().map((cut) => -cut);
    const atMost = `width_bucket(-${number}, ${parameters.add(cuts, "double precision[]")})`;
    return { number, score: name === "recency" ? `(1 + ${atMost})` : `(5 - ${atMost})`, range: ranges[i]! };
  }) as [ScoredColumn, ScoredColumn, ScoredColumn];
  const within = [recency, frequency, monetary].map(
    ({ score, range: [low, high] }) => `${score} between ${parameters.add(low, "int")} and ${parameters.add(high, "int")}`,
  );
  const cells = [1, 2, 3, 4, 5].flatMap((r) =>
    [1, 2, 3, 4, 5].flatMap((f) => (layers.includes(rfmLayer({ recency: r, frequency: f })) ? [r * 10 + f] : [])),
  );
  const inLayer = `${recency.score} * 10 + ${frequency.score} = any (${parameters.add(cells, "int[]")})`;
  return `exists (select from user_metric m where m.user_id = u.id and ${parameters.add(rfm.thresholds !== null, "boolean")} and ${frequency.number} > 0 and ${within.join(" and ")} and ${inLayer})`;
}

interface ScoredColumn {
  readonly number: string;
  readonly score: string;
  readonly range: readonly [number, number];
}

function eventCondition(event: BoundEvent, { at, among }: CompileOptions, parameters: Parameters): string {
  const end = at.asOf.getTime() - event.endingDaysAgo * DAY_MS;
  const conditions = [
    `e.type_id = any (${parameters.add(event.typeIds, "int[]")})`,
    `e.occurred_at < ${parameters.add(new Date(end).toISOString(), "timestamptz")}`,
  ];
  if (event.withinDays !== undefined)
    conditions.push(`e.occurred_at >= ${parameters.add(new Date(end - event.withinDays * DAY_MS).toISOString(), "timestamptz")}`);
  if (event.categoryId !== undefined) conditions.push(`${parameters.add(event.categoryId, "int")} = any (e.category_ids)`);
  if (event.minAmount !== undefined) conditions.push(`e.amount >= ${parameters.add(String(event.minAmount), "numeric")}`);
  const within = conditions.join(" and ");
  if (event.atLeast === undefined) return `exists (select from event e where e.user_id = u.id and ${within})`;
  // Grouped in a FROM of its own, so that it is planned as one semi-join and not counted once per user.
  const counted = (having: string) =>
    `exists (select from (select e.user_id from event e where ${within}${among === undefined ? "" : ` and e.user_id = any (${among})`} group by e.user_id having count(*) ${having}) c where c.user_id = u.id)`;
  const atLeast = parameters.add(event.atLeast, "int");
  const enough = `(${atLeast} = 0 or ${counted(`>= ${atLeast}`)})`;
  if (event.atMost === undefined) return enough;
  return `(${enough} and not ${counted(`> ${parameters.add(event.atMost, "int")}`)})`;
}
