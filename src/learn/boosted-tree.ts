import type { BinnedMatrix } from "./bins.js";
import type { NodeList } from "./node-list.js";
import type { Split } from "./split.js";
import { partition } from "./tree.js";

export interface BoostedTreeOptions {
  /** Questions from root to leaf at most. */
  readonly maxDepth: number;
  /** Held against a leaf's value: it becomes -G / (H + lambda). */
  readonly lambda: number;
  /** What a split has to gain: G² / (H + lambda) of both sides, less that of the whole. */
  readonly gamma: number;
  /** The least sum of second derivatives on either side. */
  readonly minChildWeight: number;
  /** What a leaf's value is multiplied by. */
  readonly learningRate: number;
}

/** The loss's first and second derivative by each row's margin, and both as one number for histograms. */
export interface Gradients {
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** first x firstScale x SECOND + second x secondScale, both whole numbers. */
  readonly packed: Float64Array;
  readonly firstScale: number;
  readonly secondScale: number;
}

/**
 * Packed into one float64, the second derivative's units below and the first's above, so that one addition sums both exactly: sums
 * then do not depend on the order of the rows, and a sibling's histogram is the parent's less the other's, without an error.
 */
const UNITS = 2 ** 26;

/** Memory that one tree after another is grown in: made anew for each, it would be most of what is thrown away. */
export interface Workspace {
  readonly packed: Float64Array;
  readonly aside: Int32Array;
  readonly gathered: Float64Array;
  /** Histograms that are not in use. */
  readonly free: Float64Array[];
}

export function workspaceOf({ rows, edges }: BinnedMatrix, columns: number, maxDepth: number): Workspace {
  const most = edges.map(({ length }) => length + 2).sort((a, b) => b - a);
  const size = most.slice(0, columns).reduce((sum, bins) => sum + bins, 0);
  return {
    packed: new Float64Array(rows),
    aside: new Int32Array(rows),
    gathered: new Float64Array(rows),
    free: Array.from({ length: maxDepth + 1 }, () => new Float64Array(size)),
  };
}

/**
 * Packs derivatives as finely as 26 bits allow for their sums over all rows. What rounding takes from one row is given to the next,
 * so that with a million rows, where a row has some hundred units, sums still come out right to a unit or so.
 */
export function packGradients(first: Float64Array, second: Float64Array, packed: Float64Array): Gradients {
  let sumFirst = 0;
  let sumSecond = 0;
  for (let row = 0; row < first.length; row++) {
    sumFirst += Math.abs(first[row]!);
    sumSecond += second[row]!;
  }
  const room = UNITS - 2 - first.length;
  const firstScale = room / Math.max(sumFirst, Number.MIN_VALUE * UNITS);
  const secondScale = room / Math.max(sumSecond, Number.MIN_VALUE * UNITS);
  let restFirst = 0;
  let restSecond = 0;
  for (let row = 0; row < first.length; row++) {
    const exactFirst = first[row]! * firstScale + restFirst;
    const exactSecond = second[row]! * secondScale + restSecond;
    const wholeFirst = Math.floor(exactFirst);
    const wholeSecond = Math.floor(exactSecond);
    restFirst = exactFirst - wholeFirst;
    restSecond = exactSecond - wholeSecond;
    packed[row] = wholeFirst * UNITS + wholeSecond;
  }
  return { first, second, packed, firstScale, secondScale };
}

/**
 * Grows one tree that lowers the loss by its second-order expansion (Chen & Guestrin, "XGBoost: a scalable tree boosting system",
 * KDD 2016, equations 6 and 7, without the factor of a half, as XGBoost itself computes it), and appends its nodes, parents before
 * children. Missing values go to the side where they gain more.
 *
 * @param rows those to grow on; `others` only find their leaf. Both are reordered
 * @param columns which columns may be asked, ascending
 * @param onLeaf told each leaf's value and the rows of either kind in it
 * @returns the number of the tree's root
 */
export function growBoostedTree(
  nodes: NodeList,
  binned: BinnedMatrix,
  gradients: Gradients,
  rows: Int32Array,
  others: Int32Array,
  columns: Int32Array,
  options: BoostedTreeOptions,
  { aside, gathered, free }: Workspace,
  onLeaf: (value: number, rows: Int32Array, others: Int32Array) => void,
): number {
  const { maxDepth, lambda, learningRate } = options;
  const { first, second, packed } = gradients;
  const starts = histogramStarts(binned, columns);
  const histogramOf = (members: Int32Array): Float64Array => {
    const histogram = free.pop()!;
    fillHistogram(histogram, binned, columns, starts, members, packed, gathered);
    return histogram;
  };

  const leafValue = (members: Int32Array): number => {
    let sumFirst = 0;
    let sumSecond = 0;
    for (let i = 0; i < members.length; i++) {
      sumFirst += first[members[i]!]!;
      sumSecond += second[members[i]!]!;
    }
    return (-learningRate * sumFirst) / (sumSecond + lambda);
  };

  /** Takes over the histogram of the members; null where none is needed any more. */
  const grow = (members: Int32Array, passers: Int32Array, depth: number, histogram: Float64Array | null): number => {
    const split = histogram && bestBoostedSplit(binned, columns, starts, histogram, gradients, options);
    if (!split) {
      if (histogram) free.push(histogram);
      const value = leafValue(members);
      onLeaf(value, members, passers);
      return nodes.add(members.length, value);
    }
    const node = nodes.add(members.length, 0);
    const bins = binned.columns[split.column]!;
    const middle = partition(members, bins, split, aside);
    const passersMiddle = partition(passers, bins, split, aside);
    const [leftRows, rightRows] = [members.subarray(0, middle), members.subarray(middle)];
    let left: Float64Array | null = null;
    let right: Float64Array | null = null;
    if (depth + 1 < maxDepth) {
      const smaller = histogramOf(leftRows.length <= rightRows.length ? leftRows : rightRows);
      for (let i = 0; i < starts[columns.length]!; i++) histogram[i]! -= smaller[i]!;
      [left, right] = leftRows.length <= rightRows.length ? [smaller, histogram] : [histogram, smaller];
    } else {
      free.push(histogram);
    }
    const leftNode = grow(leftRows, passers.subarray(0, passersMiddle), depth + 1, left);
    const rightNode = grow(rightRows, passers.subarray(passersMiddle), depth + 1, right);
    nodes.split(node, split, leftNode, rightNode);
    return node;
  };
  return grow(rows, others, 0, maxDepth > 0 ? histogramOf(rows) : null);
}

/** Where each column's bins begin; bin 0 is for missing values. */
function histogramStarts(binned: BinnedMatrix, columns: Int32Array): Int32Array {
  const starts = new Int32Array(columns.length + 1);
  for (let i = 0; i < columns.length; i++) starts[i + 1] = starts[i]! + binned.edges[columns[i]!]!.length + 2;
  return starts;
}

/** Four columns at a time, for each row's number is then read once for the four: a third faster than one by one. */
function fillHistogram(
  histogram: Float64Array,
  binned: BinnedMatrix,
  columns: Int32Array,
  starts: Int32Array,
  rows: Int32Array,
  packed: Float64Array,
  gathered: Float64Array,
): void {
  histogram.fill(0, 0, starts[columns.length]!);
  const count = rows.length;
  for (let i = 0; i < count; i++) gathered[i] = packed[rows[i]!]!;
  let c = 0;
  for (; c + 4 <= columns.length; c += 4) {
    const binsA = binned.columns[columns[c]!]!;
    const binsB = binned.columns[columns[c + 1]!]!;
    const binsC = binned.columns[columns[c + 2]!]!;
    const binsD = binned.columns[columns[c + 3]!]!;
    const startA = starts[c]!;
    const startB = starts[c + 1]!;
    const startC = starts[c + 2]!;
    const startD = starts[c + 3]!;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const sum = gathered[i]!;
      histogram[startA + binsA[row]!]! += sum;
      histogram[startB + binsB[row]!]! += sum;
      histogram[startC + binsC[row]!]! += sum;
      histogram[startD + binsD[row]!]! += sum;
    }
  }
  for (; c < columns.length; c++) {
    const bins = binned.columns[columns[c]!]!;
    const start = starts[c]!;
    for (let i = 0; i < count; i++) histogram[start + bins[rows[i]!]!]! += gathered[i]!;
  }
}

function bestBoostedSplit(
  binned: BinnedMatrix,
  columns: Int32Array,
  starts: Int32Array,
  histogram: Float64Array,
  { firstScale, secondScale }: Gradients,
  { lambda, gamma, minChildWeight }: BoostedTreeOptions,
): Split | null {
  // All in units: a score in units is the true one times firstScale² / secondScale.
  const held = lambda * secondScale;
  const leastWeight = minChildWeight * secondScale;
  let total = 0;
  for (let i = 0; i < starts[1]!; i++) total += histogram[i]!;
  const totalFirst = Math.floor(total / UNITS);
  const totalSecond = total - totalFirst * UNITS;
  // Rounding alone must not look like a gain.
  let most = totalFirst ** 2 / (totalSecond + held) + Math.max(gamma, 1e-9) * (firstScale ** 2 / secondScale);
  let best: Split | null = null;

  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!;
    const edges = binned.edges[column]!;
    const start = starts[c]!;
    const missing = histogram[start]!;
    let left = 0;
    // Bin 0 as the first step: missing left, everything known right.
    for (let bin = missing === 0 ? 1 : 0; bin <= edges.length; bin++) {
      const here = histogram[start + bin]!;
      if (here === 0) continue;
      if (bin > 0) left += here;
      for (let side = missing === 0 || bin === 0 ? 1 : 0; side < 2; side++) {
        const sum = side === 1 ? left + missing : left;
        const leftFirst = Math.floor(sum / UNITS);
        const leftSecond = sum - leftFirst * UNITS;
        const rightFirst = totalFirst - leftFirst;
        const rightSecond = totalSecond - leftSecond;
        if (leftSecond < leastWeight || rightSecond < leastWeight || leftSecond === 0 || rightSecond === 0) continue;
        const score = leftFirst ** 2 / (leftSecond + held) + rightFirst ** 2 / (rightSecond + held);
        if (score <= most) continue;
        most = score;
        best = {
          column,
          below: bin + 1,
          // Below every known number, and unlike -Infinity it survives JSON.
          threshold: bin === 0 ? -Number.MAX_VALUE : edges[bin - 1]!,
          missingLeft: missing === 0 ? 2 * leftSecond > totalSecond : side === 1,
        };
      }
    }
  }
  return best;
}
