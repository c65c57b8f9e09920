import { describe, expect, it } from "vitest";
import { binMatrix } from "../../src/learn/bins.js";
import { type Forest, fitForest } from "../../src/learn/forest.js";
import { forestProbabilities, walkPlainly, walkRanked } from "../../src/learn/forest-scores.js";
import { auc } from "../../src/math/auc.js";
import { synthetic } from "./synthetic.js";

describe("bins", () => {
  it("keep few distinct values apart, midway, and missing values in bin 0", () => {
    const { columns, edges } = binMatrix({ rows: 4, columns: [Float64Array.of(3, Number.NaN, 1, 3)] });
    expect([...edges[0]!]).toEqual([2]);
    expect([...columns[0]!]).toEqual([2, 0, 1, 2]);
  });

  it("hold about as many rows each, but for one value that is half of all", () => {
    const column = Float64Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 0 : i));
    const { columns } = binMatrix({ rows: 2000, columns: [column] }, 11);
    const counts = new Map<number, number>();
    for (const bin of columns[0]!) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    expect(counts.get(1)).toBe(1000);
    expect(counts.size).toBe(11);
    for (const [bin, count] of counts) if (bin > 1) expect(count).toBe(100);
  });

  it("tell neighbours in floating point apart", () => {
    const above = 1 + Number.EPSILON;
    const { columns } = binMatrix({ rows: 2, columns: [Float64Array.of(1, above)] });
    expect([...columns[0]!]).toEqual([1, 2]);
  });
});

describe("a random forest", () => {
  const { matrix, labels } = synthetic(2000, 8, 5);
  const forest = fitForest(matrix, labels, { trees: 60, maxDepth: 5, minLeaf: 15, seed: 9 });

  it("is the same bytes for the same seed and others for another", () => {
    const again = fitForest(matrix, labels, { trees: 60, maxDepth: 5, minLeaf: 15, seed: 9 });
    expect(again).toEqual(forest);
    const other = fitForest(matrix, labels, { trees: 60, maxDepth: 5, minLeaf: 15, seed: 10 });
    expect(other.threshold).not.toEqual(forest.threshold);
  });

  it("keeps its bounds, and its counts add up", () => {
    expect(deepest(forest)).toBeLessThanOrEqual(5);
    for (const root of forest.roots) expect(forest.cover[root]).toBe(2000);
    for (const [node, feature] of forest.feature.entries()) {
      const [left, right] = [forest.left[node]!, forest.right[node]!];
      if (feature < 0) expect(forest.cover[node]).toBeGreaterThanOrEqual(15);
      else expect(forest.cover[left]! + forest.cover[right]!).toBe(forest.cover[node]);
    }
  });

  it("ranks rows it has not seen, which a straight line cannot", () => {
    const unseen = synthetic(2000, 8, 6);
    expect(auc(forestProbabilities(forest, unseen.matrix), unseen.labels)).toBeGreaterThan(0.75);
  });

  it("scores alike to the last bit plainly and by rank, at thresholds, missing and infinite values too", () => {
    const used = forest.threshold.filter((_, node) => forest.feature[node]! >= 0);
    const odd = Float64Array.of(...used.subarray(0, 400), Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0);
    const { columns } = synthetic(odd.length, 8, 8, 0.3).matrix;
    for (let j = 0; j < 8; j++) {
      const tried = { rows: odd.length, columns: columns.map((column, i) => (i === j ? odd : column)) };
      expect(walkRanked(forest, tried)).toEqual(walkPlainly(forest, tried));
    }
  });

  it("learns where missing values belong", () => {
    const column = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? Number.NaN : i));
    const known = Uint8Array.from({ length: 400 }, (_, i) => (i % 2 === 0 || i > 300 ? 1 : 0));
    const grown = fitForest({ rows: 400, columns: [column] }, known, { trees: 20, maxDepth: 3, minLeaf: 5 });
    const [missing, low, high] = forestProbabilities(grown, { rows: 3, columns: [Float64Array.of(Number.NaN, 50, 390)] });
    expect(missing).toBe(1);
    expect(low).toBe(0);
    expect(high).toBe(1);
  });

  it("is a constant where there is nothing to ask", () => {
    const grown = fitForest({ rows: 4, columns: [] }, Uint8Array.of(1, 1, 0, 0), { trees: 1 });
    expect([...grown.feature]).toEqual([-1]);
  });

  it("says how far it is, and stops when told to", () => {
    const told: number[] = [];
    fitForest(matrix, labels, { trees: 4, onProgress: (share) => told.push(share) });
    expect(told).toEqual([0.25, 0.5, 0.75, 1]);
    expect(() => fitForest(matrix, labels, { cancelled: () => true })).toThrow("cancelled");
  });
});

function deepest({ roots, left, right }: Forest): number {
  const from = (node: number): number => (left[node]! < 0 ? 0 : 1 + Math.max(from(left[node]!), from(right[node]!)));
  return Math.max(...Array.from(roots, from));
}
