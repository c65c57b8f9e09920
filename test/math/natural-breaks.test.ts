import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NaturalClass, naturalBreaks, withinSumOfSquares } from "../../src/math/natural-breaks.js";
import { seededRandom } from "../../src/math/random.js";
import { dataSets, referenceIsAbsent, referenceOf, samplesOf } from "./reference.js";

describe("natural breaks", () => {
  it("are no worse than any other division", () => {
    const small = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(small, fc.integer({ min: 1, max: 4 }), (list, k) => {
        const values = Float64Array.from(list);
        const found = naturalBreaks(values, k);
        expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        expect(withinSumOfSquares(values, found)).toBeCloseTo(bestOfAll(values, k), 9);
      }),
    );
  });

  it("take the lowest cut of equally good ones", () => {
    expect(naturalBreaks(Float64Array.of(0, 1, 2), 2)).toEqual([
      { min: 0, max: 0, count: 1 },
      { min: 1, max: 2, count: 2 },
    ]);
  });

  it("give every distinct value its own class when there are too few, and none to no value", () => {
    expect(naturalBreaks(Float64Array.of(5, 5, Number.NaN, 7), 4)).toEqual([
      { min: 5, max: 5, count: 2 },
      { min: 7, max: 7, count: 1 },
    ]);
    expect(naturalBreaks(new Float64Array(), 3)).toEqual([]);
  });

  it("divide 100,000 distinct values in five classes", () => {
    const random = seededRandom(7);
    const classes = naturalBreaks(
      Float64Array.from({ length: 100_000 }, () => random() ** 3),
      5,
    );
    expect(classes).toHaveLength(5);
    expect(classes.reduce((sum, { count }) => sum + count, 0)).toBe(100_000);
  });
});

describe.skipIf(referenceIsAbsent)("natural breaks of recency, against the reference values", () => {
  it.each(dataSets)("%s", (set) => {
    for (const [asOf, { exact }] of referenceOf(set)) {
      const expected = exact.recency_days_floor_natural_breaks_k3_eligible;
      const recency = samplesOf(set, asOf).column("recency_days").map(Math.floor);
      const found = naturalBreaks(recency, 3);
      expect(found.map(({ min, max, count }) => [min, max, count])).toEqual(expected.classes_min_max_count);
      expect(withinSumOfSquares(recency, found) / expected.within_ss).toBeCloseTo(1, 12);
    }
  });
});

/** The least sum of squares over every way of cutting the distinct values into at most k runs. */
function bestOfAll(values: Float64Array, k: number): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const tryFrom = (start: number, left: number): number => {
    if (start === distinct.length) return 0;
    if (left === 0) return Number.POSITIVE_INFINITY;
    let best = Number.POSITIVE_INFINITY;
    for (let end = start; end < distinct.length; end++) {
      const run: NaturalClass = { min: distinct[start]!, max: distinct[end]!, count: 0 };
      best = Math.min(best, withinSumOfSquares(values, [run]) + tryFrom(end + 1, left - 1));
    }
    return best;
  };
  return tryFrom(0, k);
}
