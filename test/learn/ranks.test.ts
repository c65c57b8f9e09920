import { describe, expect, it } from "vitest";
import type { Forest } from "../../src/learn/forest.js";
import { rankedColumns, ranksOf } from "../../src/learn/ranks.js";
import { seededRandom } from "../../src/math/random.js";

const random = seededRandom(11);

/** A forest that asks for these thresholds, one after the other. */
function asking(thresholds: readonly number[]): Forest {
  const size = thresholds.length;
  return {
    columns: 1,
    feature: new Int32Array(size),
    threshold: Float64Array.from(thresholds),
    left: new Int32Array(size),
    right: new Int32Array(size),
    missingLeft: new Uint8Array(size),
    value: new Float64Array(size),
    cover: new Float64Array(size),
    roots: Int32Array.of(0),
  };
}

describe("the rank of a value among a column's thresholds", () => {
  it.each([
    ["none", []],
    ["one", [3]],
    ["evenly spread, and one of them twice", [...Array.from({ length: 200 }, (_, i) => i / 7), 1]],
    ["spread over many powers of ten", Array.from({ length: 300 }, () => Math.exp(40 * random() - 20))],
    ["the lowest number of all, which sets missing values apart", [-Number.MAX_VALUE, -2, 0, 5, 5 + 1e-12]],
    ["next to one another", Array.from({ length: 9 }, (_, i) => 1 + i * Number.EPSILON)],
    ["so far apart that their distance overflows", [-1e308, 0, 1, 1e308]],
  ])("is how many are at most as large: %s", (_, thresholds) => {
    const near = thresholds.flatMap((t) => [t, t * (1 - Number.EPSILON), t * (1 + Number.EPSILON), t - 1, t + 1]);
    const anywhere = Array.from({ length: 500 }, () => Math.exp(60 * random() - 30) * (random() < 0.3 ? -1 : 1));
    const values = Float64Array.of(...near, ...anywhere, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);
    const ranks = ranksOf({ rows: values.length, columns: [values] }, rankedColumns(asking(thresholds)));
    const distinct = [...new Set(thresholds)];
    for (const [row, value] of values.entries()) {
      const rank = distinct.filter((threshold) => value >= threshold).length;
      const isMissing = Number.isNaN(value);
      expect(ranks[2 * row], `the lower rank of ${value}`).toBe(isMissing ? -1 : rank);
      expect(ranks[2 * row + 1], `the higher rank of ${value}`).toBe(isMissing ? 0x3fff_ffff : rank);
    }
  });
});
