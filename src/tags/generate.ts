import type { Expression, Measure, MeasureName, TagDefinition } from "./definition.js";
import { FALL } from "./library-parts.js";
import { isLeaf, leavesOf, operationOf, SIGNATURES, withParts } from "./operators.js";
import type { TagFamily } from "./tag.entity.js";

/** Measures of a window that can be compared with the window before it. */
const COMPARABLE: ReadonlySet<MeasureName> = new Set<MeasureName>(["count", "sum", "activeDays", "categories"]);
/** Events of the window before from which a fall means something. */
const FEWEST_EVENTS = 3;
const FEWEST_NEGATIVE = 3;

/** A decline tag that follows from a metric. */
export interface GeneratedDecline {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly definition: TagDefinition & Required<Pick<TagDefinition, "decline">>;
}

/**
 * The decline of a metric that somebody made: the window that it looks at against the window of the same length before it. A number that
 * falls below half is worse, of NEGATIVE metrics one that more than doubles; a fall from next to nothing is none. Null where there is
 * no window before: of numbers since ever, or of gaps and days since.
 *
 * @param metrics the definitions of other tags, which the metric may be made from
 */
export function declineOf(
  metric: { readonly key: string; readonly name: string; readonly family: TagFamily; readonly definition: TagDefinition },
  metrics: ReadonlyMap<string, TagDefinition>,
): GeneratedDecline | null {
  const written = writtenOut(metric.definition.expression, metrics, 0);
  const measures = written === null ? [] : measuresIn(written);
  if (written === null || measures.length === 0) return null;
  if (measures.some(({ measure, days }) => days === undefined || !COMPARABLE.has(measure))) return null;
  const days = Math.max(...measures.map((each) => each.days! + (each.endingDaysAgo ?? 0)));
  const current: Expression = { tag: metric.key };
  const baseline = earlier(written, days);
  const eventsBefore: Expression = earlier({ ...measures[0]!, measure: "count" }, days);
  const knownForBoth: Expression = { gte: [{ tag: "tenure_days" }, 2 * days] };
  const window = `the ${days} days before`;
  if (metric.family === "NEGATIVE")
    return {
      key: `${metric.key}_rising`,
      name: `${metric.name}, rising`,
      description: `More than twice what it was in ${window}, and at least ${FEWEST_NEGATIVE}. Generated from ${metric.key}.`,
      definition: {
        expression: { all: [{ gte: [current, FEWEST_NEGATIVE] }, { gt: [current, { multiply: [2, baseline] }] }] },
        decline: {
          current,
          baseline,
          severity: { by: current, worse: "HIGHER", moderate: 5, severe: 10 },
          sentence: `${metric.name}: {current}, {baseline} in ${window}.`,
        },
      },
    };
  return {
    key: `${metric.key}_falling`,
    name: `${metric.name}, falling`,
    description: `Less than half of what it was in ${window}, from at least ${FEWEST_EVENTS} events; of users known for both. Generated from ${metric.key}.`,
    definition: {
      expression: {
        all: [
          { lt: [current, { multiply: [0.5, baseline] }] },
          { gt: [baseline, 0] },
          { gte: [eventsBefore, FEWEST_EVENTS] },
          knownForBoth,
        ],
      },
      decline: {
        current,
        baseline,
        severity: FALL,
        sentence: `${metric.name}: {current}, {baseline} in ${window}: {change}.`,
        peersBy: eventsBefore,
      },
    },
  };
}

const DEEPEST = 12;

/** The expression with the tags it is made from written out; null where one of them is not computed, or it looks at more than events. */
function writtenOut(expression: Expression, metrics: ReadonlyMap<string, TagDefinition>, depth: number): Expression | null {
  if (depth > DEEPEST || typeof expression === "string") return null;
  if (typeof expression === "number") return expression;
  if (isLeaf(expression)) {
    if ("measure" in expression) return expression;
    const found = "tag" in expression ? metrics.get(expression.tag) : undefined;
    return found ? writtenOut(found.expression, metrics, depth + 1) : null;
  }
  const { operator, parts: own } = operationOf(expression);
  // What the calendar says now it did not say a window ago.
  if (SIGNATURES[operator]?.takes === "date" || SIGNATURES[operator]?.gives === "date") return null;
  const parts = own.map((part) => writtenOut(part, metrics, depth));
  return parts.includes(null) ? null : withParts(expression, parts as Expression[]);
}

function measuresIn(expression: Expression): Measure[] {
  return leavesOf(expression).flatMap((leaf) => ("measure" in leaf ? [leaf] : []));
}

/** The same, asked so many days earlier. */
function earlier(expression: Expression, days: number): Expression {
  if (typeof expression !== "object") return expression;
  if (!isLeaf(expression))
    return withParts(
      expression,
      operationOf(expression).parts.map((part) => earlier(part, days)),
    );
  if (!("measure" in expression)) return expression;
  return { ...expression, endingDaysAgo: (expression.endingDaysAgo ?? 0) + days };
}
