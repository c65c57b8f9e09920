import { describe, expect, it } from "vitest";
import { fitIsotonic, followCurve } from "../../src/learn/isotonic.js";
import { sigmoid } from "../../src/learn/logistic.js";
import { contributions, predictLogOdds } from "../../src/learn/model.js";
import { decodeModel, encodeModel } from "../../src/learn/model-bytes.js";
import { train } from "../../src/learn/train.js";
import { brier } from "../../src/math/proper-scores.js";
import { seededRandom } from "../../src/math/random.js";

describe("isotonic calibration", () => {
  it("pools what falls, as the method prescribes", () => {
    // Four of either label make targets of 5/6 and 1/6. The first row stands alone, as does the last; each pair between falls and is
    // pooled to 1/2, and pools of equal height are one.
    const { scores, logOdds } = fitIsotonic(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7), Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1));
    expect(logOdds.map(sigmoid).map((p) => Number(p.toFixed(6)))).toEqual([0.166667, 0.5, 0.833333]);
    expect(scores).toEqual([0, 3.5, 7]);
  });

  it("keeps equal scores together, and goes straight between pools and level outside", () => {
    const curve = fitIsotonic(Float64Array.of(1, 1, 1, 1, 3, 3), Uint8Array.of(0, 0, 0, 1, 1, 1));
    expect(curve.scores).toEqual([1, 3]);
    const [low, high] = curve.logOdds as [number, number];
    expect([...followCurve(curve, Float64Array.of(-9, 1, 2, 3, 9))]).toEqual([low, low, low + (high - low) / 2, high, high]);
  });

  it("never falls", () => {
    const random = seededRandom(3);
    const scores = Float64Array.from({ length: 3000 }, () => Math.round(random() * 400) / 100);
    const labels = Uint8Array.from(scores, (score) => (random() < 0.2 + 0.15 * score ? 1 : 0));
    const { logOdds } = fitIsotonic(scores, labels);
    expect(logOdds.length).toBeGreaterThan(5);
    expect(logOdds).toEqual([...logOdds].sort((a, b) => a - b));
  });
});

describe("a large sample whose churn rises in steps", () => {
  const random = seededRandom(9);
  const rows = 20_000;
  const columns = [Float64Array.from({ length: rows }, () => 4 * random() - 2), Float64Array.from({ length: rows }, random)];
  const labels = Uint8Array.from(columns[0]!, (x) => (random() < (x < 0 ? 0.05 : x < 1 ? 0.3 : 0.35) ? 1 : 0));
  const matrix = { rows, columns };
  const users = Int32Array.from(labels.keys());
  const { model, outOfFold } = train("LOGISTIC_REGRESSION", matrix, labels, users, { seed: 1, folds: 2, c: 1 });

  it("is calibrated by a curve, for it does better on rows held out", () => {
    expect(model.calibration.curve).toBeDefined();
    const few = { rows: 4_000, columns: columns.map((column) => column.subarray(0, 4_000)) };
    const line = train("LOGISTIC_REGRESSION", few, labels.subarray(0, 4_000), users.subarray(0, 4_000), {
      seed: 1,
      folds: 2,
      c: 1,
    });
    expect(line.model.calibration.curve).toBeUndefined();
    const byLine = predictLogOdds({ ...model, calibration: line.model.calibration }, matrix).map(sigmoid);
    expect(brier(outOfFold, labels)).toBeLessThan(brier(byLine, labels) - 0.001);
  });

  it("has contributions that still sum to the log-odds, and survives its bytes", () => {
    const tried = { rows: 200, columns: columns.map((column) => column.subarray(0, 200)) };
    const logOdds = predictLogOdds(model, tried);
    const { base, values } = contributions(model, tried);
    for (let row = 0; row < 200; row++)
      expect(Math.abs(values.reduce((sum, column) => sum + column[row]!, base) - logOdds[row]!)).toBeLessThan(1e-9);
    expect(predictLogOdds(decodeModel(encodeModel(model)), tried)).toEqual(logOdds);
  });
});
