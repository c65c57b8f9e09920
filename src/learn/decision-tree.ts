import { seededRandom } from "../math/random.js";
import { binMatrix } from "./bins.js";
import type { Forest } from "./forest.js";
import type { Matrix } from "./matrix.js";
import { NodeList } from "./node-list.js";
import { growTree } from "./tree.js";

export interface DecisionTreeOptions {
  /** Questions from root to leaf at most: what a person can still read. */
  readonly maxDepth: number;
  /** Rows in a leaf at least; a two-hundredth of all rows, and 20 at least, when left out. */
  readonly minLeaf?: number;
  readonly bins: number;
  readonly seed: number;
}

export const DECISION_TREE_DEFAULTS = { maxDepth: 6, bins: 255, seed: 1 } as const satisfies DecisionTreeOptions;

/**
 * One classification tree (Breiman et al., "Classification and Regression Trees", 1984) as a forest of one tree whose values are
 * log-odds. A leaf's share is drawn towards the overall share as if it held two more rows of it (an m-estimate: Cestnik, ECAI 1990),
 * so that a leaf of one label only is no certainty.
 *
 * @param labels 0 or 1, one for each row
 * @throws RangeError without rows or when labels do not fit the rows
 */
export function fitDecisionTree(matrix: Matrix, labels: Uint8Array, options: Partial<DecisionTreeOptions> = {}): Forest {
  const { rows } = matrix;
  if (rows === 0 || labels.length !== rows) throw new RangeError(`There are ${labels.length} labels for ${rows} rows.`);
  const { maxDepth, bins, seed, minLeaf = Math.max(20, Math.ceil(rows / 200)) } = { ...DECISION_TREE_DEFAULTS, ...options };
  const nodes = new NodeList();
  const everyRow = new Uint16Array(rows).fill(1);
  // Every column is tried; of two that divide equally well, the seed decides.
  const random = seededRandom(seed);
  const splitOptions = { maxDepth, minLeaf, featuresPerSplit: matrix.columns.length, random };
  const root = growTree(nodes, binMatrix(matrix, bins), labels, everyRow, splitOptions);
  const { value, cover, ...questions } = nodes.flattened();
  const overall = Math.min(Math.max(value[root]!, 0.5 / rows), 1 - 0.5 / rows);
  const logOdds = value.map((share, node) => {
    const drawnIn = (share * cover[node]! + DRAWN_ROWS * overall) / (cover[node]! + DRAWN_ROWS);
    return Math.log(drawnIn / (1 - drawnIn));
  });
  return { columns: matrix.columns.length, roots: Int32Array.of(root), ...questions, value: logOdds, cover };
}

const DRAWN_ROWS = 2;
