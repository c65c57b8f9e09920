import type { BoostedTrees } from "./boosting.js";
import type { Forest } from "./forest.js";
import { float32Below, nextUp } from "./neighbours.js";
import { NodeList } from "./node-list.js";

/** XGBoost's JSON, as `Booster.save_model("model.json")` writes it from version 1.0 on; what is not read here is left out. */
interface XgboostModel {
  readonly learner: {
    readonly feature_names?: readonly string[];
    readonly gradient_booster: Booster;
    readonly learner_model_param: { readonly base_score: string; readonly num_class?: string; readonly num_target?: string };
    readonly objective: { readonly name: string };
  };
}

interface Booster {
  readonly name: string;
  readonly model?: { readonly trees: readonly XgboostTree[] };
  /** Of DART: the trees, and what each is worth. */
  readonly gbtree?: { readonly model: { readonly trees: readonly XgboostTree[] } };
  readonly weight_drop?: readonly number[];
}

interface XgboostTree {
  readonly left_children: readonly number[];
  readonly right_children: readonly number[];
  readonly split_indices: readonly number[];
  /** A threshold, or a leaf's value. */
  readonly split_conditions: readonly number[];
  readonly default_left: readonly (number | boolean)[];
  /** Second derivatives that came here: what XGBoost weighs branches by when it explains. */
  readonly sum_hessian: readonly number[];
  /** 1: the question names categories. */
  readonly split_type?: readonly number[];
}

/** Deeper trees are not grown by anybody, and would be walked by recursion. */
const DEEPEST = 64;

/**
 * Reads boosted trees that XGBoost has trained with the objective binary:logistic, reg:logistic or binary:logitraw. Thresholds are
 * moved so that a number compares here as XGBoost compares it, rounded to 32 bits: the leaves are the same for every row.
 *
 * @param columns how many columns a row has
 * @throws Error when it is not such a model, asks for a column that is not there, or for categories
 */
export function importXgboost(json: unknown, columns: number): BoostedTrees {
  const { learner } = json as Partial<XgboostModel>;
  const booster = learner?.gradient_booster;
  const trees = booster?.model?.trees ?? booster?.gbtree?.model.trees;
  if (!learner || !booster || !Array.isArray(trees) || trees.length === 0)
    throw new Error("This is not the JSON of an XGBoost model of trees; save it with save_model('model.json').");
  const name = learner.objective?.name;
  const isLogistic = name === "binary:logistic" || name === "reg:logistic";
  if (!isLogistic && name !== "binary:logitraw")
    throw new Error(`The model's objective is ${String(name).slice(0, 60)}; it has to be binary:logistic or binary:logitraw.`);
  if (Number(learner.learner_model_param?.num_class ?? 0) > 1 || Number(learner.learner_model_param?.num_target ?? 1) > 1)
    throw new Error("The model tells several classes apart; it has to foretell one.");
  // "5E-1", and from version 3.1 on "[5E-1]".
  const score = Number(String(learner.learner_model_param?.base_score ?? "0.5").replace(/^\[|\]$/g, ""));
  const base = isLogistic ? Math.log(score / (1 - score)) : score;
  if (!Number.isFinite(base)) throw new Error("The model's base_score is not a number that log-odds can be made of.");
  const nodes = new NodeList();
  const roots = trees.map((tree, place) => importTree(nodes, tree, columns, place, booster.weight_drop?.[place] ?? 1));
  return { base, forest: { columns, roots: Int32Array.from(roots), ...nodes.flattened() } };
}

/** The columns' names, where the model was trained on named ones. */
export function xgboostFeatures(json: unknown): readonly string[] | null {
  const names = (json as Partial<XgboostModel>)?.learner?.feature_names;
  return Array.isArray(names) && names.length > 0 ? names.map(String) : null;
}

function importTree(nodes: NodeList, tree: XgboostTree, columns: number, place: number, weight: number): number {
  const { left_children: lefts, right_children: rights, split_conditions: conditions } = tree;
  const count = lefts?.length ?? 0;
  const arrays = [lefts, rights, conditions, tree.split_indices, tree.default_left, tree.sum_hessian];
  if (count === 0 || !arrays.every((array) => Array.isArray(array) && array.length === count))
    throw new Error(`Tree ${place} is not whole: its arrays are missing or differ in length.`);
  const visited = new Uint8Array(count);
  const importNode = (node: number, depth: number): number => {
    if (!(node >= 0 && node < count) || visited[node] === 1 || depth > DEEPEST)
      throw new Error(`Tree ${place} is no tree of at most ${DEEPEST} questions in a row: see its node ${node}.`);
    visited[node] = 1;
    const condition = Number(conditions[node]);
    const cover = Number(tree.sum_hessian[node]);
    if (!Number.isFinite(condition) || !(cover >= 0)) throw new Error(`Node ${node} of tree ${place} has no number.`);
    if (lefts[node] === -1) return nodes.add(cover, weight * condition);
    const column = tree.split_indices[node]!;
    if (tree.split_type?.[node] === 1)
      throw new Error("The model asks for categories; train it on numbers, a 0/1 column for each category.");
    if (!(Number.isInteger(column) && column >= 0 && column < columns))
      throw new Error(`Tree ${place} asks for column ${column}, and there are ${columns} features.`);
    const here = nodes.add(cover, 0);
    const left = importNode(lefts[node]!, depth + 1);
    const right = importNode(rights[node]!, depth + 1);
    const threshold = thresholdOfRounded(condition);
    nodes.split(here, { column, threshold, missingLeft: Boolean(tree.default_left[node]) }, left, right);
    return here;
  };
  return importNode(0, 0);
}

/**
 * XGBoost rounds a value to 32 bits and asks whether it is below a threshold of 32 bits. That is so exactly where the value itself is
 * below the middle between the threshold and its lower neighbour, or on it where ties are rounded down.
 */
function thresholdOfRounded(condition: number): number {
  const threshold = Math.fround(condition);
  const middle = (float32Below(threshold) + threshold) / 2;
  return Math.fround(middle) < threshold ? nextUp(middle) : middle;
}

/**
 * Writes trees so that XGBoost (tried with 1.7) loads them and answers the same, as near as its 32 bits come: log-odds are base plus
 * the leaves. The base stands in the first tree's leaves, for versions of XGBoost differ in how they write and read base_score. A
 * threshold becomes the next number of 32 bits, so that values of 32 bits compare alike.
 */
export function exportXgboost({ base, forest }: BoostedTrees, names: readonly string[]): string {
  const features = String(forest.columns);
  const count = forest.roots.length;
  const trees = Array.from(forest.roots, (root, id) => exportTree(forest, root, id, id === 0 ? base : 0, features));
  return objectOf({
    learner: objectOf({
      attributes: "{}",
      feature_names: JSON.stringify(names),
      feature_types: JSON.stringify(names.map(() => "float")),
      gradient_booster: objectOf({
        model: objectOf({
          gbtree_model_param: JSON.stringify({ num_parallel_tree: "1", num_trees: String(count), size_leaf_vector: "0" }),
          iteration_indptr: JSON.stringify(Array.from({ length: count + 1 }, (_, tree) => tree)),
          tree_info: JSON.stringify(new Array<number>(count).fill(0)),
          trees: `[${trees.join()}]`,
        }),
        name: '"gbtree"',
      }),
      learner_model_param: JSON.stringify({
        base_score: "5E-1",
        boost_from_average: "0",
        num_class: "0",
        num_feature: features,
        num_target: "1",
      }),
      objective: '{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}',
    }),
    version: "[1,7,4]",
  });
}

function exportTree(forest: Forest, root: number, id: number, more: number, features: string): string {
  const order: number[] = [];
  const parents: number[] = [];
  const places = new Map<number, number>();
  // Parents before children, by levels, as XGBoost numbers them.
  const queue: [number, number][] = [[root, NO_PARENT]];
  for (const [node, parent] of queue) {
    const place = order.push(node) - 1;
    parents.push(parent);
    places.set(node, place);
    if (forest.feature[node]! >= 0) queue.push([forest.left[node]!, place], [forest.right[node]!, place]);
  }
  const isLeaf = (node: number) => forest.feature[node]! < 0;
  const childOf = (children: Int32Array) => order.map((node) => (isLeaf(node) ? -1 : places.get(children[node]!)!));
  const whole = (of: (node: number) => number) => JSON.stringify(order.map(of));
  const floats = (of: (node: number) => number) => `[${order.map((node) => of(node).toExponential()).join()}]`;
  return objectOf({
    base_weights: floats(() => 0),
    categories: "[]",
    categories_nodes: "[]",
    categories_segments: "[]",
    categories_sizes: "[]",
    default_left: whole((node) => forest.missingLeft[node]!),
    id: String(id),
    left_children: JSON.stringify(childOf(forest.left)),
    loss_changes: floats(() => 0),
    parents: JSON.stringify(parents),
    right_children: JSON.stringify(childOf(forest.right)),
    split_conditions: floats((node) => (isLeaf(node) ? forest.value[node]! + more : roundedUp(forest.threshold[node]!))),
    split_indices: whole((node) => Math.max(forest.feature[node]!, 0)),
    split_type: whole(() => 0),
    sum_hessian: floats((node) => forest.cover[node]!),
    tree_param: JSON.stringify({
      num_deleted: "0",
      num_feature: features,
      num_nodes: String(order.length),
      size_leaf_vector: "0",
    }),
  });
}

const NO_PARENT = 2 ** 31 - 1;

/** An object of texts that are JSON already: XGBoost tells 5 from 5e+0, and wants the one or the other, which JSON.stringify does not. */
function objectOf(parts: Readonly<Record<string, string>>): string {
  return `{${Object.entries(parts)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join()}}`;
}

/** The least number of 32 bits that is not below; the lowest for "below every number". */
function roundedUp(threshold: number): number {
  const rounded = Math.fround(threshold);
  if (!Number.isFinite(rounded)) return -LARGEST_FLOAT32;
  return rounded >= threshold ? rounded : -float32Below(-rounded);
}

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;
