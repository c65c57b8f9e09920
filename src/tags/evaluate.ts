import type { Expression, Measure, TagDefinition } from "./definition.js";
import type { Histories } from "./history.js";
import { type Instants, planMeasures, type TypeOfEvent } from "./measure.js";

/** Computes expressions for all users of some histories: one column each, one number per user. */
export type Program = (histories: Histories, asOf: Instants) => Float64Array[];

/**
 * Compiles expressions into one program. Parts that are equal are computed once, however many tags share them.
 *
 * @param library what `{tag: key}` stands for
 * @throws RangeError for an unknown tag or a circle of tags
 */
export function compile(
  expressions: readonly Expression[],
  types: readonly TypeOfEvent[],
  library: ReadonlyMap<string, TagDefinition> = new Map(),
): Program {
  const measures: Measure[] = [];
  const nodes: Node[] = [];
  const known = new Map<string, number>();
  const open = new Set<string>();

  function place(expression: Expression): number {
    if (typeof expression === "object" && "tag" in expression) {
      const definition = library.get(expression.tag);
      if (!definition) throw new RangeError(`There is no computed tag ${JSON.stringify(expression.tag)}.`);
      if (open.has(expression.tag)) throw new RangeError(`The tag ${JSON.stringify(expression.tag)} is defined by itself.`);
      open.add(expression.tag);
      const found = place(definition.expression);
      open.delete(expression.tag);
      return found;
    }
    const key = JSON.stringify(expression);
    const before = known.get(key);
    if (before !== undefined) return before;
    const node = nodeOf(expression);
    nodes.push(node);
    known.set(key, nodes.length - 1);
    return nodes.length - 1;
  }

  function nodeOf(expression: Expression): Node {
    if (typeof expression === "number") return { kind: "number", value: expression };
    if ("measure" in expression) {
      measures.push(expression);
      return { kind: "measure", place: measures.length - 1 };
    }
    for (const [operator, operands] of Object.entries(expression)) {
      const parts: readonly Expression[] = Array.isArray(operands) ? operands : [operands];
      const run = OPERATORS[operator];
      if (run) return { kind: "operator", run, parts: parts.map(place) };
    }
    throw new RangeError(`${JSON.stringify(expression)} is not an expression.`);
  }

  const results = expressions.map(place);
  const plan = planMeasures(measures, types);
  return (histories, asOf) => {
    const users = histories.userIds.length;
    const measured = plan(histories, asOf);
    const columns: Float64Array[] = [];
    for (const node of nodes) {
      if (node.kind === "number") columns.push(new Float64Array(users).fill(node.value));
      else if (node.kind === "measure") columns.push(measured[node.place]!);
      else {
        const column = new Float64Array(users);
        node.run(
          column,
          node.parts.map((part) => columns[part]!),
        );
        columns.push(column);
      }
    }
    return results.map((result) => columns[result]!);
  };
}

/** The keys of the tags an expression is made from, directly. */
export function tagsIn(expression: Expression): string[] {
  if (typeof expression === "number" || "measure" in expression) return [];
  if ("tag" in expression) return [expression.tag];
  return Object.values(expression).flatMap((operands: Expression | readonly Expression[]) =>
    isList(operands) ? operands.flatMap(tagsIn) : tagsIn(operands),
  );
}

function isList(value: Expression | readonly Expression[]): value is readonly Expression[] {
  return Array.isArray(value);
}

type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "measure"; readonly place: number }
  | { readonly kind: "operator"; readonly run: Operator; readonly parts: readonly number[] };

type Operator = (out: Float64Array, parts: readonly Float64Array[]) => void;

const OPERATORS: Readonly<Record<string, Operator>> = {
  add: folded((a, b) => a + b),
  multiply: folded((a, b) => a * b),
  coalesce: folded((a, b) => (Number.isNaN(a) ? b : a)),
  all: folded((a, b) => (a === 0 || b === 0 ? 0 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 1)),
  any: folded((a, b) => (a === 1 || b === 1 ? 1 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0)),
  subtract: folded((a, b) => a - b),
  divide: folded((a, b) => (b === 0 ? Number.NaN : a / b)),
  lt: compared((a, b) => a < b),
  lte: compared((a, b) => a <= b),
  gt: compared((a, b) => a > b),
  gte: compared((a, b) => a >= b),
  eq: compared((a, b) => a === b),
  ne: compared((a, b) => a !== b),
  floor: single(Math.floor),
  not: single((a) => 1 - a),
};

function folded(operation: (a: number, b: number) => number): Operator {
  return (out, parts) => {
    out.set(parts[0]!);
    for (const part of parts.slice(1))
      for (let user = 0; user < out.length; user++) out[user] = operation(out[user]!, part[user]!);
  };
}

function compared(holds: (a: number, b: number) => boolean): Operator {
  return folded((a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : holds(a, b) ? 1 : 0));
}

function single(operation: (a: number) => number): Operator {
  return (out, parts) => {
    const part = parts[0]!;
    for (let user = 0; user < out.length; user++) out[user] = operation(part[user]!);
  };
}
