import type { Expression, Fact, Measure } from "./definition.js";
import { isLeaf, operationOf } from "./operators.js";
import { nameOrQuoted, quoted } from "./tokens.js";

/** Operators that are written between their parts, and how closely each binds: as `readDefinitionText` reads them. */
const BETWEEN: Readonly<Record<string, readonly [sign: string, binding: number]>> = {
  any: ["or", 1],
  all: ["and", 2],
  not: ["not", 3],
  eq: ["=", 4],
  ne: ["!=", 4],
  lt: ["<", 4],
  lte: ["<=", 4],
  gt: [">", 4],
  gte: [">=", 4],
  in: ["in", 4],
  add: ["+", 5],
  subtract: ["-", 5],
  multiply: ["*", 6],
  divide: ["/", 6],
};
/** What reads as one word. */
const WORD = 7;

/** The text form of a definition: `readDefinitionText` gives the same expression back. */
export function formatDefinition(expression: Expression): string {
  if (typeof expression === "number") return String(expression);
  if (typeof expression === "string") return quoted(expression);
  if (isLeaf(expression)) {
    if ("measure" in expression) return measureText(expression);
    if ("tag" in expression) return `tag.${nameOrQuoted(expression.tag)}`;
    return "date" in expression ? `date(${quoted(expression.date)})` : factText(expression);
  }
  const { operator, parts } = operationOf(expression);
  const binding = bindingOf(expression);
  if (operator === "daysAgo" && parts[0] === 0) return "asOf";
  if (binding === WORD) return `${operator}(${parts.map(formatDefinition).join(", ")})`;
  if (operator === "not") return `not ${within(parts[0]!, binding - 1)}`;
  if (operator === "in") return `${within(parts[0]!, binding)} in (${parts.slice(1).map(formatDefinition).join(", ")})`;
  return parts.map((part) => within(part, binding)).join(` ${BETWEEN[operator]![0]} `);
}

/** In parentheses unless it binds more closely. */
function within(expression: Expression, binding: number): string {
  const text = formatDefinition(expression);
  return bindingOf(expression) > binding ? text : `(${text})`;
}

/** An operator over a single part is written as a function. */
function bindingOf(expression: Expression): number {
  if (typeof expression !== "object" || isLeaf(expression)) return WORD;
  const { operator, parts } = operationOf(expression);
  return parts.length > 1 || operator === "not" ? (BETWEEN[operator]?.[1] ?? WORD) : WORD;
}

function measureText({ measure, kinds, types, days, endingDaysAgo, atLeast }: Measure): string {
  // A type whose key looks like a kind is told apart by its quotes.
  const words = [...(kinds ?? []), ...(types ?? []).map((key) => (/^[A-Z]+$/.test(key) ? quoted(key) : nameOrQuoted(key)))];
  const window = Object.entries({ days, endingDaysAgo, atLeast }).filter(([, value]) => value !== undefined);
  return `${measure}(${[...words, ...window.map(([name, value]) => `${name}: ${value}`)].join(", ")})`;
}

function factText(fact: Fact): string {
  if ("user" in fact) return fact.user;
  if ("given" in fact) return `tag.${nameOrQuoted(fact.given)}`;
  return `attribute.${nameOrQuoted(fact.attribute)} as ${fact.as}`;
}
