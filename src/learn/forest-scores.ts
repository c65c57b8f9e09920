import type { Forest } from "./forest.js";
import { expectColumns, type Matrix } from "./matrix.js";

/**
 * The probability of each row: the mean over the trees of the share of positives in the leaf that the row falls into.
 *
 * @throws RangeError when the matrix has not as many columns as the forest was grown on
 */
export function forestProbabilities(forest: Forest, matrix: Matrix): Float64Array {
  return leafSums(forest, matrix).map((sum) => sum / forest.roots.length);
}

/**
 * For each row the sum over the trees of the value of the leaf that it falls into.
 *
 * @throws RangeError when the matrix has not as many columns as the forest was grown on
 */
export function leafSums(forest: Forest, matrix: Matrix): Float64Array {
  expectColumns(matrix, forest.columns);
  // Ranking costs some milliseconds once; from a few hundred rows on it is earned back.
  return matrix.rows < 256 ? walkPlainly(forest, matrix) : walkRanked(forest, matrix);
}

/** Row by row, question by question. Both ways add up the same leaves in the same order, so they agree to the last bit. */
export function walkPlainly(
  { feature, threshold, left, right, missingLeft, value, roots }: Forest,
  matrix: Matrix,
): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, row) => {
    let sum = 0;
    for (let node of roots) {
      while (feature[node]! >= 0) {
        const x = matrix.columns[feature[node]!]![row]!;
        // Every comparison with NaN is false, so the two forms differ for a missing value only.
        const goesLeft = missingLeft[node] === 1 ? !(x >= threshold[node]!) : x < threshold[node]!;
        node = goesLeft ? left[node]! : right[node]!;
      }
      sum += value[node]!;
    }
    return sum;
  });
}

/**
 * The same without a branch to mispredict: three to four times faster on 100 trees of depth 8. Each value is replaced by its rank among
 * the forest's thresholds of its column, once per row; a question is then the sign of a difference of two integers, and a leaf
 * answers itself, so that every row takes as many steps as the tree is deep.
 */
export function walkRanked(forest: Forest, matrix: Matrix): Float64Array {
  const { columns, value } = forest;
  const { thresholds, nodes, roots, depths } = compile(forest);
  const width = 2 * columns;
  const ranks = new Int32Array(BLOCK_ROWS * width);
  const sums = new Float64Array(matrix.rows);
  for (let start = 0; start < matrix.rows; start += BLOCK_ROWS) {
    const end = Math.min(start + BLOCK_ROWS, matrix.rows);
    for (let j = 0; j < columns; j++) rankColumn(matrix.columns[j]!, start, end, thresholds[j]!, ranks, j, width);
    for (let tree = 0; tree < roots.length; tree++) {
      const root = roots[tree]!;
      const depth = depths[tree]!;
      // Four rows at a time, for each step waits for the one before it; the block is a multiple of four, and rows past its
      // end are walked for nothing.
      for (let row = start; row < end; row += 4) {
        const a = (row - start) * width;
        const b = a + width;
        const c = b + width;
        const d = c + width;
        let nodeA = root;
        let nodeB = root;
        let nodeC = root;
        let nodeD = root;
        for (let step = 0; step < depth; step++) {
          nodeA = nodes[nodeA + 2 + ((nodes[nodeA + 1]! - ranks[a + nodes[nodeA]!]!) >>> 31)]!;
          nodeB = nodes[nodeB + 2 + ((nodes[nodeB + 1]! - ranks[b + nodes[nodeB]!]!) >>> 31)]!;
          nodeC = nodes[nodeC + 2 + ((nodes[nodeC + 1]! - ranks[c + nodes[nodeC]!]!) >>> 31)]!;
          nodeD = nodes[nodeD + 2 + ((nodes[nodeD + 1]! - ranks[d + nodes[nodeD]!]!) >>> 31)]!;
        }
        sums[row]! += value[nodeA >> 2]!;
        if (row + 1 < end) sums[row + 1]! += value[nodeB >> 2]!;
        if (row + 2 < end) sums[row + 2]! += value[nodeC >> 2]!;
        if (row + 3 < end) sums[row + 3]! += value[nodeD >> 2]!;
      }
    }
  }
  return sums;
}

/** Rows walked through one tree before the next: their ranks and the tree's nodes then both stay in the processor's cache. */
const BLOCK_ROWS = 128;

/** A rank that lies above every threshold's. */
const HIGHEST = 0x3fff_ffff;

/** Nodes as four integers each: which rank is asked, the threshold's place, and the two children (times four). */
function compile({ columns, roots, feature, threshold, left, right, missingLeft }: Forest) {
  const thresholds = thresholdsByColumn(columns, feature, threshold);
  const nodes = new Int32Array(4 * feature.length);
  for (let node = 0; node < feature.length; node++) {
    const asked = feature[node]!;
    if (asked < 0) {
      nodes.set([0, HIGHEST, 4 * node, 4 * node], 4 * node);
      continue;
    }
    // A missing value has two ranks: the lowest among a row's first columns, the highest among its second.
    const place = missingLeft[node] === 1 ? asked : columns + asked;
    nodes.set([place, rankOf(threshold[node]!, thresholds[asked]!) - 1, 4 * left[node]!, 4 * right[node]!], 4 * node);
  }
  const depthOf = (node: number): number => (feature[node]! < 0 ? 0 : 1 + Math.max(depthOf(left[node]!), depthOf(right[node]!)));
  return { thresholds, nodes, roots: roots.map((root) => 4 * root), depths: roots.map(depthOf) };
}

function thresholdsByColumn(columns: number, feature: Int32Array, threshold: Float64Array): Float64Array[] {
  const found = Array.from({ length: columns }, () => new Set<number>());
  for (let node = 0; node < feature.length; node++) found[feature[node]!]?.add(threshold[node]!);
  return found.map((distinct) => Float64Array.from(distinct).sort());
}

function rankColumn(
  column: Float64Array,
  start: number,
  end: number,
  thresholds: Float64Array,
  ranks: Int32Array,
  place: number,
  width: number,
): void {
  for (let row = start; row < end; row++) {
    const x = column[row]!;
    const at = (row - start) * width + place;
    const rank = rankOf(x, thresholds);
    const isMissing = Number.isNaN(x);
    ranks[at] = isMissing ? -1 : rank;
    ranks[at + width / 2] = isMissing ? HIGHEST : rank;
  }
}

/**
 * How many of the ascending thresholds are at most x: x < thresholds[i] exactly where the rank is at most i. The number of steps
 * depends on the number of thresholds only, and none of them is a jump that the processor could mispredict.
 */
function rankOf(x: number, thresholds: Float64Array): number {
  let base = 0;
  let left = thresholds.length;
  if (left === 0) return 0;
  while (left > 1) {
    const half = left >>> 1;
    base += Number(x >= thresholds[base + half - 1]!) * half;
    left -= half;
  }
  return base + Number(x >= thresholds[base]!);
}
