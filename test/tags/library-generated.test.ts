import { describe, expect, test } from "vitest";
import { sentenceOf } from "../../src/tags/decline-evidence.js";
import { compile } from "../../src/tags/evaluate.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { severityOf } from "../../src/tags/holding.js";
import { DEFINITIONS, LIBRARY } from "../../src/tags/library.js";
import { GENERATED_DECLINES } from "../../src/tags/library-generated.js";
import { TYPES } from "./real.js";

const AS_OF = Date.UTC(2026, 0, 1);
const LOGIN = 1;
const ORDER = 2;
const COMPLAINT = 3;

/** The generated tags of a user with these events, as days before asOf. */
function declinesOf(events: { daysAgo: number; type?: number; amount?: number; categories?: number[] }[]): string[] {
  const writer = new HistoryWriter(1);
  writer.user(1);
  for (const { daysAgo, type = ORDER, amount = 10, categories = [] } of [...events].sort((a, b) => b.daysAgo - a.daysAgo)) {
    writer.event(AS_OF - daysAgo * DAY_MS, type, type === ORDER ? amount * 10_000 : Number.NaN);
    for (const category of categories) writer.category(category);
  }
  const keys = GENERATED_DECLINES.map(({ key }) => key);
  const columns = compile(
    keys.map((tag) => ({ tag })),
    TYPES,
    DEFINITIONS,
  )(writer.finish(), AS_OF);
  return keys.filter((_, place) => columns[place]![0] === 1);
}
const times = (count: number, from: number, step: number) => Array.from({ length: count }, (_, place) => from + place * step);

describe("generated decline tags", () => {
  test("are bounded in number, and each carries the words of its evidence", () => {
    expect(GENERATED_DECLINES.length).toBe(40);
    expect(LIBRARY.length).toBeLessThanOrEqual(150);
    for (const { definition, key } of LIBRARY.filter(({ kind }) => kind === "DECLINE")) {
      const sentence = sentenceOf(definition!, { current: 1, baseline: 4, ratio: 0.25, severity: "MILD" });
      expect(sentence, key).toMatch(/^[A-Z0-9].*\.$/);
      expect(sentence, key).not.toMatch(/[{}]/);
    }
  });

  test("a fall from 1 to 0 is no decline, nor one from 4 to 0; one from 5 to 0 is", () => {
    const ordersBefore = (orders: number) => [{ daysAgo: 400 }, ...times(orders, 35, 5).map((daysAgo) => ({ daysAgo }))];
    expect(declinesOf(ordersBefore(1))).not.toContain("orders_falling_30d");
    expect(declinesOf(ordersBefore(4))).not.toContain("orders_falling_30d");
    expect(declinesOf(ordersBefore(5))).toContain("orders_falling_30d");
  });

  test("whoever came within the baseline has nothing to fall from", () => {
    const first = times(6, 35, 3).map((daysAgo) => ({ daysAgo }));
    expect(declinesOf(first)).not.toContain("orders_falling_30d");
    expect(declinesOf([...first, { daysAgo: 61 }])).toContain("orders_falling_30d");
  });

  test("interactions and orders are told apart", () => {
    const logins = [{ daysAgo: 400 }, ...times(20, 8, 0.3).map((daysAgo) => ({ daysAgo, type: LOGIN }))];
    const found = declinesOf(logins);
    expect(found).toContain("interactions_falling_7d");
    expect(found).not.toContain("orders_falling_7d");
  });

  test("amounts, categories and value per order ask for three orders", () => {
    const dear = (count: number) => times(count, 35, 5).map((daysAgo) => ({ daysAgo, amount: 100, categories: [1, 2, 3] }));
    const cheap = times(3, 5, 5).map((daysAgo) => ({ daysAgo, amount: 10, categories: [1] }));
    const old = { daysAgo: 400 };
    expect(declinesOf([old, ...dear(2), ...cheap])).not.toContain("amount_falling_30d");
    const found = declinesOf([old, ...dear(3), ...cheap]);
    expect(found).toEqual(expect.arrayContaining(["amount_falling_30d", "order_value_falling_30d", "categories_falling_30d"]));
    expect(declinesOf([old, ...dear(3), ...cheap.slice(1)])).not.toContain("order_value_falling_30d");
  });

  test("three windows that fall are one more sign, where the whole fall is beyond chance", () => {
    const visits = (...counts: number[]) => [
      { daysAgo: 400 },
      ...counts
        .flatMap((count, window) => times(count, 30 * (counts.length - 1 - window) + 1, 1))
        .map((daysAgo) => ({ daysAgo, type: LOGIN })),
    ];
    expect(declinesOf(visits(15, 9, 5))).toContain("interactions_three_falling_30d");
    expect(declinesOf(visits(3, 2, 1))).not.toContain("interactions_three_falling_30d");
    expect(declinesOf(visits(15, 16, 5))).not.toContain("interactions_three_falling_30d");
    expect(declinesOf(visits(15, 9, 5).slice(1)), "known for all three").not.toContain("interactions_three_falling_30d");
  });

  test("a silence is dormancy where three were to be expected in it", () => {
    const orders = (count: number) => times(count, 31, 80 / count).map((daysAgo) => ({ daysAgo }));
    expect(declinesOf(orders(8))).not.toContain("orders_dormant_30d");
    expect(declinesOf(orders(9))).toContain("orders_dormant_30d");
    expect(declinesOf([...orders(9), { daysAgo: 3 }])).not.toContain("orders_dormant_30d");
  });

  test("a lapse is measured against the median gap, which one long holiday does not move", () => {
    const weekly = [...times(10, 30, 7), ...times(5, 200, 7)].map((daysAgo) => ({ daysAgo }));
    expect(declinesOf(weekly)).toContain("orders_lapsed");
    expect(declinesOf(weekly.map(({ daysAgo }) => ({ daysAgo: daysAgo - 20 })))).not.toContain("orders_lapsed");
    // Four events are no habit.
    expect(declinesOf(weekly.slice(0, 4))).not.toContain("orders_lapsed");
  });

  test("a slope has to be steeper than chance", () => {
    const fading = [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1, 0].flatMap((count, week) =>
      times(count, 7 * (11 - week) + 0.5, 0.5).map((daysAgo) => ({ daysAgo, type: LOGIN })),
    );
    expect(declinesOf([{ daysAgo: 400 }, ...fading])).toContain("interactions_slope_falling_12w");
    const steady = times(24, 0.5, 3.5).map((daysAgo) => ({ daysAgo, type: LOGIN }));
    expect(declinesOf([{ daysAgo: 400 }, ...steady])).not.toContain("interactions_slope_falling_12w");
  });

  test("negative behaviour rises from three on", () => {
    const complaints = (count: number) => [
      { daysAgo: 100 },
      ...times(count, 3, 2).map((daysAgo) => ({ daysAgo, type: COMPLAINT })),
    ];
    expect(declinesOf(complaints(2))).not.toContain("negative_rising_30d");
    expect(declinesOf(complaints(3))).toContain("negative_rising_30d");
    const { severity } = GENERATED_DECLINES.find(({ key }) => key === "negative_rising_30d")!.definition!.decline!;
    expect([3, 5, 10].map((count) => severityOf(severity, count))).toEqual(["MILD", "MODERATE", "SEVERE"]);
  });
});
