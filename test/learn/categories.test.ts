import { describe, expect, it } from "vitest";
import { contributions, predictLogOdds } from "../../src/learn/model.js";
import { decodeModel, encodeModel } from "../../src/learn/model-bytes.js";
import { train } from "../../src/learn/train.js";
import { seededRandom } from "../../src/math/random.js";

describe("a column of categories", () => {
  const random = seededRandom(31);
  const rows = 1_600;
  // The third and the fifth category churn; neither their numbers nor their order say so.
  const colour = Float64Array.from({ length: rows }, () => (random() < 0.1 ? Number.NaN : Math.floor(6 * random())));
  const noise = Float64Array.from({ length: rows }, random);
  const labels = Uint8Array.from(colour, (code) => (random() < (code === 2 || code === 4 ? 0.8 : 0.2) ? 1 : 0));
  const matrix = { rows, columns: [noise, colour], categorical: [1] };
  const users = Int32Array.from(labels.keys());

  it.each(["LOGISTIC_REGRESSION", "DECISION_TREE", "RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const)(
    "is learned from by %s, whatever its numbers are, and explained as one",
    (algorithm) => {
      const options = { seed: 2, forest: { trees: 40 }, boosting: { rounds: 60 } };
      const { model, crossValidation } = train(algorithm, matrix, labels, users, options);
      expect(crossValidation.aucMean).toBeGreaterThan(0.77);
      const logOdds = predictLogOdds(model, matrix);
      const { base, values } = contributions(model, matrix);
      expect(values).toHaveLength(2);
      for (let row = 0; row < rows; row++)
        expect(Math.abs(base + values[0]![row]! + values[1]![row]! - logOdds[row]!)).toBeLessThan(1e-9);
      const moved = (column: Float64Array) => column.reduce((sum, value) => sum + Math.abs(value), 0);
      expect(moved(values[1]!)).toBeGreaterThan(3 * moved(values[0]!));
      expect(predictLogOdds(decodeModel(encodeModel(model)), matrix)).toEqual(logOdds);
      // A category that training has not seen is none of those it knows.
      const unseen = { rows: 1, columns: [Float64Array.of(0.5), Float64Array.of(17)], categorical: [1] };
      expect(Number.isFinite(predictLogOdds(model, unseen)[0])).toBe(true);
    },
  );

  it("as a plain number ranks worse for a linear model", () => {
    const { crossValidation } = train("LOGISTIC_REGRESSION", { rows, columns: [noise, colour] }, labels, users, { seed: 2 });
    expect(crossValidation.aucMean).toBeLessThan(0.7);
  });
});
