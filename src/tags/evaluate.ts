import { type Expression, type Fact, type Measure, type TagDefinition, TEXT_MEASURES } from "./definition.js";
import { emptyFacts, type Facts, factsOf, fillFact, instantOf, type Needs, needsFacts } from "./facts.js";
import type { Histories } from "./history.js";
import { type Instants, planMeasures, type TypeOfEvent } from "./measure.js";
import { OPERATORS, type Operator } from "./operate.js";
import { isLeaf, leavesOf, operationOf } from "./operators.js";

/**
 * Computes expressions for users of some histories: one column each, one number per user. Texts are numbers of the histories' facts.
 * `users` are the places of those that are meant, all of them unless it is said; instants of their own are in the same order.
 */
export interface Program {
  (histories: Histories, asOf: Instants, users?: Int32Array): Float64Array[];
  /** What the histories have to bring beside events. */
  readonly needs: Needs;
}

/** Users that are computed at once: the columns of the library's some 300 parts for them stay within the processor's cache. */
const SLICE_USERS = 1_024;

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
  const needs = new NeedsOfNodes();

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
    if (typeof expression === "string") {
      needs.texts = true;
      return { kind: "text", value: expression };
    }
    if (isLeaf(expression)) {
      if ("measure" in expression) {
        measures.push(expression);
        needs.categories ||= TEXT_MEASURES.has(expression.measure);
        return { kind: "measure", isCategory: TEXT_MEASURES.has(expression.measure) };
      }
      if ("date" in expression) return { kind: "number", value: instantOf(expression.date) };
      if ("tag" in expression) throw new RangeError("A tag is written out before.");
      needs.add(expression);
      return { kind: "fact", fact: expression };
    }
    const { operator, parts } = operationOf(expression);
    const run = OPERATORS[operator];
    if (!run) throw new RangeError(`${JSON.stringify(expression)} is not an expression.`);
    return { kind: "operator", run, parts: parts.map(place) };
  }

  const results = expressions.map(place);
  const plan = planMeasures(measures, types);
  const scratch: Float64Array[] = nodes.map(() => new Float64Array(0));
  const ofMeasures = nodes.flatMap((node, place) => (node.kind === "measure" ? [place] : []));

  /** Leaves the columns of all parts in `scratch`, which stays from call to call. */
  function runSlice(histories: Histories, asOf: Instants, users: Int32Array, facts: Facts): void {
    for (const [place, column] of scratch.entries())
      if (column.length !== users.length) scratch[place] = columnWithin(column, users.length);
    plan(
      histories,
      users,
      asOf,
      ofMeasures.map((place) => scratch[place]!),
    );
    const about = { facts, asOf };
    for (const [place, node] of nodes.entries()) {
      const column = scratch[place]!;
      switch (node.kind) {
        case "number":
          column.fill(node.value);
          break;
        case "text":
          column.fill(facts.texts.idOf(node.value));
          break;
        case "fact":
          fillFact(column, node.fact, facts, asOf);
          break;
        case "operator":
          node.run(
            column,
            node.parts.map((part) => scratch[part]!),
            about,
          );
          break;
        case "measure":
          if (node.isCategory) namesOfCategories(column, facts);
      }
    }
  }

  const run = (histories: Histories, asOf: Instants, users = everyPlace(histories.userIds.length)): Float64Array[] => {
    const readsFacts = needsFacts(needs);
    const { facts = emptyFacts() } = histories;
    if (!histories.facts && readsFacts) throw new RangeError("What is known of the users was not read.");
    const columns = results.map(() => new Float64Array(users.length));
    for (let from = 0; from < users.length; from += SLICE_USERS) {
      const slice = users.subarray(from, from + SLICE_USERS);
      const at = typeof asOf === "number" ? asOf : asOf.subarray(from, from + SLICE_USERS);
      runSlice(histories, at, slice, readsFacts ? factsOf(facts, slice) : facts);
      for (const [place, result] of results.entries()) columns[place]!.set(scratch[result]!, from);
    }
    return columns;
  };
  return Object.assign(run, { needs });
}

/** The keys of the tags an expression is made from, directly. */
export function tagsIn(expression: Expression): string[] {
  return leavesOf(expression).flatMap((leaf) => ("tag" in leaf ? [leaf.tag] : []));
}

class NeedsOfNodes implements Needs {
  readonly attributes: string[] = [];
  readonly given: string[] = [];
  channel = false;
  categories = false;
  texts = false;

  add(fact: Fact): void {
    if ("user" in fact) this.channel = true;
    else if ("given" in fact) this.given.push(fact.given);
    else if (!this.attributes.includes(fact.attribute)) this.attributes.push(fact.attribute);
  }
}

/** The places 0, 1, 2 ...: one array for all, for it is only read. */
let places = new Int32Array(0);
function everyPlace(users: number): Int32Array {
  if (places.length < users) places = Int32Array.from({ length: Math.max(SLICE_USERS, users) }, (_, place) => place);
  return places.subarray(0, users);
}

/** A column of some length in the memory of an earlier one where that has the room; what was in it may still be there. */
function columnWithin(column: Float64Array, length: number): Float64Array {
  const room = column.buffer.byteLength / 8;
  return room >= length
    ? new Float64Array(column.buffer, 0, length)
    : new Float64Array(Math.min(SLICE_USERS, 2 * length)).subarray(0, length);
}

function namesOfCategories(column: Float64Array, { texts, categoryNames }: Facts): void {
  for (let user = 0; user < column.length; user++) {
    const name = categoryNames.get(column[user]!);
    column[user] = name === undefined ? Number.NaN : texts.idOf(name);
  }
}

type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "measure"; readonly isCategory: boolean }
  | { readonly kind: "operator"; readonly run: Operator; readonly parts: readonly number[] };
