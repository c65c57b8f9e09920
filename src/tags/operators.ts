import type { Expression, Fact, Measure, ValueKind } from "./definition.js";

/** What an operator gives, and what it is made from; "same": all of one kind, whichever that is. */
export interface Signature {
  readonly gives: ValueKind | "same";
  readonly takes: ValueKind | "same" | "any";
  /** How many parts it takes; absent: one, which is not in a list. */
  readonly list?: "two" | "some" | "pairs";
}

/** Every operator of definitions. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
  add: { gives: "number", takes: "number", list: "some" },
  multiply: { gives: "number", takes: "number", list: "some" },
  min: { gives: "number", takes: "number", list: "some" },
  max: { gives: "number", takes: "number", list: "some" },
  coalesce: { gives: "same", takes: "same", list: "some" },
  case: { gives: "same", takes: "same", list: "pairs" },
  all: { gives: "condition", takes: "condition", list: "some" },
  any: { gives: "condition", takes: "condition", list: "some" },
  subtract: { gives: "number", takes: "number", list: "two" },
  divide: { gives: "number", takes: "number", list: "two" },
  lt: { gives: "condition", takes: "number", list: "two" },
  lte: { gives: "condition", takes: "number", list: "two" },
  gt: { gives: "condition", takes: "number", list: "two" },
  gte: { gives: "condition", takes: "number", list: "two" },
  eq: { gives: "condition", takes: "same", list: "two" },
  ne: { gives: "condition", takes: "same", list: "two" },
  in: { gives: "condition", takes: "same", list: "some" },
  not: { gives: "condition", takes: "condition" },
  isSet: { gives: "condition", takes: "any" },
  floor: { gives: "number", takes: "number" },
  abs: { gives: "number", takes: "number" },
  round: { gives: "number", takes: "number" },
  lower: { gives: "text", takes: "text" },
  concat: { gives: "text", takes: "text", list: "some" },
  length: { gives: "number", takes: "text" },
  contains: { gives: "condition", takes: "text", list: "two" },
  startsWith: { gives: "condition", takes: "text", list: "two" },
  endsWith: { gives: "condition", takes: "text", list: "two" },
  daysAgo: { gives: "date", takes: "number" },
  daysSince: { gives: "number", takes: "date" },
  daysUntil: { gives: "number", takes: "date" },
  daysToAnniversary: { gives: "number", takes: "date" },
  weekday: { gives: "number", takes: "date" },
  dayOfMonth: { gives: "number", takes: "date" },
  month: { gives: "number", takes: "date" },
  year: { gives: "number", takes: "date" },
  hour: { gives: "number", takes: "date" },
};

/** What refers to something, and has no parts. */
export type Leaf = Measure | { readonly tag: string } | Fact | { readonly date: string };
export type Operation = Exclude<Expression, Leaf | number | string>;

const LEAVES = ["measure", "tag", "attribute", "user", "given", "date"];

export function isLeaf(expression: Leaf | Operation): expression is Leaf {
  return LEAVES.some((name) => name in expression);
}

/** An operation's name and its parts, in their order. */
export function operationOf(expression: Operation): { readonly operator: string; readonly parts: readonly Expression[] } {
  const [[operator, operand]] = Object.entries(expression) as [[string, Expression | readonly Expression[]]];
  return { operator, parts: isList(operand) ? operand : [operand] };
}

/** The same operation over other parts. */
export function withParts(expression: Operation, parts: readonly Expression[]): Expression {
  const [[operator, operand]] = Object.entries(expression) as [[string, Expression | readonly Expression[]]];
  return { [operator]: isList(operand) ? parts : parts[0] } as unknown as Expression;
}

/** Every leaf of an expression, in the order they are written. */
export function leavesOf(expression: Expression): Leaf[] {
  if (typeof expression !== "object") return [];
  return isLeaf(expression) ? [expression] : operationOf(expression).parts.flatMap(leavesOf);
}

function isList(value: Expression | readonly Expression[]): value is readonly Expression[] {
  return Array.isArray(value);
}
