import type { Expression, Fact, Measure } from "./definition.js";
import { isLeaf, operationOf } from "./operators.js";
import { nameOrQuoted, quoted } from "./tokens.js";

/** Operators that are written between their parts. */
const BETWEEN: Readonly<Record<string, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  eq: "=",
  ne: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  all: "and",
  any: "or",
};

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
  const sign = BETWEEN[operator];
  if (sign !== undefined && parts.length > 1) return parts.map(inParentheses).join(` ${sign} `);
  if (operator === "in" && parts.length > 1)
    return `${inParentheses(parts[0]!)} in (${parts.slice(1).map(formatDefinition).join(", ")})`;
  if (operator === "not") return `not ${inParentheses(parts[0]!)}`;
  if (operator === "daysAgo" && parts[0] === 0) return "asOf";
  return `${operator}(${parts.map(formatDefinition).join(", ")})`;
}

/** Whatever holds an operator between its parts; the rest reads as one word. */
function inParentheses(expression: Expression): string {
  const text = formatDefinition(expression);
  if (typeof expression !== "object") return typeof expression === "number" && expression < 0 ? `(${text})` : text;
  if (isLeaf(expression)) return text;
  const { operator, parts } = operationOf(expression);
  const isOpen = operator === "not" || ((operator in BETWEEN || operator === "in") && parts.length > 1);
  return isOpen ? `(${text})` : text;
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
