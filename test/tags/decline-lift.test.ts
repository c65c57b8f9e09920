import { describe, expect, test } from "vitest";
import { mantelHaenszelRatio, riskRatio } from "../../src/math/risk-ratio.js";
import { compile } from "../../src/tags/evaluate.js";
import { DEFINITIONS, LIBRARY } from "../../src/tags/library.js";
import { dataIsAbsent, readFeatures, readReal, readReference, TYPES } from "./real.js";

interface Lift {
  readonly users: number;
  /** Churn rate of those who hold the tag over that of those who do not. */
  readonly bare: number;
  /** The same among users of like frequency: Mantel and Haenszel's risk ratio over bands of events_180d. */
  readonly likeWithLike: number;
}

function liftOf(held: Float64Array, churned: Float64Array, bands: Float64Array): Lift {
  const cells = new Map<number, [number, number, number, number]>();
  const all: [number, number, number, number] = [0, 0, 0, 0];
  for (let row = 0; row < held.length; row++) {
    const cell = cells.get(bands[row]!) ?? [0, 0, 0, 0];
    cells.set(bands[row]!, cell);
    const side = held[row] === 1 ? 0 : 2;
    for (const counts of [cell, all]) {
      counts[side]! += churned[row]!;
      counts[side + 1]! += 1;
    }
  }
  return { users: all[1], bare: riskRatio(...all).ratio, likeWithLike: mantelHaenszelRatio([...cells.values()]) };
}

/** Generated, and guarded by a minimum of evidence, over the window in which retail customers order more than once. */
const GUARDED = ["orders_falling_90d", "amount_falling_90d", "active_days_falling_90d", "categories_falling_90d"];
const DECLINE_KEYS = LIBRARY.filter(({ kind }) => kind === "DECLINE").map(({ key }) => key);

function liftsOf(set: "cdnow" | "online_retail", day: string): Map<string, Lift> {
  const { histories, users } = readReal(set);
  const columns = compile(
    [...DECLINE_KEYS.map((tag) => ({ tag })), { any: GUARDED.map((tag) => ({ tag })) }, { tag: "events_180d" }],
    TYPES,
    DEFINITIONS,
  )(histories, Date.parse(day));
  const features = readFeatures(set, day);
  const rowOf = new Map(users.map((user, row) => [user, row]));
  const rows = features.users.map((user) => rowOf.get(user)!);
  const churned = features.columns.get("churned")!;
  const bands = Float64Array.from(rows, (row) => Math.floor(2 * Math.log2(columns.at(-1)![row]!)));
  return new Map(
    [...DECLINE_KEYS, "any guarded"].map((key, place) => [
      key,
      liftOf(
        Float64Array.from(rows, (row) => columns[place]![row]!),
        churned,
        bands,
      ),
    ]),
  );
}

describe.skipIf(dataIsAbsent).each(["cdnow", "online_retail"] as const)("%s", (set) => {
  test.each(dataIsAbsent ? [] : Object.keys(readReference(set).at))(
    "among users of like frequency a guarded fall says more of churn than the bare half, at %s",
    (day) => {
      const lifts = liftsOf(set, day);
      console.log(
        [...lifts]
          .filter(([, { users }]) => users >= 10)
          .map(
            ([key, { users, bare, likeWithLike }]) =>
              `${set} ${day} ${key}: ${users} users, bare ${bare.toFixed(2)}, like with like ${likeWithLike.toFixed(2)}`,
          )
          .join("\n"),
      );
      const bareRule = lifts.get("freq_drop_50")!;
      const guarded = lifts.get("any guarded")!;
      expect(bareRule.bare).toBeLessThan(1);
      // Both flag the more frequent, who churn less whatever befalls them. Among users of like frequency the bare rule says nothing or the
      // reverse, and a guarded fall goes with more churn than that.
      expect(bareRule.likeWithLike).toBeLessThan(1.01);
      expect(guarded.likeWithLike).toBeGreaterThan(bareRule.likeWithLike);
    },
  );
});
