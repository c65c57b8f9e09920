import { describe, expect, test } from "vitest";
import {
  classify,
  cutsByEqualWidth,
  cutsByGoal,
  cutsByNaturalBreaks,
  cutsByQuantile,
  withinSumOfSquares,
} from "../../src/tiers/suggest.js";
import { tierOf, tiersNamed } from "../../src/tiers/tier-scheme.js";
import { dataSets, referenceIsAbsent, referenceOf, samplesOf } from "../math/reference.js";

const counts = (values: Float64Array, cuts: readonly number[]) => classify(values, cuts, null).map(({ count }) => count);

describe.skipIf(referenceIsAbsent)("on whole days since the last event of the eligible users of five real sets", () => {
  test.each(dataSets.flatMap((set) => [...referenceOf(set).keys()].map((asOf) => [set, asOf] as const)))(
    "%s at %s: natural breaks, equal width and quantiles count as the reference does",
    (set, asOf) => {
      const { exact } = referenceOf(set).get(asOf)!;
      const values = samplesOf(set, asOf).column("recency_days").map(Math.floor);
      const natural = exact.recency_days_floor_natural_breaks_k3_eligible;
      const { cuts } = cutsByNaturalBreaks(values, 3);
      expect(classify(values, cuts, null).map(({ min, max, count }) => [min, max, count])).toEqual(natural.classes_min_max_count);
      expect(withinSumOfSquares(values, cuts)).toBeCloseTo(natural.within_ss, 4);
      const width = exact.recency_days_floor_equal_width_k3_eligible;
      expect(counts(values, cutsByEqualWidth(values, 3).cuts)).toEqual(width.counts);
      const quantile = exact.recency_days_floor_quantile_k3_eligible;
      const found = cutsByQuantile(values, 3);
      expect(found.thresholds.map((threshold) => threshold.toFixed(9))).toEqual(
        quantile.thresholds_percentile_cont.map((threshold) => threshold.toFixed(9)),
      );
      expect(counts(values, found.cuts)).toEqual(quantile.counts);
    },
  );
});

describe("a tier is [from, to)", () => {
  test("a value at a cut belongs to the tier that begins there", () => {
    expect(counts(Float64Array.of(0.1, 0.5, 0.79, 0.8, 1), [0.5, 0.8])).toEqual([1, 2, 2]);
  });

  test("the expected churn rate of a tier is the mean of its members'", () => {
    const values = Float64Array.of(0.1, 0.3, 0.9);
    expect(classify(values, [0.5], values).map(({ churnRate }) => churnRate)).toEqual([0.2, 0.9]);
    expect(classify(values, [0.05, 0.5], values)[0]).toEqual({ count: 0, min: null, max: null, churnRate: null });
  });
});

describe("a goal sets the highest cut", () => {
  const scores = Float64Array.of(0.9, 0.8, 0.8, 0.5, 0.2, 0.1);

  test("capacity: as many as can be called, equal scores together", () => {
    expect(cutsByGoal(scores, 2, { capacity: 3 })).toEqual([0.8]);
    // The two at 0.8 do not both fit, so neither is in.
    expect(cutsByGoal(scores, 2, { capacity: 2 })).toEqual([0.9]);
    expect(cutsByGoal(scores, 2, { capacity: 0 })).toBeNull();
  });

  test("recall: the smallest tier that holds so many of those expected to churn", () => {
    // 3.3 are expected; 0.9 + 0.8 + 0.8 = 2.5 are 76 % of them.
    expect(cutsByGoal(scores, 2, { recall: 0.75 })).toEqual([0.8]);
    expect(cutsByGoal(scores, 2, { recall: 0.8 })).toEqual([0.5]);
  });

  test("precision: the largest tier that is expected to churn at that share", () => {
    expect(cutsByGoal(scores, 2, { precision: 0.75 })).toEqual([0.5]);
    expect(cutsByGoal(scores, 2, { precision: 0.95 })).toBeNull();
  });

  test("what lies below is cut by natural breaks", () => {
    expect(cutsByGoal(scores, 3, { capacity: 3 })).toEqual([0.5, 0.8]);
  });
});

test("tiers have names of their own, and one that the scheme no longer has keeps its key", () => {
  expect(tiersNamed(3).map(({ key }) => key)).toEqual(["LOW", "MEDIUM", "HIGH"]);
  expect(tiersNamed(7)[6]).toEqual({ key: "TIER_7", name: "Tier 7 of 7" });
  expect(tierOf(tiersNamed(3), "HIGH")).toEqual({ key: "HIGH", name: "High risk", rank: 3 });
  expect(tierOf(tiersNamed(3), "GONE")).toEqual({ key: "GONE", name: "GONE", rank: 0 });
});
