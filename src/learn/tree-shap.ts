import { gaussLegendre, type Quadrature } from "../math/gauss-legendre.js";
import type { Forest } from "./forest.js";
import { expectColumns, type Matrix } from "./matrix.js";
import { tabulatedContributions } from "./shap-tables.js";

/** base + the sum of values[column][row] is what the model answers for the row. */
export interface Contributions {
  readonly base: number;
  /** One array for each column, one value for each row. */
  readonly values: Float64Array[];
}

/**
 * The exact Shapley values of each column in the forest's probability, where a column that is "unknown" follows both branches
 * in proportion to the training rows that took them (path-dependent TreeSHAP: Lundberg et al., "From local explanations to global
 * understanding with explainable AI for trees", Nature Machine Intelligence 2, 2020, algorithm 2).
 *
 * The same numbers are reached on a shorter way. A leaf under a path of distinct columns j is worth
 * v x the product of (z_j + (o_j - z_j) t) when each column is known with probability t: o_j is 1 where the row itself takes the
 * branch, z_j the share of training rows that do. A column's Shapley value is the integral over t of that product's derivative
 * (Owen, "Multilinear extensions of games", Management Science 18, 1972): (o_j - z_j) x the product of the others. This is a
 * polynomial, which Gauss-Legendre quadrature integrates exactly, with 4 points for depth 8. So each node costs 4 numbers where
 * algorithm 2 extends and unwinds a whole path (compare Yu et al., "Linear TreeShap", NeurIPS 2022).
 */
export function forestContributions(forest: Forest, matrix: Matrix): Contributions {
  expectColumns(matrix, forest.columns);
  const isTabulated = matrix.rows >= MANY_ROWS && deepest(forest) <= 8 && forest.cover.every((rows) => rows > 0);
  const values = isTabulated ? tabulatedContributions(forest, matrix) : walkedContributions(forest, matrix);
  for (const column of values) for (let row = 0; row < column.length; row++) column[row]! /= forest.roots.length;
  return { base: expectation(forest), values };
}

/** From here on the tables of shap-tables.ts are earned back. */
const MANY_ROWS = 400;

/** The sum over the trees, row by row. */
function walkedContributions(forest: Forest, matrix: Matrix): Float64Array[] {
  const values = matrix.columns.map(() => new Float64Array(matrix.rows));
  const explain = explainer(forest);
  const row = new Float64Array(forest.columns);
  for (let r = 0; r < matrix.rows; r++) {
    for (let j = 0; j < row.length; j++) row[j] = matrix.columns[j]![r]!;
    const found = explain(row);
    for (let j = 0; j < row.length; j++) values[j]![r] = found[j]!;
  }
  return values;
}

/** What the forest answers for a row of which nothing is known: its leaves, weighed by the training rows in them. */
function expectation({ roots, left, right, cover, value }: Forest): number {
  const below = (node: number): number => {
    const l = left[node]!;
    const r = right[node]!;
    return l < 0 ? value[node]! : (cover[l]! * below(l) + cover[r]! * below(r)) / cover[node]!;
  };
  return roots.reduce((sum, root) => sum + below(root), 0) / roots.length;
}

/** Explains rows one by one; the array it returns holds each column's sum over all trees and is used again for the next row. */
function explainer(forest: Forest): (row: Float64Array) => Float64Array {
  const { feature, threshold, left, right, missingLeft, value, cover, roots } = forest;
  const depth = deepest(forest);
  const { points, weights }: Quadrature = gaussLegendre(Math.max(1, Math.ceil(depth / 2)));
  const size = points.length;
  // At level d of the path, for each point t: the product over the columns asked so far times the point's weight, the sum over
  // the leaves below, and what one unit below is worth to the column asked there.
  const product = new Float64Array((depth + 2) * size);
  const below = new Float64Array((depth + 2) * size);
  const claim = new Float64Array((depth + 2) * size);
  // For each column: whether the row took every branch of the path that asks for it, and the share of training rows that did.
  const taken = new Uint8Array(forest.columns);
  const share = new Float64Array(forest.columns);
  const found = new Float64Array(forest.columns);
  let row: Float64Array = new Float64Array();

  /** Fills below[level] for an inner node. */
  const walk = (node: number, level: number): void => {
    const asked = feature[node]!;
    const x = row[asked]!;
    const goesLeft = missingLeft[node] === 1 ? !(x >= threshold[node]!) : x < threshold[node]!;
    below.fill(0, level * size, (level + 1) * size);
    if (taken[asked] === 1) {
      ask(node, left[node]!, level, asked, goesLeft);
      ask(node, right[node]!, level, asked, !goesLeft);
    } else {
      pass(left[node]!, level, cover[left[node]!]! / cover[node]!);
      pass(right[node]!, level, cover[right[node]!]! / cover[node]!);
    }
  };

  /** Goes on to a child by a column whose branches the row has taken so far. */
  const ask = (node: number, child: number, level: number, asked: number, isTaken: boolean): void => {
    // Nobody came here in training, and neither does the row: the branch counts for nothing.
    if (cover[child] === 0 && !isTaken) return;
    const here = level * size;
    const next = here + size;
    const before = share[asked]!;
    const now = (before * cover[child]!) / cover[node]!;
    for (let k = 0; k < size; k++) {
      const t = points[k]!;
      const old = 1 / (before + (1 - before) * t);
      // z + (o - z) t lies above 0 for every t strictly between 0 and 1, so dividing by it is safe.
      const factor = isTaken ? now + (1 - now) * t : now * (1 - t);
      product[next + k] = product[here + k]! * factor * old;
      // The leaves below owe this to the column, less what its earlier question on the path will claim for them.
      claim[here + k] = (isTaken ? (1 - now) / factor : -1 / (1 - t)) - (1 - before) * old;
    }
    share[asked] = now;
    taken[asked] = isTaken ? 1 : 0;
    visit(child, level + 1);
    taken[asked] = 1;
    share[asked] = before;
    let owed = 0;
    for (let k = 0; k < size; k++) {
      const sum = below[next + k]!;
      owed += sum * claim[here + k]!;
      below[here + k]! += sum;
    }
    found[asked]! += owed;
  };

  /** Goes on by a column that the row has left this path by: (0 - z) / (z - z t) is the same for any z, so nothing new is owed. */
  const pass = (child: number, level: number, ratio: number): void => {
    const here = level * size;
    const next = here + size;
    for (let k = 0; k < size; k++) product[next + k] = product[here + k]! * ratio;
    visit(child, level + 1);
    for (let k = 0; k < size; k++) below[here + k]! += below[next + k]!;
  };

  const visit = (node: number, level: number): void => {
    if (feature[node]! >= 0) {
      walk(node, level);
      return;
    }
    const answer = value[node]!;
    for (let i = level * size; i < (level + 1) * size; i++) below[i] = product[i]! * answer;
  };

  return (given) => {
    row = given;
    found.fill(0);
    share.fill(1);
    taken.fill(1);
    product.set(weights);
    for (const root of roots) visit(root, 0);
    return found;
  };
}

function deepest({ roots, left, right }: Forest): number {
  const from = (node: number): number => (left[node]! < 0 ? 0 : 1 + Math.max(from(left[node]!), from(right[node]!)));
  return roots.reduce((most, root) => Math.max(most, from(root)), 0);
}
