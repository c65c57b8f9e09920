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
  add: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! += part[user]!;
  }),
  multiply: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! *= part[user]!;
  }),
  subtract: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user]! -= part[user]!;
  }),
  divide: folded((out, part) => {
    for (let user = 0; user < out.length; user++) out[user] = part[user] === 0 ? Number.NaN : out[user]! / part[user]!;
  }),
  coalesce: folded((out, part) => {
    for (let user = 0; user < out.length; user++) if (Number.isNaN(out[user]!)) out[user] = part[user]!;
  }),
  all: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = a === 0 || b === 0 ? 0 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 1;
    }
  }),
  any: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = a === 1 || b === 1 ? 1 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
    }
  }),
  lt: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a < b ? 1 : 0;
    }
  }),
  lte: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a <= b ? 1 : 0;
    }
  }),
  gt: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a > b ? 1 : 0;
    }
  }),
  gte: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a >= b ? 1 : 0;
    }
  }),
  eq: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a === b ? 1 : 0;
    }
  }),
  ne: folded((out, part) => {
    for (let user = 0; user < out.length; user++) {
      const a = out[user]!;
      const b = part[user]!;
      out[user] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a !== b ? 1 : 0;
    }
  }),
  floor: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = Math.floor(part![user]!);
  },
  not: (out, [part]) => {
    for (let user = 0; user < out.length; user++) out[user] = 1 - part![user]!;
  },
};

/** Each has its loop to itself: one loop that calls an operation it is given cannot inline any of them, and takes 1.6 times as long for the whole library. */
function folded(fold: (out: Float64Array, part: Float64Array) => void): Operator {
  return (out, parts) => {
    out.set(parts[0]!);
    for (let place = 1; place < parts.length; place++) fold(out, parts[place]!);
  };
}
