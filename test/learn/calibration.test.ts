import { describe, expect, it } from "vitest";
import { calibrate, fitPlatt } from "../../src/learn/calibration.js";
import { groupFolds, stratifiedFolds } from "../../src/learn/folds.js";
import { sigmoid } from "../../src/learn/logistic.js";
import { seededRandom } from "../../src/math/random.js";

describe("Platt scaling", () => {
  const random = seededRandom(1);
  const scores = Float64Array.from({ length: 20_000 }, () => random() * 6 - 3);

  it("finds the line that made the labels", () => {
    const labels = Uint8Array.from(scores, (score) => (random() < sigmoid(0.5 * score - 1) ? 1 : 0));
    const { a, b } = fitPlatt(scores, labels);
    expect(a).toBeCloseTo(0.5, 1);
    expect(b).toBeCloseTo(-1, 1);
    const mean = calibrate(scores, { a, b }).reduce((sum, logOdds) => sum + sigmoid(logOdds), 0) / scores.length;
    expect(mean).toBeCloseTo(labels.reduce((sum, label) => sum + label, 0) / labels.length, 3);
  });

  it("makes no certainty of perfectly separated scores", () => {
    const { a, b } = fitPlatt(Float64Array.of(-1, -1, 1, 1), Uint8Array.of(0, 0, 1, 1));
    // The targets are (positives + 1) / (positives + 2) and 1 / (negatives + 2).
    expect(sigmoid(a + b)).toBeCloseTo(3 / 4, 6);
    expect(sigmoid(b - a)).toBeCloseTo(1 / 4, 6);
  });

  it("answers the overall share rather than turn a model upside down", () => {
    const { a, b } = fitPlatt(Float64Array.of(3, 2, 1, 0), Uint8Array.of(0, 0, 1, 1));
    expect(a).toBe(0);
    expect(sigmoid(b)).toBeCloseTo(0.5, 12);
  });

  it("needs both labels", () => {
    expect(() => fitPlatt(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toThrow("both labels");
  });
});

describe("folds", () => {
  it("hold as many of each label as one another, within one", () => {
    const labels = Uint8Array.from({ length: 103 }, (_, row) => (row % 4 === 0 ? 1 : 0));
    const folds = stratifiedFolds(labels, 5, 7);
    const counts = Array.from({ length: 5 }, (_, f) =>
      [0, 1].map((label) => folds.filter((of, r) => of === f && labels[r] === label).length),
    );
    for (const side of [0, 1]) {
      const ofSide = counts.map((count) => count[side]!);
      expect(Math.max(...ofSide) - Math.min(...ofSide)).toBeLessThanOrEqual(1);
    }
    expect(stratifiedFolds(labels, 5, 7)).toEqual(folds);
    expect(stratifiedFolds(labels, 5, 8)).not.toEqual(folds);
  });

  it("keep a user's rows together", () => {
    const users = Float64Array.from({ length: 300 }, (_, row) => Math.floor(row / 3) * 1e9);
    const labels = Uint8Array.from(users, (_, row) => (row % 7 === 0 ? 1 : 0));
    const folds = groupFolds(labels, users, 4, 1);
    for (const [row, fold] of folds.entries()) expect(fold).toBe(folds[row - (row % 3)]);
    for (let f = 0; f < 4; f++) expect(labels.filter((label, row) => label === 1 && folds[row] === f).length).toBeGreaterThan(0);
  });

  it("are at least two", () => expect(() => stratifiedFolds(Uint8Array.of(0, 1), 1, 0)).toThrow(RangeError));
});
