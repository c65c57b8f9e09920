import { describe, expect, it } from "vitest";
import { classOf, countByClass } from "../../src/math/cuts.js";
import { equalWidthCuts } from "../../src/math/equal-width.js";
import { quantile, quantiles } from "../../src/math/quantile.js";
import { quantileCuts } from "../../src/math/quantile-cuts.js";
import { dataSets, referenceIsAbsent, referenceOf, samplesOf } from "./reference.js";

describe("a quantile", () => {
  it("interpolates between neighbours as percentile_cont does", () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile(sorted, q))).toEqual([1, 1.75, 3, 6.800000000000001, 8]);
  });

  it("of nothing is NaN, and outside [0, 1] an error", () => {
    expect(quantile(new Float64Array(), 0.5)).toBeNaN();
    expect(() => quantile(Float64Array.of(1), 1.1)).toThrow(RangeError);
  });

  it("leaves missing values out and the input as it was", () => {
    const values = Float64Array.of(3, Number.NaN, 1);
    expect(quantiles(values, [0, 0.5, 1])).toEqual([1, 2, 3]);
    expect(values).toEqual(Float64Array.of(3, Number.NaN, 1));
  });
});

describe("cuts", () => {
  it("put an equal value into the class below", () => {
    expect([0, 1, 1.5, 2, 9].map((value) => classOf(value, [1, 2]))).toEqual([1, 1, 2, 2, 3]);
    expect(classOf(Number.NaN, [1])).toBe(0);
  });
});

describe.skipIf(referenceIsAbsent)("recency cut in three, against the reference values", () => {
  it.each(dataSets)("%s", (set) => {
    for (const [asOf, { exact }] of referenceOf(set)) {
      const recency = samplesOf(set, asOf).column("recency_days").map(Math.floor);
      const width = exact.recency_days_floor_equal_width_k3_eligible;
      expect(countByClass(recency, equalWidthCuts(width.min, width.max, 3))).toEqual(width.counts);
      const equalSize = exact.recency_days_floor_quantile_k3_eligible;
      const cuts = quantileCuts(recency, 3);
      for (const [i, cut] of cuts.entries()) expect(cut).toBeCloseTo(equalSize.thresholds_percentile_cont[i]!, 9);
      expect(countByClass(recency, cuts)).toEqual(equalSize.counts);
    }
  });
});
