import { RandomForestClassifier } from "ml-random-forest";
import { describe, expect, it, vi } from "vitest";
import { exportForest, forestVotes } from "../../src/learn/forest-json.js";
import { forestProbabilities } from "../../src/learn/forest-scores.js";
import { fitPackageForest } from "../../src/learn/package-forest.js";
import { train } from "../../src/learn/train.js";
import { auc } from "../../src/math/auc.js";
import { synthetic } from "./synthetic.js";

describe("a forest grown by ml-random-forest", () => {
  const { matrix, labels } = synthetic(500, 6, 81, 0);
  const forest = fitPackageForest(matrix, labels, { trees: 20, seed: 2 });
  const unseen = synthetic(3000, 6, 82, 0);

  it("ranks rows it has not seen", () => {
    expect(auc(forestProbabilities(forest, unseen.matrix), unseen.labels)).toBeGreaterThan(0.72);
  });

  it("is the package's own: read back by it, it votes alike on 3,000 rows", () => {
    const theirs = RandomForestClassifier.load(JSON.parse(JSON.stringify(exportForest(forest))));
    const rows = Array.from(unseen.labels, (_, row) => unseen.matrix.columns.map((column) => column[row]!));
    const ours = forestVotes(forest, unseen.matrix);
    expect(theirs.predict(rows).filter((vote, row) => vote !== ours[row])).toHaveLength(0);
    expect(new Set(ours).size).toBe(2);
  });

  it("counts each tree's rows, and shares of them in its leaves", () => {
    const drawn = Math.ceil(500 / 3);
    for (const root of forest.roots) expect(forest.cover[root]).toBe(drawn);
    for (const [node, column] of forest.feature.entries()) {
      if (column < 0) continue;
      const [left, right] = [forest.left[node]!, forest.right[node]!];
      expect(forest.cover[left]! + forest.cover[right]!).toBe(forest.cover[node]);
      const positives = forest.value[left]! * forest.cover[left]! + forest.value[right]! * forest.cover[right]!;
      expect(positives / forest.cover[node]!).toBeCloseTo(forest.value[node]!, 12);
    }
  });

  it("learns from gaps, takes constants, and answers one label with that label", () => {
    const gaps = synthetic(400, 3, 83, 0.3);
    const withConstant = {
      rows: 400,
      columns: [...gaps.matrix.columns, new Float64Array(400).fill(7), new Float64Array(400).fill(NaN)],
    };
    const probabilities = forestProbabilities(fitPackageForest(withConstant, gaps.labels, { trees: 20 }), withConstant);
    expect(auc(probabilities, gaps.labels)).toBeGreaterThan(0.75);
    const onlyChurn = fitPackageForest(gaps.matrix, new Uint8Array(400).fill(1), { trees: 2 });
    expect(new Set(forestProbabilities(onlyChurn, gaps.matrix))).toEqual(new Set([1]));
    // What says a label by missing alone is found.
    const telling = { rows: 400, columns: [Float64Array.from(gaps.labels, (label) => (label ? NaN : 1))] };
    expect(auc(forestProbabilities(fitPackageForest(telling, gaps.labels, { trees: 3 }), telling), gaps.labels)).toBe(1);
  });

  it("is the same for the same seed, another for another, and stops when told to", () => {
    expect(fitPackageForest(matrix, labels, { trees: 20, seed: 2 })).toEqual(forest);
    expect(fitPackageForest(matrix, labels, { trees: 20, seed: 3 }).threshold).not.toEqual(forest.threshold);
    expect(() => fitPackageForest(matrix, labels, { cancelled: () => true })).toThrow("cancelled");
  });
});

it("small samples' random forests are grown by the package, large ones' by this engine", () => {
  const grow = vi.spyOn(RandomForestClassifier.prototype, "train");
  const few = synthetic(120, 3, 84);
  const users = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);
  train("RANDOM_FOREST", few.matrix, few.labels, users(120), { seed: 1, folds: 2 });
  expect(grow).toHaveBeenCalledTimes(3 * 60);
  const many = synthetic(1_200, 3, 85);
  train("RANDOM_FOREST", many.matrix, many.labels, users(1_200), { seed: 1, folds: 2, forest: { trees: 5 } });
  expect(grow).toHaveBeenCalledTimes(3 * 60);
});
