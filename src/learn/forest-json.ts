import type { Forest } from "./forest.js";
import { expectColumns, type Matrix } from "./matrix.js";
import { NodeList } from "./node-list.js";

/** The JSON of ml-random-forest 2.1.0's RandomForestClassifier, as its `toJSON` writes and its `load` reads. */
export interface MlRandomForest {
  readonly name: "RFClassifier";
  readonly baseModel: {
    /** For each tree the columns it sees, in the order in which its nodes number them. */
    readonly indexes: number[][];
    readonly n: number;
    readonly replacement: boolean;
    readonly maxFeatures: number;
    readonly nEstimators: number;
    readonly treeOptions: object;
    readonly isClassifier: true;
    readonly seed: number;
    readonly estimators: { readonly name: "DTClassifier"; readonly options: object; readonly root: MlNode }[];
    readonly useSampleBagging: boolean;
  };
}

/** A leaf has a distribution (one row: the share of each label), any other node a split. */
export interface MlNode {
  readonly distribution?: readonly (readonly number[])[];
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly gain?: number;
  readonly numberSamples?: number;
  readonly left?: MlNode;
  readonly right?: MlNode;
}

/**
 * Writes a forest so that `RandomForestClassifier.load` votes as forestVotes does, row for row. Its `predictProbability` counts
 * votes, which is another number than forestProbabilities.
 *
 * That package knows no missing values: NaN goes right at every node there. Impute them before rows are given to the loaded
 * forest, and grow the forest on imputed rows, or the two will part on rows with gaps.
 */
export function exportForest(forest: Forest, seed = 0): MlRandomForest {
  const everyColumn = Array.from({ length: forest.columns }, (_, column) => column);
  const options = {
    kind: "classifier",
    gainFunction: "gini",
    splitFunction: "mean",
    minNumSamples: 1,
    maxDepth: 64,
    gainThreshold: 0,
  };
  return {
    name: "RFClassifier",
    baseModel: {
      indexes: Array.from(forest.roots, () => everyColumn),
      n: forest.columns,
      replacement: false,
      maxFeatures: forest.columns,
      nEstimators: forest.roots.length,
      treeOptions: options,
      isClassifier: true,
      seed,
      estimators: Array.from(forest.roots, (root) => ({ name: "DTClassifier", options, root: exportNode(forest, root) })),
      useSampleBagging: true,
    },
  };
}

/**
 * Reads a forest that ml-random-forest has trained on labels 0 and 1. It keeps no count of the rows in a leaf: a leaf without
 * one takes what its parent has left, or half of it, so explanations of imported forests are approximate while votes are exact.
 *
 * @param columns how many columns a row has
 * @throws Error when the JSON is not such a forest, names a column that is not there, or knows more labels than two
 */
export function importForest(json: MlRandomForest, columns: number): Forest {
  if (json?.name !== "RFClassifier" || json.baseModel?.isClassifier !== true || !Array.isArray(json.baseModel.estimators)) {
    throw new Error("This is not the JSON of a RandomForestClassifier.");
  }
  const nodes = new NodeList();
  const roots = json.baseModel.estimators.map(({ root }, tree) => {
    const seen = json.baseModel.indexes[tree];
    if (!root || !seen) throw new Error(`Tree ${tree} has no root or no columns.`);
    return importNode(nodes, root, seen, columns, root.numberSamples ?? 1);
  });
  return { columns, roots: Int32Array.from(roots), ...nodes.flattened() };
}

/**
 * What ml-random-forest's `predict` answers: each tree votes for the label of most rows in the leaf (0 when equal), and the label
 * with most votes wins; of two with equally many, the one that reached that number first in the order of the trees.
 */
export function forestVotes(forest: Forest, matrix: Matrix): Uint8Array {
  expectColumns(matrix, forest.columns);
  const { feature, threshold, left, right, missingLeft, value, roots } = forest;
  return Uint8Array.from({ length: matrix.rows }, (_, row) => {
    const votes = [0, 0];
    let winner = 0;
    let most = 0;
    for (let node of roots) {
      while (feature[node]! >= 0) {
        const x = matrix.columns[feature[node]!]![row]!;
        const goesLeft = missingLeft[node] === 1 ? !(x >= threshold[node]!) : x < threshold[node]!;
        node = goesLeft ? left[node]! : right[node]!;
      }
      const vote = value[node]! > 0.5 ? 1 : 0;
      const count = ++votes[vote]!;
      if (count > most) {
        most = count;
        winner = vote;
      }
    }
    return winner;
  });
}

function exportNode(forest: Forest, node: number): MlNode {
  const positive = forest.value[node]!;
  if (forest.feature[node]! < 0) return { distribution: [[1 - positive, positive]] };
  const left = forest.left[node]!;
  const right = forest.right[node]!;
  const weightedImpurity = (child: number) => (gini(forest.value[child]!) * forest.cover[child]!) / forest.cover[node]!;
  return {
    splitColumn: forest.feature[node]!,
    splitValue: forest.threshold[node]!,
    gain: gini(positive) - weightedImpurity(left) - weightedImpurity(right),
    numberSamples: forest.cover[node]!,
    left: exportNode(forest, left),
    right: exportNode(forest, right),
  };
}

function importNode(nodes: NodeList, node: MlNode, seen: readonly number[], columns: number, cover: number): number {
  if (node.distribution !== undefined) {
    const [shares] = node.distribution;
    if (!shares || shares.length < 1 || shares.length > 2) throw new Error("A leaf knows other labels than 0 and 1.");
    const [none, some = 0] = shares;
    // The package adds up 1/n; the quotient undoes its rounding, so that a draw stays a draw.
    return nodes.add(cover, some / (none! + some));
  }
  const { left, right, splitColumn, splitValue } = node;
  const column = seen[splitColumn ?? -1];
  if (!left || !right || column === undefined || splitValue === undefined || !(column >= 0 && column < columns)) {
    throw new Error("A node has neither a distribution nor a split of a column that is there.");
  }
  const leftCover =
    left.numberSamples ?? Math.max(0, right.numberSamples === undefined ? cover / 2 : cover - right.numberSamples);
  const place = nodes.add(cover, 0);
  const leftPlace = importNode(nodes, left, seen, columns, leftCover);
  const rightPlace = importNode(nodes, right, seen, columns, right.numberSamples ?? Math.max(0, cover - leftCover));
  nodes.split(place, { column, threshold: splitValue, missingLeft: false }, leftPlace, rightPlace);
  return place;
}

function gini(share: number): number {
  return 2 * share * (1 - share);
}
