import type { Bound } from "./bind.js";
import { compileCondition, type Instant, Parameters, populationAt } from "./compile.js";
import { dueExpression } from "./due.js";
import type { Statement } from "./statement.js";

/** Conditions of one statement: beyond that planning costs more than asking twice. */
export const CONDITIONS_PER_STATEMENT = 40;

/**
 * For each of some users: whether it belongs to the population, a bit for each condition, and when time alone may next make one of
 * `moving` flip.
 */
export function truthStatement(
  conditions: readonly Bound[],
  moving: readonly Bound[],
  at: Instant,
  userIds: readonly string[],
): Statement {
  const parameters = new Parameters();
  const among = parameters.add(userIds, "bigint[]");
  const bits = conditions.map((each) => `case when ${compileCondition(each, { at, among }, parameters)} then '1' else '0' end`);
  const text = `select u.id, coalesce(${populationAt(at, parameters)}, false) as known, ${["''", ...bits].join(" || ")} as truths, ${dueExpression(moving, at, parameters)} as due from app_user u where u.id = any (${among})`;
  return { text, values: parameters.values };
}
