import { describe, expect, it } from "vitest";
import { fitBoosted } from "../../src/learn/boosting.js";
import { fitDecisionTree } from "../../src/learn/decision-tree.js";
import { leafSums, walkPlainly, walkRanked } from "../../src/learn/forest-scores.js";
import { sigmoid } from "../../src/learn/logistic.js";
import { auc } from "../../src/math/auc.js";
import { logLoss } from "../../src/math/proper-scores.js";
import { synthetic } from "./synthetic.js";

const alone = { subsample: 1, columnSample: 1 };

describe("boosted trees", () => {
  it("put -G / (H + lambda), times the learning rate, into a leaf", () => {
    // By hand: p = 1/2 for all, so a row's g is 1/2 - label and its h 1/4; left of 2.5 G = 1, H = 1/2, right the other sign.
    const matrix = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
    const labels = Uint8Array.of(0, 0, 1, 1);
    const { base, forest } = fitBoosted(matrix, labels, {
      ...alone,
      rounds: 1,
      maxDepth: 1,
      lambda: 1,
      minChildWeight: 0,
      learningRate: 0.3,
    });
    expect(base).toBe(0);
    expect([...forest.feature]).toEqual([0, -1, -1]);
    expect(forest.threshold[0]).toBe(2.5);
    expect(forest.value[1]).toBeCloseTo(-0.2, 12);
    expect(forest.value[2]).toBeCloseTo(0.2, 12);
    expect([...forest.cover]).toEqual([4, 2, 2]);
  });

  it("split where the gain is greatest, of all columns, thresholds and sides for missing values", () => {
    const { matrix, labels } = synthetic(500, 5, 91, 0.2);
    const { base, forest } = fitBoosted(matrix, labels, { ...alone, rounds: 1, maxDepth: 1, lambda: 2, minChildWeight: 3 });
    const p = sigmoid(base);
    const gainOf = (goesLeft: (row: number) => boolean) => {
      const sums = [0, 0, 0, 0];
      for (let row = 0; row < 500; row++) {
        const side = goesLeft(row) ? 0 : 2;
        sums[side]! += p - labels[row]!;
        sums[side + 1]! += p * (1 - p);
      }
      if (sums[1]! < 3 || sums[3]! < 3) return 0;
      return sums[0]! ** 2 / (sums[1]! + 2) + sums[2]! ** 2 / (sums[3]! + 2);
    };
    let most = 0;
    for (const column of matrix.columns) {
      for (const threshold of new Set(column))
        for (const missingLeft of [false, true])
          most = Math.max(
            most,
            gainOf((row) => (Number.isNaN(column[row]!) ? missingLeft : column[row]! < threshold)),
          );
    }
    const column = matrix.columns[forest.feature[0]!]!;
    const missingLeft = forest.missingLeft[0] === 1;
    const chosen = gainOf((row) => (Number.isNaN(column[row]!) ? missingLeft : column[row]! < forest.threshold[0]!));
    expect(chosen / most).toBeGreaterThan(1 - 1e-5);
  });

  it("are the same bytes for the same seed and others for another", () => {
    const { matrix, labels } = synthetic(800, 6, 92);
    const grown = fitBoosted(matrix, labels, { rounds: 30, seed: 5 });
    expect(fitBoosted(matrix, labels, { rounds: 30, seed: 5 })).toEqual(grown);
    expect(fitBoosted(matrix, labels, { rounds: 30, seed: 6 }).forest.threshold).not.toEqual(grown.forest.threshold);
  });

  it("lower the loss on their own rows with every round, and rank rows they have not seen", () => {
    const { matrix, labels } = synthetic(2000, 8, 93);
    const losses = [1, 5, 20, 80].map((rounds) => {
      const { base, forest } = fitBoosted(matrix, labels, { ...alone, rounds });
      return logLoss(
        leafSums(forest, matrix).map((sum) => sigmoid(base + sum)),
        labels,
      );
    });
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    const unseen = synthetic(2000, 8, 94);
    const { forest } = fitBoosted(matrix, labels);
    expect(auc(leafSums(forest, unseen.matrix), unseen.labels)).toBeGreaterThan(0.75);
    expect(walkRanked(forest, unseen.matrix)).toEqual(walkPlainly(forest, unseen.matrix));
  });

  it("keep their bounds", () => {
    const { matrix, labels } = synthetic(1000, 4, 95);
    const { forest } = fitBoosted(matrix, labels, { rounds: 10, maxDepth: 2, columnSample: 0.5 });
    for (const root of forest.roots) {
      const columns = new Set<number>();
      const deepest = (node: number): number => {
        if (forest.feature[node]! < 0) return 0;
        columns.add(forest.feature[node]!);
        return 1 + Math.max(deepest(forest.left[node]!), deepest(forest.right[node]!));
      };
      expect(deepest(root)).toBeLessThanOrEqual(2);
      expect(columns.size).toBeLessThanOrEqual(2);
    }
    const pruned = fitBoosted(matrix, labels, { rounds: 3, gamma: 1e9 });
    expect(pruned.forest.feature.every((column) => column === -1)).toBe(true);
    expect(fitBoosted(matrix, labels, { rounds: 3, minChildWeight: 1e9 }).forest.feature).toHaveLength(3);
  });

  it("stop where rows held out gain no more, and keep the best round's trees", () => {
    const { matrix, labels } = synthetic(600, 6, 96);
    const heldOut = Int32Array.from({ length: 200 }, (_, i) => 3 * i);
    const options = { rounds: 500, maxDepth: 6, learningRate: 0.3, minChildWeight: 1 };
    const stopped = fitBoosted(matrix, labels, { ...options, earlyStopping: { heldOut, patience: 10 } });
    expect(stopped.forest.roots.length).toBeGreaterThan(0);
    expect(stopped.forest.roots.length).toBeLessThan(100);
    expect(stopped.forest.feature.length).toBe(stopped.forest.value.length);
    expect(Number.isFinite(leafSums(stopped.forest, matrix)[0])).toBe(true);
  });

  it("need both labels, and stop when told to", () => {
    const { matrix, labels } = synthetic(100, 2, 97);
    expect(() => fitBoosted(matrix, new Uint8Array(100))).toThrow("both labels");
    expect(() => fitBoosted(matrix, labels, { cancelled: () => true })).toThrow("cancelled");
  });
});

describe("a decision tree", () => {
  const { matrix, labels } = synthetic(4000, 6, 98);
  const tree = fitDecisionTree(matrix, labels, { maxDepth: 3 });

  it("is one tree, a leaf of which says the log-odds of its rows", () => {
    expect(tree.roots).toHaveLength(1);
    const overall = labels.reduce((sum, label) => sum + label, 0) / 4000;
    const [leaf] = Array.from(tree.feature.keys()).filter((node) => tree.feature[node]! < 0);
    const sums = leafSums(tree, matrix);
    const inside = Array.from(labels).filter((_, row) => sums[row] === tree.value[leaf!]);
    expect(inside).toHaveLength(tree.cover[leaf!]!);
    const churned = inside.reduce((sum, label) => sum + label, 0);
    expect(sigmoid(tree.value[leaf!]!)).toBeCloseTo((churned + 2 * overall) / (inside.length + 2), 12);
  });

  it("is finite where a leaf or everybody has one label", () => {
    const certain = Uint8Array.from(matrix.columns[0]!, (value) => (value > 0 ? 1 : 0));
    expect(leafSums(fitDecisionTree(matrix, certain), matrix).every(Number.isFinite)).toBe(true);
    expect(leafSums(fitDecisionTree(matrix, new Uint8Array(4000)), matrix).every(Number.isFinite)).toBe(true);
  });
});
