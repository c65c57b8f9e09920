import { positionOf, TextError } from "../tags/tokens.js";
import { BOUNDS, Operand, refuse, shown, type Value } from "./operand.js";
import { type ReadText, readText } from "./text.js";

export const TEST_OPERATORS = ["IS_SET", "EQ", "NE", "LT", "LTE", "GT", "GTE", "IN", "BETWEEN"] as const;
export type TestOperator = (typeof TEST_OPERATORS)[number];
export const SEVERITIES = ["MILD", "MODERATE", "SEVERE"] as const;
export type Severity = (typeof SEVERITIES)[number];
export const DIRECTIONS = ["DOWN", "UP"] as const;

/** What is asked of a value. An absent value passes no test, NE included. */
export type Test =
  | { readonly op: "IS_SET" }
  | { readonly op: "EQ" | "NE" | "LT" | "LTE" | "GT" | "GTE"; readonly value: Value }
  | { readonly op: "IN"; readonly values: readonly Value[] }
  | { readonly op: "BETWEEN"; readonly low: Value; readonly high: Value };

export interface Range {
  readonly gte: number | undefined;
  readonly lte: number | undefined;
}

/** How often something happened in [asOf - endingDaysAgo - withinDays, asOf - endingDaysAgo). */
export interface EventTest {
  /** Undefined: any activity. */
  readonly type: string | undefined;
  readonly atLeast: number | undefined;
  readonly atMost: number | undefined;
  /** Undefined: ever since. */
  readonly withinDays: number | undefined;
  readonly endingDaysAgo: number;
  readonly category: string | undefined;
  /** Events without an amount do not count where this is given. */
  readonly minAmount: number | undefined;
}

interface Placed {
  /** Where the node stands in the input, as `where.all[1].tag`. */
  readonly path: string;
}

/** A parsed expression: names are not looked up yet. */
export type Expression = Placed &
  (
    | { readonly kind: "all" | "any"; readonly of: readonly Expression[] }
    | { readonly kind: "not"; readonly of: Expression }
    | { readonly kind: "tag"; readonly key: string; readonly test: Test }
    | { readonly kind: "riskTier"; readonly in: readonly string[]; readonly scheme: string | undefined }
    | { readonly kind: "churnProbability"; readonly gte: number | undefined; readonly lt: number | undefined }
    | { readonly kind: "lifecycleStage" | "channel"; readonly in: readonly string[] }
    | { readonly kind: "attribute"; readonly name: string; readonly test: Test }
    | ({ readonly kind: "event" } & EventTest)
    | {
        readonly kind: "rfm";
        readonly recency: Range;
        readonly frequency: Range;
        readonly monetary: Range;
        readonly layer: readonly string[] | undefined;
      }
    | { readonly kind: "decline"; readonly metric: string | undefined; readonly severity: readonly Severity[] | undefined }
    | {
        readonly kind: "behaviorBreak";
        readonly direction: (typeof DIRECTIONS)[number] | undefined;
        readonly sinceDays: number | undefined;
      }
    | { readonly kind: "segment"; readonly key: string }
    | { readonly kind: "ids"; readonly ids: readonly string[] }
  );

/**
 * Reads the JSON of `where`: exactly one key per node, every bound and operand checked, every refusal with its path.
 *
 * @throws TidemarkError BAD_INPUT, TOO_LONG, BAD_CHARACTER or TOO_COMPLEX
 */
export function parseExpression(input: unknown, path = "where"): Expression {
  return parseNode(input, path, { depth: 1, counted: { nodes: 0 } });
}

interface Budget {
  readonly depth: number;
  readonly counted: { nodes: number };
  /** Where a node stands in the text it was read from; absent outside of texts. */
  readonly placeOf?: (node: unknown) => string | undefined;
}

const NODES = {
  all: (operand, path, budget) => ({ kind: "all", path, of: children(operand, path, budget) }),
  any: (operand, path, budget) => ({ kind: "any", path, of: children(operand, path, budget) }),
  not: (operand, path, budget) => ({ kind: "not", path, of: parseNode(operand, path, { ...budget, depth: budget.depth + 1 }) }),
  tag(operand, path) {
    const tag = new Operand(operand, path, ["key", "op", "value", "values"]);
    return { kind: "tag", path, key: tag.text("key"), test: parseTest(tag) };
  },
  riskTier(operand, path) {
    const tier = new Operand(operand, path, ["in", "scheme"]);
    return { kind: "riskTier", path, in: tier.texts("in"), scheme: tier.optionalText("scheme") };
  },
  churnProbability(operand, path) {
    const bounds = new Operand(operand, path, ["gte", "lt"]);
    const [gte, lt] = [bounds.number("gte", 0, 1), bounds.number("lt", 0, 2)];
    if (gte === undefined && lt === undefined)
      throw refuse("BAD_INPUT", path, "it takes gte, lt or both, for example {gte: 0.8}.");
    return { kind: "churnProbability", path, gte, lt };
  },
  lifecycleStage: (operand, path) => ({ kind: "lifecycleStage", path, in: new Operand(operand, path, ["in"]).texts("in") }),
  channel: (operand, path) => ({ kind: "channel", path, in: new Operand(operand, path, ["in"]).texts("in") }),
  attribute(operand, path) {
    const attribute = new Operand(operand, path, ["name", "op", "value", "values"]);
    return { kind: "attribute", path, name: attribute.text("name"), test: parseTest(attribute) };
  },
  event: parseEvent,
  rfm(operand, path) {
    const rfm = new Operand(operand, path, ["recency", "frequency", "monetary", "layer"]);
    if (!["recency", "frequency", "monetary", "layer"].some((name) => rfm.has(name)))
      throw refuse("BAD_INPUT", path, "it takes recency, frequency, monetary (scores from 1 to 5) or layer.");
    const layer = rfm.has("layer") ? rfm.texts("layer") : undefined;
    return {
      kind: "rfm",
      path,
      ...{ recency: range(rfm, "recency"), frequency: range(rfm, "frequency"), monetary: range(rfm, "monetary") },
      layer,
    };
  },
  decline(operand, path) {
    const decline = new Operand(operand, path, ["metric", "severity"]);
    const severity = decline.has("severity") ? decline.manyOf("severity", SEVERITIES) : undefined;
    return { kind: "decline", path, metric: decline.optionalText("metric"), severity };
  },
  behaviorBreak(operand, path) {
    const found = new Operand(operand, path, ["direction", "sinceDays"]);
    return {
      kind: "behaviorBreak",
      path,
      direction: found.oneOf("direction", DIRECTIONS),
      sinceDays: found.whole("sinceDays", 1, BOUNDS.days),
    };
  },
  segment: (operand, path) => ({ kind: "segment", path, key: new Operand(operand, path, ["key"]).text("key") }),
  ids: (operand, path) => ({
    kind: "ids",
    path,
    ids: new Operand({ ids: operand }, path.replace(/\.ids$/, ""), ["ids"]).texts("ids"),
  }),
  text(operand, path, budget) {
    if (typeof operand !== "string") throw refuse("BAD_INPUT", path, `expected a text, not ${shown(operand)}.`);
    const { where, placeOf } = read(operand, path);
    return parseNode(where, path, {
      ...budget,
      placeOf(node) {
        const place = placeOf(node);
        return place && `${path} at ${place}`;
      },
    });
  },
} satisfies Record<string, (operand: unknown, path: string, budget: Budget) => Expression>;

function read(text: string, path: string): ReadText {
  try {
    return readText(text);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw refuse("BAD_INPUT", `${path} at ${positionOf(text, error.at)}`, error.message);
  }
}

export const NODE_KINDS = Object.keys(NODES) as readonly (keyof typeof NODES)[];

function parseNode(input: unknown, pathOfJson: string, budget: Budget): Expression {
  const path = budget.placeOf?.(input) ?? pathOfJson;
  budget.counted.nodes++;
  if (budget.counted.nodes > BOUNDS.nodes)
    throw refuse(
      "TOO_COMPLEX",
      path,
      `an expression has at most ${BOUNDS.nodes} nodes; save a part of it as a segment and refer to that.`,
    );
  if (budget.depth > BOUNDS.depth)
    throw refuse(
      "TOO_COMPLEX",
      path,
      `an expression is at most ${BOUNDS.depth} levels deep; save a part of it as a segment and refer to that.`,
    );
  const node = new Operand(input, path, NODE_KINDS);
  const kinds = NODE_KINDS.filter((kind) => node.has(kind));
  const kind = kinds[0];
  if (kind === undefined || kinds.length > 1)
    throw refuse(
      "BAD_INPUT",
      path,
      kind === undefined
        ? `a node has exactly one of ${NODE_KINDS.join(", ")}; this one has none.`
        : `a node has exactly one key; this one has ${kinds.join(" and ")}. Join them with {all: [...]} or {any: [...]}.`,
    );
  return NODES[kind](node.raw(kind), node.at(kind), budget);
}

function children(operand: unknown, path: string, budget: Budget): Expression[] {
  if (!Array.isArray(operand)) throw refuse("BAD_INPUT", path, `expected a list of nodes, not ${shown(operand)}.`);
  if (operand.length === 0) throw refuse("BAD_INPUT", path, "the list is empty; name at least one node.");
  return operand.map((each, i) => parseNode(each, `${path}[${i}]`, { ...budget, depth: budget.depth + 1 }));
}

function parseTest(operand: Operand): Test {
  const op = operand.oneOf("op", TEST_OPERATORS) ?? (operand.has("value") || operand.has("values") ? undefined : "IS_SET");
  if (op === undefined)
    throw refuse(
      "BAD_INPUT",
      operand.at("op"),
      `is missing beside ${operand.has("value") ? "value" : "values"}; it is one of ${TEST_OPERATORS.join(", ")}.`,
    );
  const takes = op === "IS_SET" ? undefined : op === "IN" || op === "BETWEEN" ? "values" : "value";
  for (const name of ["value", "values"]) {
    if (name !== takes && operand.has(name))
      throw refuse("BAD_INPUT", operand.at(name), `${op} takes ${takes === undefined ? "no value" : `${takes}, not ${name}`}.`);
  }
  if (op === "IS_SET") return { op };
  if (op === "IN") return { op, values: operand.values("values") };
  if (op === "BETWEEN") {
    const [low, high, ...more] = operand.values("values");
    if (low === undefined || high === undefined || more.length > 0 || typeof low !== typeof high || typeof low === "boolean")
      throw refuse("BAD_INPUT", operand.at("values"), "BETWEEN takes two numbers or two texts, [low, high], both included.");
    return { op, low, high };
  }
  const value = operand.value("value");
  if (typeof value === "boolean" && op !== "EQ" && op !== "NE")
    throw refuse("BAD_INPUT", operand.at("value"), `${op} orders numbers or texts; ${value} has no order. Use EQ or NE.`);
  return { op, value };
}

function parseEvent(operand: unknown, path: string): Expression {
  const event = new Operand(operand, path, ["type", "atLeast", "atMost", "withinDays", "endingDaysAgo", "category", "minAmount"]);
  const [atLeast, atMost] = [event.whole("atLeast", 0, BOUNDS.events), event.whole("atMost", 0, BOUNDS.events)];
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    throw refuse("BAD_INPUT", path, `atLeast ${atLeast} is more than atMost ${atMost}; nobody can satisfy both.`);
  return {
    kind: "event",
    path,
    type: event.optionalText("type"),
    // "At most two" counts those with none as well, so the default of one stands only where no upper bound is given.
    atLeast: atLeast ?? (atMost === undefined ? undefined : 0),
    atMost,
    withinDays: event.whole("withinDays", 1, BOUNDS.days),
    endingDaysAgo: event.whole("endingDaysAgo", 0, BOUNDS.days) ?? 0,
    category: event.optionalText("category"),
    minAmount: event.number("minAmount", -1e14, 1e14),
  };
}

function range(rfm: Operand, name: string): Range {
  if (!rfm.has(name)) return { gte: undefined, lte: undefined };
  const bounds = new Operand(rfm.raw(name), rfm.at(name), ["gte", "lte"]);
  return { gte: bounds.whole("gte", 1, 5), lte: bounds.whole("lte", 1, 5) };
}

/** Every node of an expression, parents first. */
export function* nodesOf(expression: Expression): Generator<Expression> {
  yield expression;
  if (expression.kind === "not") yield* nodesOf(expression.of);
  if (expression.kind === "all" || expression.kind === "any") for (const each of expression.of) yield* nodesOf(each);
}
