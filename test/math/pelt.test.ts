import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pelt, rateCost } from "../../src/math/pelt.js";

/** The least total by trying every division. */
function leastTotal(events: readonly number[], exposure: readonly number[], penalty: number, shortest: number): number {
  let least = Number.POSITIVE_INFINITY;
  const sum = (values: readonly number[], from: number, to: number) => values.slice(from, to).reduce((a, b) => a + b, 0);
  (function divide(from: number, total: number) {
    for (let to = from + shortest; to <= events.length; to++) {
      const next = total + rateCost(sum(events, from, to), sum(exposure, from, to));
      if (to === events.length) least = Math.min(least, next);
      else divide(to, next + penalty);
    }
  })(0, 0);
  return least;
}

describe("division into stretches of constant rate", () => {
  test("finds the best of all divisions, pruned or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 20 })), { minLength: 4, maxLength: 13 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0.5, 3, 10),
        (items, shortest, penalty) => {
          const events = items.map(([count]) => count);
          const exposure = items.map(([, length]) => length);
          const segments = pelt(events, exposure, penalty, shortest);
          expect(segments[0]!.from).toBe(0);
          expect(segments.at(-1)!.to).toBe(items.length);
          for (const { from, to } of segments) expect(to - from).toBeGreaterThanOrEqual(shortest);
          const total =
            segments.reduce((sum, segment) => sum + rateCost(segment.events, segment.exposure), 0) +
            penalty * (segments.length - 1);
          expect(total).toBeCloseTo(leastTotal(events, exposure, penalty, shortest), 8);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  test("several changes are found at once, each where it is", () => {
    const counts = [...Array(8).fill(9), ...Array(8).fill(1), ...Array(8).fill(9)];
    expect(pelt(counts, Array(24).fill(1), 10, 4).map(({ from, to }) => [from, to])).toEqual([
      [0, 8],
      [8, 16],
      [16, 24],
    ]);
  });

  test("an empty series has no stretch, a short one has one", () => {
    expect(pelt([], [], 10, 4)).toEqual([]);
    expect(pelt([3, 0], [1, 1], 10, 4)).toEqual([{ from: 0, to: 2, events: 3, exposure: 2 }]);
  });
});
