import { seededRandom, shuffle } from "../math/random.js";
import { binMatrix, MAX_BINS } from "./bins.js";
import { type BoostedTreeOptions, growBoostedTree, packGradients, workspaceOf } from "./boosted-tree.js";
import type { Forest } from "./forest.js";
import { sigmoid } from "./logistic.js";
import type { Matrix } from "./matrix.js";
import { NodeList } from "./node-list.js";

/** log-odds = base + the sum of the leaves that a row falls into, one of each tree. */
export interface BoostedTrees {
  readonly base: number;
  /** Its values are parts of log-odds, the learning rate included. */
  readonly forest: Forest;
}

export interface BoostingOptions extends BoostedTreeOptions {
  /** Trees at most. */
  readonly rounds: number;
  /** The share of rows that each tree is grown on, drawn anew. */
  readonly subsample: number;
  /** The share of columns that each tree may ask, drawn anew. */
  readonly columnSample: number;
  readonly bins: number;
  readonly seed: number;
  /** Stops when the log-loss on rows that are not grown on has not fallen for `patience` rounds, and keeps the best round's trees. */
  readonly earlyStopping?: { readonly heldOut: Int32Array; readonly patience: number };
  /** Told the share of rounds that are done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Asked before each round. */
  readonly cancelled?: () => boolean;
}

/**
 * Shallow and slow: on churn samples of some thousand rows depth 3 with many small steps ranks as well as anything deeper.
 */
export const BOOSTING_DEFAULTS = {
  rounds: 300,
  maxDepth: 3,
  learningRate: 0.05,
  lambda: 1,
  gamma: 0,
  minChildWeight: 5,
  subsample: 0.8,
  columnSample: 0.8,
  bins: MAX_BINS,
  seed: 1,
} as const satisfies BoostingOptions;

/**
 * Gradient-boosted trees for the logistic loss (Friedman, "Greedy function approximation: a gradient boosting machine", Annals of
 * Statistics 29, 2001; second order and regularised as in Chen & Guestrin 2016). The same input and seed give the same trees, byte
 * for byte.
 *
 * @param labels 0 or 1, one for each row
 * @throws RangeError without rows of both labels or when labels do not fit the rows; Error named "AbortError" when cancelled
 */
export function fitBoosted(matrix: Matrix, labels: Uint8Array, options: Partial<BoostingOptions> = {}): BoostedTrees {
  const { rounds, subsample, columnSample, bins, seed, earlyStopping, onProgress, cancelled, ...treeOptions } = {
    ...BOOSTING_DEFAULTS,
    ...options,
  };
  const { rows } = matrix;
  if (labels.length !== rows) throw new RangeError(`There are ${labels.length} labels for ${rows} rows.`);
  const heldOut = new Uint8Array(rows);
  for (const row of earlyStopping?.heldOut ?? []) heldOut[row] = 1;
  const base = logOddsOfShare(labels, heldOut);
  const binned = binMatrix(matrix, bins);
  const random = seededRandom(seed);
  const nodes = new NodeList();
  const roots: number[] = [];
  const margins = new Float64Array(rows).fill(base);
  const first = new Float64Array(rows);
  const second = new Float64Array(rows);
  const everyColumn = Int32Array.from(matrix.columns.keys());
  const columnCount = Math.max(1, Math.round(columnSample * matrix.columns.length));
  const workspace = workspaceOf(binned, Math.min(columnCount, matrix.columns.length), treeOptions.maxDepth);
  const rowOrder = { drawn: new Int32Array(rows), others: new Int32Array(rows) };
  let best = { loss: Number.POSITIVE_INFINITY, trees: 0, nodes: 0 };

  for (let round = 0; round < rounds; round++) {
    if (cancelled?.()) throw new DOMException("The training was cancelled.", "AbortError");
    const [drawn, others] = drawRows(heldOut, subsample, random, rowOrder);
    for (let row = 0; row < rows; row++) {
      const p = sigmoid(margins[row]!);
      first[row] = p - labels[row]!;
      second[row] = p * (1 - p);
    }
    const columns = drawColumns(everyColumn, columnSample, random);
    const addValue = (value: number, members: Int32Array, passers: Int32Array) => {
      for (let i = 0; i < members.length; i++) margins[members[i]!]! += value;
      for (let i = 0; i < passers.length; i++) margins[passers[i]!]! += value;
    };
    const gradients = packGradients(first, second, workspace.packed);
    roots.push(growBoostedTree(nodes, binned, gradients, drawn, others, columns, treeOptions, workspace, addValue));
    onProgress?.((round + 1) / rounds);
    if (!earlyStopping) continue;
    const loss = lossOver(earlyStopping.heldOut, margins, labels);
    if (loss < best.loss) best = { loss, trees: roots.length, nodes: nodes.length };
    else if (roots.length - best.trees >= earlyStopping.patience) break;
  }
  const kept = earlyStopping ? best : { trees: roots.length, nodes: nodes.length };
  return {
    base,
    forest: {
      columns: matrix.columns.length,
      roots: Int32Array.from(roots.slice(0, kept.trees)),
      ...nodes.flattened(kept.nodes),
    },
  };
}

function logOddsOfShare(labels: Uint8Array, heldOut: Uint8Array): number {
  let positives = 0;
  let rows = 0;
  for (let row = 0; row < labels.length; row++) {
    if (heldOut[row] === 1) continue;
    positives += labels[row]!;
    rows++;
  }
  if (positives === 0 || positives === rows) {
    throw new RangeError(`Boosting needs rows of both labels, not ${positives} of ${rows}.`);
  }
  return Math.log(positives / (rows - positives));
}

/** Those drawn, and all others; where chance draws none, all that may be drawn. */
function drawRows(
  heldOut: Uint8Array,
  share: number,
  random: () => number,
  into: { readonly drawn: Int32Array; readonly others: Int32Array },
): [Int32Array, Int32Array] {
  const { drawn, others } = into;
  let drawnCount = 0;
  let othersCount = 0;
  for (let row = 0; row < heldOut.length; row++) {
    if (heldOut[row] === 0 && (share >= 1 || random() < share)) drawn[drawnCount++] = row;
    else others[othersCount++] = row;
  }
  if (drawnCount === 0 && share < 1) return drawRows(heldOut, 1, random, into);
  return [drawn.subarray(0, drawnCount), others.subarray(0, othersCount)];
}

function drawColumns(everyColumn: Int32Array, share: number, random: () => number): Int32Array {
  if (share >= 1) return everyColumn;
  const order = everyColumn.slice();
  shuffle(order, random);
  return order.subarray(0, Math.max(1, Math.round(share * order.length))).sort();
}

function lossOver(rows: Int32Array, margins: Float64Array, labels: Uint8Array): number {
  let loss = 0;
  for (const row of rows) {
    const x = margins[row]!;
    loss += Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - labels[row]! * x;
  }
  return loss;
}
