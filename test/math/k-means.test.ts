import { describe, expect, test } from "vitest";
import { kMeans, silhouette } from "../../src/math/k-means.js";
import { seededRandom } from "../../src/math/random.js";

/** Three clouds of 50 points, a unit wide, ten apart. */
function clouds(): Float64Array[] {
  const random = seededRandom(3);
  return Array.from({ length: 150 }, (_, row) => Float64Array.of(10 * (row % 3) + random(), random()));
}

describe("groups about centres", () => {
  test("are those that were planted, whatever the seed; and the same seed gives the same", () => {
    for (const seed of [1, 2, 3, 4]) {
      const { groups, within } = kMeans(clouds(), 3, seededRandom(seed));
      for (let row = 3; row < 150; row++) expect(groups[row]).toBe(groups[row % 3]);
      expect(new Set(groups).size).toBe(3);
      expect(within).toBeLessThan(150 / 5);
      expect(kMeans(clouds(), 3, seededRandom(seed)).groups).toEqual(groups);
    }
  });

  test("are set apart most clearly by as many as there are", () => {
    const rows = clouds();
    const values = [2, 3, 4, 5].map((k) => silhouette(rows, kMeans(rows, k, seededRandom(1)).groups, k));
    expect(Math.max(...values)).toBe(values[1]);
    expect(values[1]).toBeGreaterThan(0.9);
  });

  test("of equal rows are one, the others empty", () => {
    const rows = Array.from({ length: 5 }, () => Float64Array.of(1, 2));
    const { groups, within } = kMeans(rows, 2, seededRandom(1));
    expect(new Set(groups).size).toBe(1);
    expect(within).toBe(0);
  });
});
