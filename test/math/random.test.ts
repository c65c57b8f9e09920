import { describe, expect, it } from "vitest";
import { seededRandom, shuffle } from "../../src/math/random.js";

describe("a seeded stream", () => {
  it("is the same for the same seed and another for another", () => {
    const take = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(take(42)).toEqual(take(42));
    expect(take(42)).not.toEqual(take(43));
    expect(take(1)).not.toEqual(take(1 + 2 ** 32));
  });

  it("is uniform on [0, 1)", () => {
    const counts = new Float64Array(10);
    const random = seededRandom(1);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]! += 1;
    // Chi-square with 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });

  it("refuses what is not a safe integer", () => expect(() => seededRandom(0.5)).toThrow(RangeError));
});

describe("shuffling", () => {
  it("keeps every index and reaches every order", () => {
    const random = seededRandom(3);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const order = Int32Array.of(0, 1, 2);
      shuffle(order, random);
      seen.add(order.join());
    }
    expect(seen.size).toBe(6);
  });
});
