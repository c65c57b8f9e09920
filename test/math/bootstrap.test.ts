import { describe, expect, test } from "vitest";
import { auc, aucWithError, averagePrecision } from "../../src/math/auc.js";
import { forecastIntervals } from "../../src/math/bootstrap.js";
import { brier, logLoss } from "../../src/math/proper-scores.js";
import { seededRandom } from "../../src/math/random.js";

const random = seededRandom(9);
const rows = 3_000;
const probabilities = Float64Array.from({ length: rows }, () => Math.round(random() * 200) / 200);
const labels = Uint8Array.from(probabilities, (probability) => (random() < 0.2 + 0.6 * probability ? 1 : 0));
const each = Float64Array.from(labels.keys());

describe("intervals by the bootstrap", () => {
  const found = forecastIntervals(probabilities, labels, each, 1);

  test("lie about the figure they are of, ties and all", () => {
    for (const [interval, value] of [
      [found.auc, auc(probabilities, labels)],
      [found.prAuc, averagePrecision(probabilities, labels)],
      [found.brier, brier(probabilities, labels)],
      [found.logLoss, logLoss(probabilities, labels)],
    ] as const) {
      expect(interval.lower).toBeLessThan(value);
      expect(interval.upper).toBeGreaterThan(value);
    }
    expect(found.topDecileLift.lower).toBeGreaterThan(1);
  });

  test("are about as wide as DeLong says of the AUC", () => {
    const { standardError } = aucWithError(probabilities, labels);
    expect((found.auc.upper - found.auc.lower) / (2 * 1.96 * standardError)).toBeGreaterThan(0.8);
    expect((found.auc.upper - found.auc.lower) / (2 * 1.96 * standardError)).toBeLessThan(1.25);
  });

  test("asking the same users four times makes nothing surer", () => {
    const four = <T extends Float64Array | Uint8Array>(values: T) =>
      (values instanceof Uint8Array ? Uint8Array : Float64Array).from([0, 1, 2, 3].flatMap(() => [...values])) as T;
    const repeated = forecastIntervals(four(probabilities), four(labels), four(each), 1);
    const width = ({ lower, upper }: { lower: number; upper: number }) => upper - lower;
    expect(width(repeated.brier) / width(found.brier)).toBeGreaterThan(0.8);
    const naive = forecastIntervals(
      four(probabilities),
      four(labels),
      Float64Array.from({ length: 4 * rows }, (_, i) => i),
      1,
    );
    expect(width(naive.brier) / width(found.brier)).toBeLessThan(0.65);
  });

  test("are the same for the same seed", () => {
    expect(forecastIntervals(probabilities, labels, each, 1)).toEqual(found);
    expect(forecastIntervals(probabilities, labels, each, 2)).not.toEqual(found);
  });
});
