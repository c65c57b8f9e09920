import type { Expression, Measure, MeasureName, TagDefinition } from "./definition.js";
import { FALL } from "./library-parts.js";
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

/** The expression with the tags it is made from written out; null where one of them is not computed. */
function writtenOut(expression: Expression, metrics: ReadonlyMap<string, TagDefinition>, depth: number): Expression | null {
  if (depth > DEEPEST) return null;
  if (typeof expression === "number" || "measure" in expression) return expression;
  if ("tag" in expression) {
    const found = metrics.get(expression.tag);
    return found ? writtenOut(found.expression, metrics, depth + 1) : null;
  }
  return mapParts(expression, (part) => writtenOut(part, metrics, depth));
}

function measuresIn(expression: Expression): Measure[] {
  if (typeof expression === "number" || "tag" in expression) return [];
  if ("measure" in expression) return [expression];
  return partsOf(expression).flatMap(measuresIn);
}

/** The same, asked so many days earlier. */
function earlier(expression: Expression, days: number): Expression {
  if (typeof expression === "number" || "tag" in expression) return expression;
  if ("measure" in expression) return { ...expression, endingDaysAgo: (expression.endingDaysAgo ?? 0) + days };
  return mapParts(expression, (part) => earlier(part, days))!;
}

type Operation = Exclude<Expression, number | Measure | { readonly tag: string }>;

function partsOf(expression: Operation): readonly Expression[] {
  const [operand] = Object.values(expression) as [Expression | readonly Expression[]];
  return Array.isArray(operand) ? operand : [operand as Expression];
}

function mapParts(expression: Operation, map: (part: Expression) => Expression | null): Expression | null {
  const [operator] = Object.keys(expression);
  const parts = partsOf(expression).map(map);
  if (parts.includes(null)) return null;
  const isList = Array.isArray(Object.values(expression)[0]);
  return { [operator!]: isList ? parts : parts[0] } as unknown as Expression;
}
