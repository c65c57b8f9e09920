import type { Bound } from "./bind.js";
import { compileCondition, type Instant, Parameters, populationAt } from "./compile.js";

/** A statement whose text has no values in it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export const USER_ORDERS = ["CHURN_PROBABILITY_DESC", "CHURN_PROBABILITY_ASC", "ID_ASC", "ID_DESC"] as const;
export type UserOrder = (typeof USER_ORDERS)[number];

/** Where a page of users goes on: after the user with this probability (null: without a score) and id. */
export interface PagePlace {
  readonly probability: number | null;
  readonly id: string;
}

export interface PageQuestion {
  /** Undefined: the whole population. */
  readonly where: Bound | undefined;
  readonly at: Instant;
  readonly orderBy: UserOrder;
  readonly after: PagePlace | undefined;
  readonly limit: number;
  /** Whose scores order the page. */
  readonly definitionId: number;
}

function members(where: Bound | undefined, at: Instant, parameters: Parameters): string {
  const population = populationAt(at, parameters);
  return where === undefined ? population : `${population} and ${compileCondition(where, { at }, parameters)}`;
}

/** The exact size of each: columns c0, c1 ... One subselect each, so that each is planned as semi-joins of its own. */
export function countStatement(questions: readonly { readonly where: Bound | undefined; readonly at: Instant }[]): Statement {
  const parameters = new Parameters();
  const counts = questions.map(
    ({ where, at }, i) => `(select count(*)::int from app_user u where ${members(where, at, parameters)}) as c${i}`,
  );
  return { text: `select ${counts.join(", ")}`, values: parameters.values };
}

/** The ids of all members, ascending. */
export function memberStatement(where: Bound | undefined, at: Instant): Statement {
  const parameters = new Parameters();
  return { text: `select u.id from app_user u where ${members(where, at, parameters)} order by u.id`, values: parameters.values };
}

/**
 * One page of members. By probability: first those with a score, along the index (definition, probability, user), then those
 * without one, who are looked for only when the first did not fill the page.
 */
export function pageStatement({ where, at, orderBy, after, limit, definitionId }: PageQuestion): Statement {
  const parameters = new Parameters();
  const rows = parameters.add(limit, "int");
  const [direction, beyond] = orderBy.endsWith("_DESC") ? ["desc", "<"] : ["asc", ">"];
  const afterId = () => (after === undefined ? "" : ` and u.id ${beyond} ${parameters.add(after.id, "bigint")}`);
  if (orderBy === "ID_ASC" || orderBy === "ID_DESC") {
    const text = `select u.id, null::double precision as probability from app_user u where ${members(where, at, parameters)}${afterId()} order by u.id ${direction} limit ${rows}`;
    return { text, values: parameters.values };
  }
  const definition = parameters.add(definitionId, "int");
  const condition = members(where, at, parameters);
  const ordered = `order by probability ${direction}, id ${direction}`;
  const pastScored = after?.probability === null;
  const afterScore =
    after === undefined || after.probability === null
      ? ""
      : ` and (s.probability, s.user_id) ${beyond} (${parameters.add(after.probability, "double precision")}, ${parameters.add(after.id, "bigint")})`;
  const scored = `select u.id, s.probability from churn_score s join app_user u on u.id = s.user_id where s.definition_id = ${definition} and ${condition}${afterScore} order by s.probability ${direction}, s.user_id ${direction} limit ${rows}`;
  const unscored = (gate: string) =>
    `select u.id, null::double precision as probability from app_user u where ${gate}${condition}${pastScored ? afterId() : ""} and not exists (select from churn_score s where s.user_id = u.id and s.definition_id = ${definition}) order by u.id ${direction} limit ${rows}`;
  const text = pastScored
    ? unscored("")
    : `with scored as materialized (${scored}), unscored as materialized (${unscored(`(select count(*) from scored) < ${rows} and `)}) select id, probability from (select 0 as band, id, probability from scored union all select 1, id, probability from unscored) as page order by band, ${ordered.slice("order by ".length)} limit ${rows}`;
  return { text, values: parameters.values };
}

/**
 * How many users are in which of the populations at once: `mask` has bit i where a user is in the i-th. Materialized here and
 * below, because inside an aggregate the planner takes a condition to run once and does not hash it (9 s instead of 0.03 for
 * 24,000 users).
 */
export function overlapStatement(wheres: readonly Bound[], at: Instant): Statement {
  const parameters = new Parameters();
  const population = populationAt(at, parameters);
  const bits = wheres.map((where, i) => `case when ${compileCondition(where, { at }, parameters)} then ${2 ** i} else 0 end`);
  const text = `with masks as materialized (select ${bits.join(" + ")} as mask from app_user u where ${population}) select mask, count(*)::int as count from masks group by mask`;
  return { text, values: parameters.values };
}

/** For each of some users, which of the populations they are in: columns s0, s1 ... */
export function membershipStatement(wheres: readonly Bound[], at: Instant, userIds: readonly string[]): Statement {
  const parameters = new Parameters();
  const among = parameters.add(userIds, "bigint[]");
  const population = populationAt(at, parameters);
  const flags = wheres.map((where, i) => `${compileCondition(where, { at, among }, parameters)} as s${i}`);
  return {
    text: `select u.id, ${flags.join(", ")} from app_user u where u.id = any (${among}) and ${population}`,
    values: parameters.values,
  };
}

/** WITH: the rows `side` (id, a, b) of every user of the population who is in `a` or in `b`; `b` undefined: everybody not in `a`. */
function withSides(a: Bound, b: Bound | undefined, at: Instant, parameters: Parameters): string {
  const population = populationAt(at, parameters);
  const inA = `${compileCondition(a, { at }, parameters)} as a`;
  const known = (flags: string) =>
    `with known as materialized (select u.id, ${flags} from app_user u where ${population}), side as`;
  if (b === undefined) return `${known(inA)} (select id, a, not a as b from known)`;
  return `${known(`${inA}, ${compileCondition(b, { at }, parameters)} as b`)} (select id, a, b from known where a or b)`;
}

/** The same users as three arrays, ascending: a tenth of the time of a row for each, for a million. */
export function sideStatement(a: Bound, b: Bound | undefined, at: Instant): Statement {
  const parameters = new Parameters();
  const text = `${withSides(a, b, at, parameters)} select array_agg(id order by id) as ids, array_agg(a::int order by id) as a, array_agg(b::int order by id) as b from side`;
  return { text, values: parameters.values };
}

/** How many users of either side have each value of a stored TEXT tag: rows of value (null: the sides' own sizes), a and b. */
export function valueShareStatement(a: Bound, b: Bound | undefined, at: Instant, tagId: number): Statement {
  const parameters = new Parameters();
  const sides = withSides(a, b, at, parameters);
  const tag = parameters.add(tagId, "int");
  const asOf = parameters.asOf(at);
  const current = `select t.user_id, t.text_value from user_tag t where t.tag_id = ${tag} and t.since <= ${asOf} and (t.expires_at is null or t.expires_at > ${asOf})`;
  const held = !at.past
    ? current
    : `${current} union select t.user_id, t.text_value from user_tag_history t where t.tag_id = ${tag} and t.since <= ${asOf} and t.until > ${asOf}`;
  const text = `${sides} select null::text as value, count(*) filter (where a)::int as a, count(*) filter (where b)::int as b from side union all select h.text_value, count(*) filter (where s.a)::int, count(*) filter (where s.b)::int from (${held}) as h join side s on s.id = h.user_id where h.text_value is not null group by h.text_value`;
  return { text, values: parameters.values };
}

/**
 * How many users of either side hold each stored tag: rows of tagId (null: the sides' own sizes), a and b. At a past
 * instant the tags that are computed from events are counted by their engine (portrait.ts) and not here.
 */
export function tagShareStatement(a: Bound, b: Bound | undefined, at: Instant, tagIds: readonly number[]): Statement {
  const parameters = new Parameters();
  const sides = withSides(a, b, at, parameters);
  const tags = parameters.add(tagIds, "int[]");
  const asOf = parameters.asOf(at);
  const current = `select t.tag_id, t.user_id from user_tag t where t.tag_id = any (${tags}) and t.since <= ${asOf} and (t.expires_at is null or t.expires_at > ${asOf})`;
  // UNION and not UNION ALL: an assignment that ended and the one that took its place never both hold, but bad data must not count twice.
  const held = !at.past
    ? current
    : `${current} union select t.tag_id, t.user_id from user_tag_history t where t.tag_id = any (${tags}) and t.since <= ${asOf} and t.until > ${asOf}`;
  const text = `${sides} select null::int as "tagId", count(*) filter (where a)::int as a, count(*) filter (where b)::int as b from side union all select h.tag_id, count(*) filter (where s.a)::int, count(*) filter (where s.b)::int from (${held}) as h join side s on s.id = h.user_id group by h.tag_id`;
  return { text, values: parameters.values };
}
