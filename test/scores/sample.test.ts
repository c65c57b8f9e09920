import { expect, test } from "vitest";
import { isSampled, MOST_CELLS, shareThatFits } from "../../src/scores/sample.js";

test("a sample that fits is taken whole, a larger one by a share of its users", () => {
  expect(shareThatFits(100_000, 60)).toBe(1);
  expect(shareThatFits(1_000_000, 30)).toBe(1);
  const share = shareThatFits(2_000_000, 60);
  expect(share * 2_000_000 * 60).toBe(MOST_CELLS);
  const users = Array.from({ length: 200_000 }, (_, id) => id + 1);
  const kept = users.filter((id) => isSampled(id, share));
  expect(kept.length / users.length).toBeCloseTo(share, 2);
  // Neighbours by number are no neighbours by hash: every part of the users is thinned alike.
  for (let part = 0; part < 10; part++) {
    const inside = kept.filter((id) => id > part * 20_000 && id <= (part + 1) * 20_000);
    expect(inside.length / 20_000).toBeCloseTo(share, 1);
  }
  expect(users.filter((id) => isSampled(id, share))).toEqual(kept);
  expect(users.every((id) => isSampled(id, 1))).toBe(true);
});
