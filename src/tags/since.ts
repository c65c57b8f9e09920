import type { Expression, Measure, TagDefinition } from "./definition.js";
import { compile, type Program } from "./evaluate.js";
import { DAY_MS, type Histories } from "./history.js";
import { edgesOf, type TypeOfEvent, typesOf } from "./measure.js";
import { isLeaf, operationOf } from "./operators.js";

/** How far back the day a decline began is looked for, at least. */
export const LONGEST_SINCE_DAYS = 90;

/**
 * The midnights that are looked at: so many days back, and on to the first of that month. What has held for longer then keeps its
 * `since` for a month, where a bound that moved on every day would have every such assignment written anew each day (of 100,000
 * users 140,000 rows a day, six in seven of all that were written).
 */
function midnightsBack(asOf: number, leastDays: number): number {
  const lastMidnight = lastMidnightBefore(asOf);
  const least = new Date(lastMidnight - (leastDays - 1) * DAY_MS);
  return (lastMidnight - Date.UTC(least.getUTCFullYear(), least.getUTCMonth(), 1)) / DAY_MS + 1;
}

function lastMidnightBefore(asOf: number): number {
  return Math.ceil(asOf / DAY_MS) * DAY_MS - DAY_MS;
}

/** A condition (or a text, which holds while it stays the same), and what lets the search for its beginning skip days. */
export interface Condition {
  readonly program: Program;
  /** The edges of all its windows, in milliseconds before the instant, ascending. */
  readonly edges: Float64Array;
  /** By type id: 1 where it looks at such events at all. */
  readonly isSeen: Uint8Array;
  /** Whether, as long as no event crosses an edge, it holds between any two instants at which it holds. */
  readonly convex: boolean;
}

export function conditionOf(
  expression: Expression,
  types: readonly TypeOfEvent[],
  library: ReadonlyMap<string, TagDefinition>,
): Condition {
  const measures: Measure[] = [];
  const convex = shapeOf(expression, library, measures) !== "other";
  const edges = [...new Set(measures.flatMap(edgesOf))].sort((a, b) => a - b);
  const isSeen = new Uint8Array(Math.max(0, ...types.map(({ id }) => id)) + 1);
  for (const measure of measures) for (const id of typesOf(measure, types)) isSeen[id] = 1;
  return {
    program: compile([expression], types, library),
    edges: Float64Array.from(edges, (days) => days * DAY_MS),
    isSeen,
    convex,
  };
}

/**
 * The instant from which a condition that holds at `asOf` has held without a break, looked at on every UTC midnight before: the earliest of
 * the unbroken run of midnights up to `asOf`, back to the first of the month `leastDays` ago; `asOf` itself where it did not hold at the last midnight.
 *
 * Midnights between which no event crosses an edge of the condition's windows are not all looked at: a convex condition that holds at the
 * last of them holds at all, and otherwise the break is found by halving. That takes some ten looks in place of up to ninety.
 *
 * @param values what the condition's program gives, by the place among the users, while it holds: 1 for truth, of a text its number
 */
export function sinceWhen(
  condition: Condition,
  histories: Histories,
  users: Int32Array,
  asOf: number,
  leastDays = LONGEST_SINCE_DAYS,
  values: (place: number) => number = () => 1,
): Float64Array {
  const lastMidnight = lastMidnightBefore(asOf);
  const longestDays = midnightsBack(asOf, leastDays);
  // Day 0 is asOf, day 1 the last midnight before it, and so on.
  const instantOf = (day: number) => (day === 0 ? asOf : lastMidnight - (day - 1) * DAY_MS);
  const held = new Int32Array(users.length);
  const broken = new Int32Array(users.length).fill(longestDays + 1);
  const bisecting = new Uint8Array(users.length);
  const probes = new Int32Array(users.length);
  // Those whose search goes on, by their places in `users`.
  let owners = Int32Array.from(users, (_, place) => place);
  const rows = new Int32Array(users.length);
  const instants = new Float64Array(users.length);
  for (;;) {
    let open = 0;
    for (const place of owners) {
      const from = held[place]!;
      if (from + 1 >= broken[place]!) continue;
      let probe = from + 1;
      if (bisecting[place]) probe = (from + broken[place]!) >> 1;
      else if (condition.convex) {
        const quiet = quietBefore(histories, users[place]!, instantOf(from), condition);
        // The last midnight after the last event that crosses an edge.
        probe = Math.max(probe, Math.min(longestDays, Math.ceil((lastMidnight - quiet) / DAY_MS)));
      }
      probes[place] = probe;
      instants[open] = instantOf(probe);
      rows[open] = users[place]!;
      owners[open++] = place;
    }
    if (open === 0) break;
    owners = owners.subarray(0, open);
    const holds = condition.program(histories, instants.subarray(0, open), rows.subarray(0, open))[0]!;
    for (let row = 0; row < open; row++) {
      const place = owners[row]!;
      if (holds[row] === values(place)) held[place] = probes[place]!;
      else {
        broken[place] = probes[place]!;
        bisecting[place] = 1;
      }
    }
  }
  return Float64Array.from(held, instantOf);
}

/** Going back from `instant`, the first instant at which an event crosses an edge; minus infinity: none ever does. */
function quietBefore({ offsets, at, typeIds }: Histories, user: number, instant: number, { edges, isSeen }: Condition): number {
  const first = offsets[user]!;
  let event = offsets[user + 1]! - 1;
  let latest = Number.NEGATIVE_INFINITY;
  for (let edge = 0; edge < edges.length; edge++) {
    const before = instant - edges[edge]!;
    while (event >= first && (at[event]! >= before || isSeen[typeIds[event]!] !== 1)) event--;
    if (event < first) break;
    latest = Math.max(latest, at[event]! + edges[edge]!);
  }
  return latest;
}

/**
 * How an expression moves with time while no event crosses an edge: not at all, along a line, or as a condition that holds on one stretch
 * of time only: comparisons of lines hold on a half-line, and what holds on several of those at once is one stretch.
 */
type Shape = "constant" | "line" | "stretch" | "other";

function shapeOf(expression: Expression, library: ReadonlyMap<string, TagDefinition>, measures: Measure[]): Shape {
  if (typeof expression !== "object") return "constant";
  if (isLeaf(expression)) {
    if ("measure" in expression) {
      measures.push(expression);
      return expression.measure === "daysSinceLast" || expression.measure === "daysSinceFirst" ? "line" : "constant";
    }
    if ("tag" in expression) {
      const definition = library.get(expression.tag);
      return definition ? shapeOf(definition.expression, library, measures) : "other";
    }
    // A tag that people give comes and goes without an event.
    return "given" in expression ? "other" : "constant";
  }
  const { operator, parts } = operationOf(expression);
  const shapes = parts.map((part) => shapeOf(part, library, measures));
  const areConstant = shapes.every((shape) => shape === "constant");
  const areLines = shapes.every((shape) => shape === "constant" || shape === "line");
  switch (operator) {
    case "daysAgo":
    case "daysSince":
    case "daysUntil":
      return areLines ? "line" : "other";
    case "daysToAnniversary":
      return "other";
  }
  if (areConstant) return "constant";
  switch (operator) {
    case "add":
    case "subtract":
      return areLines ? "line" : "other";
    case "multiply":
      return areLines && shapes.filter((shape) => shape === "line").length === 1 ? "line" : "other";
    case "divide":
      return shapes[0] === "line" && shapes[1] === "constant" ? "line" : "other";
    case "lt":
    case "lte":
    case "gt":
    case "gte":
    case "eq":
      return areLines ? "stretch" : "other";
    case "all":
      return shapes.every((part) => part === "constant" || part === "stretch") ? "stretch" : "other";
    default:
      return "other";
  }
}
