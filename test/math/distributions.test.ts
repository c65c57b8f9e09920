import { describe, expect, it } from "vitest";
import { benjaminiHochberg } from "../../src/math/benjamini-hochberg.js";
import { chiSquare1Tail } from "../../src/math/chi-square.js";
import { fisherExact } from "../../src/math/fisher-exact.js";
import { normalCdf, normalQuantile } from "../../src/math/normal.js";
import { psi, psiOfValues } from "../../src/math/psi.js";
import { twoProportions } from "../../src/math/two-proportions.js";

// Expected values are from SciPy 1.17.
const relative = (found: number, expected: number) => Math.abs(found / expected - 1);

describe("the normal distribution", () => {
  it.each([
    [-8, 6.220960574271785e-16],
    [-3, 0.0013498980316300933],
    [-1.5, 0.06680720126885807],
    [0.3, 0.6179114221889526],
    [2.2, 0.9860965524865014],
  ])("has below %d the share %d", (z, share) => expect(relative(normalCdf(z), share)).toBeLessThan(1e-12));

  it.each([
    [1e-10, -6.361340902404056],
    [0.01, -2.3263478740408408],
    [0.3, -0.5244005127080409],
    [0.975, 1.959963984540054],
  ])("has the quantile of %d at %d", (p, z) => expect(relative(normalQuantile(p), z)).toBeLessThan(1e-12));

  it("has its ends at infinity", () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(() => normalQuantile(-0.1)).toThrow(RangeError);
  });
});

describe("chi-square with one degree of freedom", () => {
  it.each([
    [0.5, 0.4795001221869535],
    [3.841458820694124, 0.05],
    [10, 0.001565402258002549],
    [40, 2.53962858947e-10],
  ])("has above %d the share %d", (x, share) => expect(relative(chiSquare1Tail(x), share)).toBeLessThan(1e-9));
});

describe("two shares", () => {
  it("are told apart by a pooled z-test where there are enough rows", () => {
    const { pValue, method, difference } = twoProportions(45, 200, 60, 180);
    expect(method).toBe("Z_TEST");
    expect(difference).toBeCloseTo(-0.10833, 5);
    expect(pValue).toBeCloseTo(0.018373596820027472, 10);
  });

  it("are told apart by Fisher's exact test where there are few", () => {
    expect(twoProportions(3, 10, 12, 16).method).toBe("FISHER_EXACT");
    expect(fisherExact(3, 7, 12, 4)).toBeCloseTo(0.04261677210930138, 10);
    expect(fisherExact(1, 999, 8, 992)).toBeCloseTo(0.03864115495182243, 10);
    expect(twoProportions(0, 50, 0, 60).pValue).toBeCloseTo(1, 6);
  });

  it("are refused when they are none", () => {
    expect(() => twoProportions(5, 4, 1, 2)).toThrow(RangeError);
  });
});

describe("Benjamini and Hochberg's adjustment", () => {
  it("keeps the order of the tests", () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.5, 0.9]);
    for (const [i, value] of [0.03, 0.06, 0.06, 0.03, 0.6, 0.9].entries()) expect(adjusted[i]).toBeCloseTo(value, 12);
  });
});

describe("the population stability index", () => {
  it("is 0 for the same shares and grows with the move", () => {
    expect(psi([10, 20, 0], [100, 200, 0])).toBeCloseTo(0, 12);
    expect(psi([50, 50], [80, 20])).toBeCloseTo(0.3 * Math.log(1.6) - 0.3 * Math.log(0.4), 12);
  });

  it("sees values that stop arriving", () => {
    const before = Float64Array.from({ length: 100 }, (_, i) => i);
    const after = before.map((value) => (value % 2 === 0 ? Number.NaN : value));
    expect(psiOfValues(before, before)).toBeCloseTo(0, 12);
    expect(psiOfValues(before, after)).toBeGreaterThan(0.25);
  });
});
