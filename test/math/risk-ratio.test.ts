import { describe, expect, test } from "vitest";
import { mantelHaenszelRatio, riskRatio } from "../../src/math/risk-ratio.js";

describe("the ratio of two rates", () => {
  test("with its interval on the logarithmic scale", () => {
    const { ratio, low, high } = riskRatio(10, 100, 5, 100);
    expect(ratio).toBeCloseTo(2, 12);
    const error = Math.sqrt(1 / 10 - 1 / 100 + 1 / 5 - 1 / 100);
    expect(low).toBeCloseTo(2 * Math.exp(-1.96 * error), 3);
    expect(high).toBeCloseTo(2 * Math.exp(1.96 * error), 3);
  });

  test("without a case in one group has one bound that says something", () => {
    expect(riskRatio(0, 50, 10, 50)).toMatchObject({ ratio: 0, low: 0 });
    expect(riskRatio(0, 50, 10, 50).high).toBeLessThan(1);
    expect(riskRatio(10, 50, 0, 50)).toMatchObject({ ratio: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY });
    expect(riskRatio(10, 50, 0, 50).low).toBeGreaterThan(1);
  });

  test("of an empty group is unknown", () => expect(riskRatio(0, 0, 1, 2).ratio).toBeNaN());
});

describe("the ratio among those who are alike", () => {
  test("is that of the strata where the groups merely differ in how many belong to which (Simpson's paradox)", () => {
    // Twice the risk in each stratum, and yet less in all.
    const strata = [
      [18, 90, 1, 10],
      [8, 10, 36, 90],
    ] as const;
    expect(mantelHaenszelRatio(strata)).toBeCloseTo(2, 12);
    expect(riskRatio(26, 100, 37, 100).ratio).toBeLessThan(1);
  });

  test("is unknown where no stratum holds both", () => expect(mantelHaenszelRatio([[1, 2, 0, 0]])).toBeNaN());
});
