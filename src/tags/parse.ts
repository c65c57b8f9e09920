import { EVENT_KINDS } from "../events/event-kind.js";
import type { AttributeType } from "../people/attribute.js";
import { hasBadCharacter, LONGEST_KEY } from "../people/clean.js";
import {
  type Expression,
  MEASURES,
  type Measure,
  READINGS,
  type Reading,
  TEXT_MEASURES,
  VALUE_KINDS,
  type ValueKind,
  WEEKLY_MEASURES,
} from "./definition.js";
import { instantOf } from "./facts.js";
import { SIGNATURES, type Signature } from "./operators.js";

/** What an expression may hold at most. */
export const EXPRESSION_BOUNDS = { depth: 12, nodes: 200, days: 3_650, weeks: 104, characters: 1_000 } as const;

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
  /** What the tag of a key gives; undefined: an expression cannot be made from it, or there is none. */
  readonly kindOfTag: (key: string) => ValueKind | undefined;
  readonly isEventType: (key: string) => boolean;
  /** As what an attribute is declared; undefined: it is not. */
  readonly typeOfAttribute: (key: string) => AttributeType | undefined;
}

/** What stands beside operators. */
const LEAVES = ["measure", "tag", "attribute", "user", "date"];

/**
 * Reads an expression that came from outside: a number, a text, a measure, a tag, a fact of the user, or one operator and its parts.
 *
 * @param wanted what it has to give
 * @throws ExpressionError naming the place
 */
export function parseExpression(input: unknown, wanted: ValueKind, vocabulary: Vocabulary): Expression {
  let nodes = 0;

  /** @param kind undefined: asked only whether it is there */
  function parse(value: unknown, path: readonly string[], kind: ValueKind | undefined): Expression {
    nodes++;
    if (nodes > EXPRESSION_BOUNDS.nodes)
      throw new ExpressionError(path, `an expression has at most ${EXPRESSION_BOUNDS.nodes} parts.`);
    if (path.length > 2 * EXPRESSION_BOUNDS.depth)
      throw new ExpressionError(path, `an expression is at most ${EXPRESSION_BOUNDS.depth} deep.`);
    if (typeof value === "number") {
      mustGive("number", "a number", kind, path);
      if (!Number.isFinite(value)) throw new ExpressionError(path, "a number is finite.");
      return value;
    }
    if (typeof value === "string") return parseText(value, kind, path);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new ExpressionError(path, `a number, a text or an object with one operator belongs here, not ${shown(value)}.`);
    const fields = value as Readonly<Record<string, unknown>>;
    if ("measure" in fields) {
      const measure = parseMeasure(fields, path, vocabulary);
      mustGive(TEXT_MEASURES.has(measure.measure) ? "text" : "number", `the measure ${measure.measure}`, kind, path);
      return measure;
    }
    if ("attribute" in fields) return parseAttribute(fields, kind, path, vocabulary);
    const [operator, ...others] = Object.keys(fields);
    if (operator === undefined || others.length > 0)
      throw new ExpressionError(
        path,
        `exactly one operator belongs here, not ${Object.keys(fields).slice(0, 5).join(", ") || "none"}.`,
      );
    const operand = fields[operator];
    if (operator === "tag") return parseTag(operand, kind, path);
    if (operator === "user") {
      if (operand !== "channel")
        throw new ExpressionError([...path, "user"], `the channel is known of a user (and attributes), not ${shown(operand)}.`);
      mustGive("text", "the channel", kind, path);
      return { user: "channel" };
    }
    if (operator === "date") {
      mustGive("date", "a date", kind, path);
      return parseDate(operand, [...path, "date"]);
    }
    const signature = Object.hasOwn(SIGNATURES, operator) ? SIGNATURES[operator]! : undefined;
    if (!signature)
      throw new ExpressionError(
        path,
        `${shown(operator)} is no operator; there are ${[...LEAVES, ...Object.keys(SIGNATURES)].join(", ")}.`,
      );
    if (signature.gives !== "same") mustGive(signature.gives, operator, kind, path);
    return { [operator]: parseParts(operator, signature, operand, kind, path) } as unknown as Expression;
  }

  function parseParts(
    operator: string,
    { gives, takes, list }: Signature,
    operand: unknown,
    kind: ValueKind | undefined,
    path: readonly string[],
  ): Expression | Expression[] {
    const here = [...path, operator];
    if (list === undefined) return parse(operand, here, takes === "any" ? undefined : (takes as ValueKind));
    if (!Array.isArray(operand) || operand.length === 0 || (list === "two" && operand.length !== 2))
      throw new ExpressionError(here, `${operator} takes a list of ${list === "two" ? "two" : "one or more"} parts.`);
    if (list === "pairs" && operand.length < 2)
      throw new ExpressionError(here, `${operator} takes a list: when, then, when, then ..., and what holds otherwise.`);
    const isWhen = (place: number) => list === "pairs" && place % 2 === 0 && place + 1 < operand.length;
    const same = takes === "same" ? kindOfParts(operand.filter((_, place) => !isWhen(place))) : (takes as ValueKind);
    const part = gives === "same" ? (kind ?? same) : same;
    if (part === undefined)
      throw new ExpressionError(
        here,
        `${operator} has to know as what its parts are read; write {attribute: "...", as: "TEXT"} (or NUMBER, BOOLEAN, DATE).`,
      );
    return operand.map((each, place) => parse(each, [...here, String(place)], isWhen(place) ? "condition" : part));
  }

  function parseTag(key: unknown, kind: ValueKind | undefined, path: readonly string[]): Expression {
    const given = typeof key === "string" ? vocabulary.kindOfTag(key) : undefined;
    if (given === undefined || typeof key !== "string")
      throw new ExpressionError([...path, "tag"], `${shown(key)} is not the key of a tag; \`tags\` lists those there are.`);
    // Truth counts as 1 and 0.
    if (!(given === "condition" && kind === "number")) mustGive(given, `the tag ${key}`, kind, path);
    return { tag: key };
  }

  /** What a part gives as far as it says so itself. */
  function kindOf(value: unknown): ValueKind | undefined {
    if (typeof value === "number") return "number";
    if (typeof value === "string") return "text";
    if (typeof value !== "object" || value === null) return undefined;
    const fields = value as Readonly<Record<string, unknown>>;
    if ("measure" in fields) return TEXT_MEASURES.has(fields.measure as Measure["measure"]) ? "text" : "number";
    if ("attribute" in fields) return READINGS[(fields.as ?? vocabulary.typeOfAttribute(String(fields.attribute))) as Reading];
    if ("tag" in fields) return vocabulary.kindOfTag(String(fields.tag));
    if ("user" in fields) return "text";
    if ("date" in fields) return "date";
    const [operator] = Object.keys(fields);
    const gives = SIGNATURES[operator ?? ""]?.gives;
    if (gives !== "same") return gives;
    const parts = fields[operator!];
    if (!Array.isArray(parts)) return undefined;
    return kindOfParts(operator === "case" ? parts.filter((_, at) => at % 2 === 1 || at === parts.length - 1) : parts);
  }

  function kindOfParts(parts: readonly unknown[]): ValueKind | undefined {
    for (const part of parts) {
      const kind = kindOf(part);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }

  return parse(input, [], wanted);
}

/** What an expression that came from outside seems to give; it may be wrong all the same. */
export function kindOfInput(input: unknown, vocabulary: Vocabulary): ValueKind {
  const fits = (kind: ValueKind) => {
    try {
      parseExpression(input, kind, vocabulary);
      return true;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  };
  return VALUE_KINDS.find(fits) ?? (looksLikeCondition(input) ? "condition" : "number");
}

function looksLikeCondition(input: unknown): boolean {
  return (
    typeof input === "object" &&
    input !== null &&
    Object.keys(input).some((operator) => SIGNATURES[operator]?.gives === "condition")
  );
}

function mustGive(gives: ValueKind, what: string, wanted: ValueKind | undefined, path: readonly string[]): void {
  if (wanted === undefined || gives === wanted) return;
  const remedy =
    wanted === "condition"
      ? "; compare it with eq, ne, in, gt, lt, gte or lte"
      : wanted === "date"
        ? '; dates are {date: "2026-01-31"}, {daysAgo: 30} and attributes'
        : "";
  const name = { condition: "condition", number: "number", text: "text", date: "date" };
  throw new ExpressionError(path, `a ${name[wanted]} belongs here, and ${what} gives a ${name[gives]}${remedy}.`);
}

function parseText(value: string, kind: ValueKind | undefined, path: readonly string[]): Expression {
  if (kind === "date") return parseDate(value, path);
  mustGive("text", `the text ${shown(value)}`, kind, path);
  if (value.length > EXPRESSION_BOUNDS.characters)
    throw new ExpressionError(path, `a text has at most ${EXPRESSION_BOUNDS.characters} characters.`);
  if (hasBadCharacter(value))
    throw new ExpressionError(path, "the text has a NUL byte or half of a surrogate pair; take it out.");
  return value;
}

function parseDate(value: unknown, path: readonly string[]): Expression {
  if (typeof value !== "string" || Number.isNaN(instantOf(value)))
    throw new ExpressionError(path, `a day such as "2026-01-31" or an RFC 3339 instant belongs here, not ${shown(value)}.`);
  return { date: value };
}

function parseAttribute(
  { attribute, as, ...others }: Readonly<Record<string, unknown>>,
  kind: ValueKind | undefined,
  path: readonly string[],
  { typeOfAttribute }: Vocabulary,
): Expression {
  const [strange] = Object.keys(others);
  if (strange !== undefined)
    throw new ExpressionError([...path, strange], `an attribute has no field ${shown(strange)}; it takes attribute and as.`);
  if (typeof attribute !== "string" || attribute === "" || attribute.length > LONGEST_KEY || hasBadCharacter(attribute))
    throw new ExpressionError([...path, "attribute"], `${shown(attribute)} cannot be the name of an attribute.`);
  const reading = (as ?? (Object.keys(READINGS) as Reading[]).find((each) => READINGS[each] === kind) ?? "ANY") as Reading;
  if (!Object.hasOwn(READINGS, reading) || (reading === "ANY" && kind !== undefined))
    throw new ExpressionError(
      [...path, "as"],
      `${shown(as)} is nothing to read it as; there are BOOLEAN, NUMBER, TEXT and DATE.`,
    );
  const type = typeOfAttribute(attribute);
  // A date is a text, which may be looked into as one.
  if (type !== undefined && reading !== type && reading !== "ANY" && !(type === "DATE" && reading === "TEXT"))
    throw new ExpressionError(path, `the attribute ${attribute} is declared as ${type}, and cannot be read as ${reading}.`);
  if (reading !== "ANY") mustGive(READINGS[reading], `the attribute ${attribute} as ${reading}`, kind, path);
  return { attribute, as: reading };
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
