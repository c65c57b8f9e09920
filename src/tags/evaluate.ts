import { type Expression, type Fact, type Measure, type TagDefinition, TEXT_MEASURES } from "./definition.js";
import { emptyFacts, type Facts, fillFact, instantOf, type Needs, needsFacts } from "./facts.js";
import type { Histories } from "./history.js";
import { type Instants, planMeasures, type TypeOfEvent } from "./measure.js";
import { OPERATORS, type Operator } from "./operate.js";
import { isLeaf, leavesOf, operationOf } from "./operators.js";

/** Computes expressions for all users of some histories: one column each, one number per user. Texts are numbers of the histories' facts. */
export interface Program {
  (histories: Histories, asOf: Instants): Float64Array[];
  /** What the histories have to bring beside events. */
  readonly needs: Needs;
}

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
        return { kind: "measure", place: measures.length - 1, isCategory: TEXT_MEASURES.has(expression.measure) };
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
  const run = (histories: Histories, asOf: Instants): Float64Array[] => {
    const users = histories.userIds.length;
    const facts = histories.facts ?? emptyFacts();
    if (!histories.facts && needsFacts(needs)) throw new RangeError("What is known of the users was not read.");
    const measured = plan(histories, asOf);
    const columns: Float64Array[] = [];
    for (const node of nodes) {
      const column = new Float64Array(users);
      if (node.kind === "number") column.fill(node.value);
      else if (node.kind === "text") column.fill(facts.texts.idOf(node.value));
      else if (node.kind === "fact") fillFact(column, node.fact, facts, asOf);
      else if (node.kind === "operator")
        node.run(
          column,
          node.parts.map((part) => columns[part]!),
          { facts, asOf },
        );
      else if (node.isCategory) fillCategories(column, measured[node.place]!, facts);
      columns.push(node.kind === "measure" && !node.isCategory ? measured[node.place]! : column);
    }
    return results.map((result) => columns[result]!);
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

function fillCategories(out: Float64Array, ids: Float64Array, { texts, categoryNames }: Facts): void {
  for (let user = 0; user < out.length; user++) {
    const name = categoryNames.get(ids[user]!);
    out[user] = name === undefined ? Number.NaN : texts.idOf(name);
  }
}

type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "measure"; readonly place: number; readonly isCategory: boolean }
  | { readonly kind: "operator"; readonly run: Operator; readonly parts: readonly number[] };
