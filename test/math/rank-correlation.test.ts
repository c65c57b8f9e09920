import { expect, test } from "vitest";
import { rankCorrelations } from "../../src/math/rank-correlation.js";

test("Spearman's rank correlation, ties sharing their rank", () => {
  // scipy.stats.spearmanr([1, 2, 2, 4, 7], [3, 1, 4, 6, 5]) = 0.7181848464596079
  const [first] = rankCorrelations([
    Float64Array.of(1, 2, 2, 4, 7),
    Float64Array.of(3, 1, 4, 6, 5),
    Float64Array.of(9, 8, 8, 1, 0),
  ]);
  expect(first![1]).toBeCloseTo(0.7181848464596079, 12);
  expect(first![2]).toBeCloseTo(-1, 12);
});

test("what never varies, or is never there, correlates with nothing", () => {
  const [first] = rankCorrelations([
    Float64Array.of(1, 2, 3),
    Float64Array.of(5, 5, 5),
    Float64Array.of(Number.NaN, Number.NaN, Number.NaN),
  ]);
  expect([...first!]).toEqual([1, 0, 0]);
});
