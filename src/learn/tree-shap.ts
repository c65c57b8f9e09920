import type { Forest } from "./forest.js";
import { depthOfTree } from "./forest-scores.js";
import { expectColumns, type Matrix } from "./matrix.js";
import { EDGE_SIZE, type Pass, POINTS, planOf, type ShapPlan } from "./shap-plan.js";
import { addByTables, DEEPEST_TABLE } from "./shap-table.js";

/** base + the sum of values[column][row] is what the model answers for the row. */
export interface Contributions {
  readonly base: number;
  /** One array for each column, one value for each row. */
  readonly values: Float64Array[];
}

/** leafContributions of the forest's probability, which is a mean over the trees. */
export function forestContributions(forest: Forest, matrix: Matrix): Contributions {
  const { base, values } = leafContributions(forest, matrix);
  for (const column of values) for (let row = 0; row < column.length; row++) column[row]! /= forest.roots.length;
  return { base: base / forest.roots.length, values };
}

/**
 * The exact Shapley values of each column in the sum of the leaves that a row falls into, where a column that is "unknown" follows
 * both branches in proportion to the training rows that took them (path-dependent TreeSHAP: Lundberg et al., "From local explanations
 * to global understanding with explainable AI for trees", Nature Machine Intelligence 2, 2020, algorithm 2).
 *
 * The same numbers are reached on a shorter way. A leaf under a path of distinct columns j is worth
 * v x the product of (z_j + (o_j - z_j) t) when each column is known with probability t: o_j is 1 where the row itself takes the
 * branch, z_j the share of training rows that do. A column's Shapley value is the integral over t of that product's derivative
 * (Owen, "Multilinear extensions of games", Management Science 18, 1972): (o_j - z_j) x the product of the others. This is a
 * polynomial, which Gauss-Legendre quadrature integrates exactly, with 4 points for depth 8 (compare Yu et al., "Linear TreeShap",
 * NeurIPS 2022). Whatever of this does not depend on the row is worked out once per forest (shap-plan.ts). What is left for each node
 * is to multiply on the way down and to add on the way up, without recursion: some 2 ms for a row and 200 trees of depth 8 on a busy
 * machine, where the same integrals by a recursive walk take ten times as long.
 *
 * @throws RangeError when the matrix has not as many columns as the forest was grown on
 */
export function leafContributions(forest: Forest, matrix: Matrix): Contributions {
  expectColumns(matrix, forest.columns);
  const { rows } = matrix;
  const width = forest.columns;
  const found = new Float64Array(rows * width);
  const byTables = rows >= FEWEST_ROWS_FOR_TABLES && forest.roots.every((root) => depthOfTree(forest, root) <= DEEPEST_TABLE);
  return {
    base: byTables ? addByTables(forest, matrix, found) : addByPlan(planOf(forest), matrix, found),
    values: matrix.columns.map((_, j) => Float64Array.from({ length: rows }, (_, row) => found[row * width + j]!)),
  };
}

/** From so many rows on tables (shap-table.ts) are made for trees that are not too deep: rows then take a sixth of the time. */
const FEWEST_ROWS_FOR_TABLES = 500;

function addByPlan(plan: ShapPlan, { rows, columns }: Matrix, found: Float64Array): number {
  const width = columns.length;
  const given = new Float64Array(rows * width);
  for (const [j, column] of columns.entries()) for (let row = 0; row < rows; row++) given[row * width + j] = column[row]!;
  const explain = treeExplainer(plan);
  // Trees outside, rows inside: a tree's plan is then read from memory once for all rows.
  for (let tree = 0; tree + 1 < plan.starts.length; tree++) {
    for (const points of plan.passes) for (let row = 0; row < rows; row++) explain(tree, points, given, found, row * width);
  }
  return plan.base;
}

/**
 * Adds what one tree owes to the columns of the row whose values, and sums, begin at `offset`. The four points are written out, for a
 * loop over them takes twice as long.
 */
function treeExplainer(plan: ShapPlan) {
  const { starts, feature, threshold, missingLeft, right, bit, parent, asked, leafValue } = plan;
  const sums = new Float64Array(plan.mostNodes * POINTS);
  const pattern = new Int32Array(plan.mostNodes);
  const variant = new Int32Array(plan.mostNodes);

  return (tree: number, { weights, edges }: Pass, given: Float64Array, found: Float64Array, offset: number): void => {
    const start = starts[tree]!;
    const count = starts[tree + 1]! - start;
    pattern[0] = -1;
    sums[0] = weights[0]!;
    sums[1] = weights[1]!;
    sums[2] = weights[2]!;
    sums[3] = weights[3]!;
    // Down: which branches the row takes, and the product over the columns asked so far.
    for (let i = 0; i < count; i++) {
      const node = start + i;
      const at = i * POINTS;
      const column = feature[node]!;
      if (column < 0) {
        const value = leafValue[node]!;
        sums[at]! *= value;
        sums[at + 1]! *= value;
        sums[at + 2]! *= value;
        sums[at + 3]! *= value;
        continue;
      }
      const x = given[offset + column]!;
      const goesLeft = missingLeft[node] === 1 ? !(x >= threshold[node]!) : x < threshold[node]!;
      const mask = pattern[i]!;
      const asks = bit[node]!;
      const isOn = (mask & asks) !== 0;
      const l = i + 1;
      const r = right[node]!;
      pattern[l] = goesLeft ? mask : mask & ~asks;
      pattern[r] = goesLeft ? mask & ~asks : mask;
      const leftEdge = (start + l) * EDGE_SIZE + (isOn ? (goesLeft ? 0 : 8) : 16);
      const rightEdge = (start + r) * EDGE_SIZE + (isOn ? (goesLeft ? 8 : 0) : 16);
      variant[l] = leftEdge + 4;
      variant[r] = rightEdge + 4;
      const a = sums[at]!;
      const b = sums[at + 1]!;
      const c = sums[at + 2]!;
      const d = sums[at + 3]!;
      sums[at] = 0;
      sums[at + 1] = 0;
      sums[at + 2] = 0;
      sums[at + 3] = 0;
      const atLeft = l * POINTS;
      sums[atLeft] = a * edges[leftEdge]!;
      sums[atLeft + 1] = b * edges[leftEdge + 1]!;
      sums[atLeft + 2] = c * edges[leftEdge + 2]!;
      sums[atLeft + 3] = d * edges[leftEdge + 3]!;
      const atRight = r * POINTS;
      sums[atRight] = a * edges[rightEdge]!;
      sums[atRight + 1] = b * edges[rightEdge + 1]!;
      sums[atRight + 2] = c * edges[rightEdge + 2]!;
      sums[atRight + 3] = d * edges[rightEdge + 3]!;
    }
    // Up: the sum over the leaves below, and what of it each edge's column is owed.
    for (let i = count - 1; i > 0; i--) {
      const at = i * POINTS;
      const above = parent[start + i]! * POINTS;
      const claims = variant[i]!;
      const a = sums[at]!;
      const b = sums[at + 1]!;
      const c = sums[at + 2]!;
      const d = sums[at + 3]!;
      sums[above]! += a;
      sums[above + 1]! += b;
      sums[above + 2]! += c;
      sums[above + 3]! += d;
      found[offset + asked[start + i]!]! +=
        a * edges[claims]! + b * edges[claims + 1]! + c * edges[claims + 2]! + d * edges[claims + 3]!;
    }
  };
}
