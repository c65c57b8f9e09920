import { EVENT_KINDS } from "../events/event-kind.js";
import { type Expression, MEASURES, type Measure, WEEKLY_MEASURES } from "./definition.js";

/** What an expression may hold at most. */
export const EXPRESSION_BOUNDS = { depth: 12, nodes: 200, days: 3_650, weeks: 104 } as const;

/** Why an expression is not taken, and where in it. */
export class ExpressionError extends Error {
  constructor(
    readonly path: readonly string[],
    message: string,
  ) {
    super(message);
  }
}

/** What an expression may refer to. */
export interface Vocabulary {
  readonly isComputedTag: (key: string) => boolean;
  readonly isEventType: (key: string) => boolean;
}

const PAIRS = new Set(["subtract", "divide", "lt", "lte", "gt", "gte", "eq", "ne"]);
const LISTS = new Set(["add", "multiply", "coalesce", "all", "any"]);
const SINGLES = new Set(["floor", "not"]);
const CONDITIONS = new Set(["lt", "lte", "gt", "gte", "eq", "ne", "all", "any", "not"]);
/** Operators whose parts are conditions themselves. */
const OF_CONDITIONS = new Set(["all", "any", "not"]);

/**
 * Reads an expression that came from outside: a number, a measure, a tag, or one operator and its parts.
 *
 * @param wanted whether it has to be a condition or a number
 * @throws ExpressionError naming the place
 */
export function parseExpression(input: unknown, wanted: "condition" | "number", vocabulary: Vocabulary): Expression {
  let nodes = 0;

  function parse(value: unknown, path: readonly string[], kind: "condition" | "number"): Expression {
    nodes++;
    if (nodes > EXPRESSION_BOUNDS.nodes)
      throw new ExpressionError(path, `an expression has at most ${EXPRESSION_BOUNDS.nodes} parts.`);
    if (path.length > 2 * EXPRESSION_BOUNDS.depth)
      throw new ExpressionError(path, `an expression is at most ${EXPRESSION_BOUNDS.depth} deep.`);
    if (typeof value === "number") {
      if (kind === "condition")
        throw new ExpressionError(path, "a condition belongs here, not a number; compare it with gt, lt, gte, lte or eq.");
      if (!Number.isFinite(value)) throw new ExpressionError(path, "a number is finite.");
      return value;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new ExpressionError(path, `a number or an object with one operator belongs here, not ${shown(value)}.`);
    const fields = value as Readonly<Record<string, unknown>>;
    if ("measure" in fields) {
      if (kind === "condition")
        throw new ExpressionError(path, "a condition belongs here, not a measure; compare it with gt, lt, gte, lte or eq.");
      return parseMeasure(fields, path, vocabulary);
    }
    const [operator, ...others] = Object.keys(fields);
    if (operator === undefined || others.length > 0)
      throw new ExpressionError(
        path,
        `exactly one operator belongs here, not ${Object.keys(fields).slice(0, 5).join(", ") || "none"}.`,
      );
    const operand = fields[operator];
    if (operator === "tag") {
      if (typeof operand !== "string" || !vocabulary.isComputedTag(operand))
        throw new ExpressionError(
          [...path, "tag"],
          `${shown(operand)} is not the key of a computed tag; \`tags\` lists those there are.`,
        );
      return { tag: operand };
    }
    if (!PAIRS.has(operator) && !LISTS.has(operator) && !SINGLES.has(operator))
      throw new ExpressionError(
        path,
        `${shown(operator)} is no operator; there are measure, tag, ${[...LISTS, ...PAIRS, ...SINGLES].join(", ")}.`,
      );
    if (CONDITIONS.has(operator) !== (kind === "condition"))
      throw new ExpressionError(
        path,
        `a ${kind} belongs here, and ${operator} gives a ${kind === "number" ? "condition" : "number"}.`,
      );
    const part = OF_CONDITIONS.has(operator) ? "condition" : "number";
    if (SINGLES.has(operator)) return { [operator]: parse(operand, [...path, operator], part) } as unknown as Expression;
    if (!Array.isArray(operand) || operand.length === 0 || (PAIRS.has(operator) && operand.length !== 2))
      throw new ExpressionError(
        [...path, operator],
        `${operator} takes a list of ${PAIRS.has(operator) ? "two" : "one or more"} parts.`,
      );
    return {
      [operator]: operand.map((each, place) => parse(each, [...path, operator, String(place)], part)),
    } as unknown as Expression;
  }

  return parse(input, [], wanted);
}

/** Whether an expression that came from outside begins as a condition does; it may be wrong all the same. */
export function looksLikeCondition(input: unknown): boolean {
  return typeof input === "object" && input !== null && Object.keys(input).some((operator) => CONDITIONS.has(operator));
}

const MEASURE_FIELDS = ["measure", "kinds", "types", "days", "endingDaysAgo", "atLeast"];

function parseMeasure(fields: Readonly<Record<string, unknown>>, path: readonly string[], vocabulary: Vocabulary): Measure {
  const strange = Object.keys(fields).find((field) => !MEASURE_FIELDS.includes(field));
  if (strange)
    throw new ExpressionError(
      [...path, strange],
      `a measure has no field ${shown(strange)}; it takes ${MEASURE_FIELDS.join(", ")}.`,
    );
  const measure = MEASURES.find((name) => name === fields.measure);
  if (!measure)
    throw new ExpressionError([...path, "measure"], `${shown(fields.measure)} is no measure; there are ${MEASURES.join(", ")}.`);
  const days = whole(fields.days, [...path, "days"], 1, EXPRESSION_BOUNDS.days);
  const endingDaysAgo = whole(fields.endingDaysAgo, [...path, "endingDaysAgo"], 0, EXPRESSION_BOUNDS.days);
  const atLeast = whole(fields.atLeast, [...path, "atLeast"], 0, 1_000_000);
  if (WEEKLY_MEASURES.has(measure)) {
    if (days === undefined || days % 7 !== 0 || days > 7 * EXPRESSION_BOUNDS.weeks || days < 14)
      throw new ExpressionError(
        [...path, "days"],
        `${measure} takes whole weeks: a multiple of 7 from 14 to ${7 * EXPRESSION_BOUNDS.weeks} days.`,
      );
    if (measure.startsWith("break") && days < 56)
      throw new ExpressionError([...path, "days"], `${measure} takes at least 56 days, four weeks on each side.`);
  }
  const kinds = list(
    fields.kinds,
    [...path, "kinds"],
    (kind) => EVENT_KINDS.includes(kind as (typeof EVENT_KINDS)[number]),
    `one of ${EVENT_KINDS.join(", ")}`,
  );
  const types = list(
    fields.types,
    [...path, "types"],
    vocabulary.isEventType,
    "the key of an event type; `eventTypes` lists those there are",
  );
  return {
    measure,
    ...(kinds ? { kinds: kinds as NonNullable<Measure["kinds"]> } : {}),
    ...(types ? { types } : {}),
    ...(days === undefined ? {} : { days }),
    ...(endingDaysAgo === undefined ? {} : { endingDaysAgo }),
    ...(atLeast === undefined ? {} : { atLeast }),
  };
}

function whole(value: unknown, path: readonly string[], least: number, most: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    throw new ExpressionError(path, `a whole number from ${least} to ${most} belongs here, not ${shown(value)}.`);
  return value;
}

function list(value: unknown, path: readonly string[], fits: (entry: string) => boolean, what: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0 || value.length > 100)
    throw new ExpressionError(path, "a list of 1 to 100 entries belongs here.");
  for (const [place, entry] of value.entries())
    if (typeof entry !== "string" || !fits(entry))
      throw new ExpressionError([...path, String(place)], `${shown(entry)} is not ${what}.`);
  return value as string[];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
