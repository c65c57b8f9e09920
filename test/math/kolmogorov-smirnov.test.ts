import { expect, test } from "vitest";
import { kolmogorovSmirnov } from "../../src/math/kolmogorov-smirnov.js";
import { seededRandom } from "../../src/math/random.js";

const sorted = (values: readonly number[]) => Float64Array.from(values).sort();
const made = (count: number, of: (place: number) => number) => sorted(Array.from({ length: count }, (_, place) => of(place)));

// Statistic and exact p-value of scipy.stats.ks_2samp(a, b, method="exact"), scipy 1.10.
test.each([
  [
    sorted([1, 2, 2, 3, 5, 8, 13, 0, 0, 1]),
    sorted([2, 2, 4, 6, 9, 9, 11, 15, 20, 3, 7]),
    0.43636363636363634,
    0.19552841379466765,
    0.05,
  ],
  [
    made(100, (i) => ((i * 37) % 101) / 10),
    made(140, (i) => ((i * 53 + 11) % 97) / 8),
    0.17142857142857137,
    0.05736490548178645,
    0.05,
  ],
  [
    made(600, (i) => ((i * i * 37) % 1009) / 10),
    made(800, (i) => ((i * i * 53 + 11) % 997) / 9),
    0.10124999999999995,
    0.0016568099659550416,
    0.05,
  ],
])("agrees with scipy", (a, b, statistic, pValue, tolerance) => {
  const found = kolmogorovSmirnov(a, b);
  expect(found.statistic).toBeCloseTo(statistic, 12);
  expect(Math.abs(found.pValue / pValue - 1)).toBeLessThan(tolerance);
});

test("equal samples are at distance 0 with p 1, separate ones at distance 1", () => {
  const a = sorted([3, 1, 2, 2]);
  expect(kolmogorovSmirnov(a, a)).toEqual({ statistic: 0, pValue: 1 });
  const apart = kolmogorovSmirnov(
    made(50, (i) => i),
    made(60, (i) => 100 + i),
  );
  expect(apart.statistic).toBe(1);
  expect(apart.pValue).toBeLessThan(1e-20);
});

test("two samples of one distribution are called different as often as the p-value says", () => {
  const random = seededRandom(11);
  const below = Array.from({ length: 1_000 }, () => kolmogorovSmirnov(made(80, random), made(120, random)).pValue).filter(
    (pValue) => pValue < 0.05,
  ).length;
  // Three standard deviations of a binomial around 5 %; the statistic is discrete, so somewhat fewer.
  expect(below).toBeGreaterThan(25);
  expect(below).toBeLessThan(72);
});
