import { describe, expect, it } from "vitest";
import { fitBoosted } from "../../src/learn/boosting.js";
import { type Forest, fitForest } from "../../src/learn/forest.js";
import { forestProbabilities } from "../../src/learn/forest-scores.js";
import { forestContributions, leafContributions } from "../../src/learn/tree-shap.js";
import { synthetic } from "./synthetic.js";

describe("TreeSHAP", () => {
  // Depth 7 with few columns asks the same column again and again on one path.
  it.each([1, 2, 3, 6])("is Shapley's value over every subset of %d columns", (columns) => {
    const { matrix, labels } = synthetic(600, columns, 50 + columns, 0.2);
    const forest = fitForest(matrix, labels, { trees: 3, maxDepth: 7, minLeaf: 4, seed: columns });
    const tried = { rows: 40, columns: matrix.columns.map((column) => column.subarray(0, 40)) };
    const { values } = forestContributions(forest, tried);
    for (let row = 0; row < tried.rows; row++) {
      const expected = shapley(
        forest,
        tried.columns.map((column) => column[row]!),
      );
      for (const [column, value] of expected.entries()) expect(values[column]![row]).toBeCloseTo(value, 12);
    }
  });

  it("is Shapley's value of boosted trees, in log-odds", () => {
    const { matrix, labels } = synthetic(600, 6, 56, 0.2);
    const { forest } = fitBoosted(matrix, labels, { rounds: 4, maxDepth: 5, minChildWeight: 1, learningRate: 0.3 });
    const tried = { rows: 40, columns: matrix.columns.map((column) => column.subarray(0, 40)) };
    const { values } = leafContributions(forest, tried);
    for (let row = 0; row < tried.rows; row++) {
      const expected = shapley(
        forest,
        tried.columns.map((column) => column[row]!),
      );
      for (const [column, value] of expected.entries()) expect(values[column]![row]).toBeCloseTo(4 * value, 12);
    }
  });

  it("is the same for a row alone as among many", () => {
    const { matrix, labels } = synthetic(1000, 7, 55, 0.2);
    const forest = fitForest(matrix, labels, { trees: 5, maxDepth: 8, minLeaf: 4 });
    const many = forestContributions(forest, matrix);
    for (const row of [0, 1, 999]) {
      const alone = forestContributions(forest, {
        rows: 1,
        columns: matrix.columns.map((column) => column.subarray(row, row + 1)),
      });
      expect(alone.base).toBe(many.base);
      expect(alone.values.map((column) => column[0])).toEqual(many.values.map((column) => column[row]));
    }
  });

  it.each([8, 12])("adds up to the probability at depth %d, missing values included", (maxDepth) => {
    const { matrix, labels } = synthetic(2000, 20, 60, 0.2);
    const forest = fitForest(matrix, labels, { trees: 20, maxDepth, minLeaf: 2 });
    const tried = { rows: 200, columns: matrix.columns.map((column) => column.subarray(0, 200)) };
    const { base, values } = forestContributions(forest, tried);
    const probabilities = forestProbabilities(forest, tried);
    for (let row = 0; row < tried.rows; row++) {
      const sum = values.reduce((total, column) => total + column[row]!, base);
      expect(Math.abs(sum - probabilities[row]!)).toBeLessThan(1e-12);
    }
    expect(tried.columns[2]!.some(Number.isNaN)).toBe(true);
  });

  it.each([1, 2, 3, 6])("is the same by the tables that many rows of trees of depth %d are explained by", (maxDepth) => {
    // Few columns, so that a path asks for the same one again; gaps; and covers of 0 here and there.
    const { matrix, labels } = synthetic(1_500, 5, 62 + maxDepth, 0.2);
    const { forest: grown } = fitBoosted(matrix, labels, { rounds: 12, maxDepth, minChildWeight: 1, columnSample: 1 });
    const emptied = {
      ...grown,
      cover: balanced(
        grown,
        grown.cover.map((rows, node) => (node % 5 === 1 ? 0 : rows)),
      ),
    };
    for (const forest of [grown, emptied]) {
      const many = leafContributions(forest, matrix);
      const few = { rows: 200, columns: matrix.columns.map((column) => column.subarray(0, 200)) };
      const one = leafContributions(forest, few);
      expect(many.base).toBeCloseTo(one.base, 12);
      for (const [j, column] of one.values.entries())
        for (const [row, value] of column.entries()) expect(Math.abs(many.values[j]![row]! - value)).toBeLessThan(1e-12);
    }
  });

  it("adds up in a forest that has branches in which nobody came in training", () => {
    const { matrix, labels } = synthetic(400, 4, 61, 0.2);
    const grown = fitForest(matrix, labels, { trees: 5, maxDepth: 5, minLeaf: 5 });
    const cover = grown.cover.map((rows, node) => (node % 3 === 1 ? 0 : rows));
    const forest = { ...grown, cover: balanced(grown, cover) };
    const { base, values } = forestContributions(forest, matrix);
    const probabilities = forestProbabilities(forest, matrix);
    for (let row = 0; row < matrix.rows; row++) {
      const sum = values.reduce((total, column) => total + column[row]!, base);
      expect(Math.abs(sum - probabilities[row]!)).toBeLessThan(1e-12);
    }
  });
});

/** Every inner node's cover is made the sum of its children's. */
function balanced({ left, right }: Forest, cover: Float64Array): Float64Array {
  for (let node = cover.length - 1; node >= 0; node--)
    if (left[node]! >= 0) cover[node] = cover[left[node]!]! + cover[right[node]!]!;
  return cover;
}

/** By the definition: each column's mean marginal gain over the subsets of the others. */
function shapley(forest: Forest, row: readonly number[]): number[] {
  const n = row.length;
  const answers = Array.from({ length: 2 ** n }, (_, known) => answer(forest, row, known));
  return row.map((_, column) => {
    let total = 0;
    for (let known = 0; known < 2 ** n; known++) {
      if (known & (1 << column)) continue;
      const size = bitCount(known);
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      total += weight * (answers[known | (1 << column)]! - answers[known]!);
    }
    return total;
  });
}

/** What the forest says when only the columns in `known` are known: at other questions both branches, by their cover. */
function answer(forest: Forest, row: readonly number[], known: number): number {
  const { feature, threshold, left, right, missingLeft, value, cover, roots } = forest;
  const at = (node: number): number => {
    const asked = feature[node]!;
    if (asked < 0) return value[node]!;
    const [l, r] = [left[node]!, right[node]!];
    if (!(known & (1 << asked))) return (cover[l]! * at(l) + cover[r]! * at(r)) / cover[node]!;
    const x = row[asked]!;
    return (Number.isNaN(x) ? missingLeft[node] === 1 : x < threshold[node]!) ? at(l) : at(r);
  };
  return roots.reduce((sum, root) => sum + at(root), 0) / roots.length;
}

function bitCount(bits: number): number {
  return bits === 0 ? 0 : (bits & 1) + bitCount(bits >> 1);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
