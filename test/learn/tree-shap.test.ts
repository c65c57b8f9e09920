import { describe, expect, it } from "vitest";
import { type Forest, fitForest } from "../../src/learn/forest.js";
import { forestProbabilities } from "../../src/learn/forest-scores.js";
import { forestContributions } from "../../src/learn/tree-shap.js";
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

  it("is the same for many rows, which go by tables, as for few, which are walked", () => {
    const { matrix, labels } = synthetic(1000, 7, 55, 0.2);
    const forest = fitForest(matrix, labels, { trees: 5, maxDepth: 8, minLeaf: 4 });
    const many = forestContributions(forest, matrix);
    const few = forestContributions(forest, { rows: 100, columns: matrix.columns.map((column) => column.subarray(0, 100)) });
    expect(many.base).toBe(few.base);
    for (const [j, column] of few.values.entries()) {
      for (const [row, value] of column.entries()) expect(Math.abs(many.values[j]![row]! - value)).toBeLessThan(1e-12);
    }
  });

  it("adds up to the probability, missing values included, at some hundred rows a second", () => {
    const { matrix, labels } = synthetic(4000, 20, 60, 0.2);
    const forest = fitForest(matrix, labels, { trees: 200, maxDepth: 8, minLeaf: 20 });
    const tried = { rows: 500, columns: matrix.columns.map((column) => column.subarray(0, 500)) };
    const started = performance.now();
    const { base, values } = forestContributions(forest, tried);
    const perSecond = tried.rows / ((performance.now() - started) / 1000);
    const probabilities = forestProbabilities(forest, tried);
    for (let row = 0; row < tried.rows; row++) {
      const sum = values.reduce((total, column) => total + column[row]!, base);
      expect(Math.abs(sum - probabilities[row]!)).toBeLessThan(1e-12);
    }
    expect(tried.columns[2]!.some(Number.isNaN)).toBe(true);
    console.log(`TreeSHAP explains ${perSecond.toFixed(0)} rows a second.`);
    expect(perSecond).toBeGreaterThan(100);
  });
});

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
