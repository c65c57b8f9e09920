import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanEvent, type EventInput } from "../../src/events/clean.js";
import { productUnits, textOfUnits, unitsOf } from "../../src/events/decimal.js";
import { Refusal } from "../../src/people/clean.js";

const types = new Map([
  ["order", 1],
  ["page_view", 2],
]);
const now = Date.parse("2011-09-10T00:00:00Z");
const good: EventInput = { externalId: "ann", type: "order", occurredAt: "2011-09-09T00:00:00Z" };

describe("decimals are whole units of 1e-4", () => {
  test.each([
    ["11.77", 117_700],
    ["-0.01", -100],
    ["+5", 50_000],
    [".5", 5_000],
    ["5.", 50_000],
    ["0.00005", 1],
    ["-0.00005", -1],
    ["0.00004", 0],
    ["1e3", 10_000_000],
    ["-0", 0],
    ["900000000000", 9_000_000_000_000_000],
  ])("%s", (text, units) => {
    expect(unitsOf(text)).toBe(units);
  });
  test.each(["", ".", "-", "1,234.50", "£5", "NaN", "Infinity", "1e999", "0x10", "12 ", "900000000000.0001", "9".repeat(40)])(
    "%s is none",
    (text) => {
      expect(unitsOf(text)).toBeNaN();
    },
  );
  test("products are exact, rounded once", () => {
    expect(productUnits(["12", "2.55"])).toBe(306_000);
    expect(productUnits(["-80995", "2.08"])).toBe(-1_684_696_000);
    expect(productUnits(["0.01", "0.01"])).toBe(1);
    expect(productUnits(["0.01", "0.005"])).toBe(1);
    expect(productUnits(["0.01", "-0.005"])).toBe(-1);
    expect(productUnits(["1", "x"])).toBeNaN();
  });
  test("text and units are one another's inverse", () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e15, max: 9e15 }), (units) => {
        expect(unitsOf(textOfUnits(units))).toBe(units);
      }),
    );
  });
  test("products equal exact integer arithmetic", () => {
    const factor = fc.integer({ min: -3_000_000_000, max: 3_000_000_000 });
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        const exact = BigInt(a) * BigInt(b);
        const rounded = (exact + (exact < 0n ? -5_000n : 5_000n)) / 10_000n;
        expect(productUnits([textOfUnits(a), textOfUnits(b)])).toBe(Number(rounded));
      }),
    );
  });
});

describe("an event row", () => {
  test("that is clean becomes numbers", () => {
    expect(cleanEvent({ ...good, amount: 12.1, category: "a", categories: ["b", "a"] }, types, now)).toEqual({
      externalId: "ann",
      source: "default",
      typeId: 1,
      at: Date.parse("2011-09-09T00:00:00Z"),
      eventId: null,
      amount: 121_000,
      categories: ["a", "b"],
      channel: null,
      properties: null,
    });
  });
  test.each<[string, EventInput, string]>([
    ["no user", { externalId: null }, "BAD_ROW"],
    ["a user with a NUL byte", { externalId: "a\0" }, "BAD_CHARACTER"],
    ["a user of 256 characters", { externalId: "x".repeat(256) }, "TOO_LONG"],
    ["no type", { type: undefined }, "BAD_ROW"],
    ["an unknown type", { type: "ordr" }, "UNKNOWN_EVENT_TYPE"],
    ["no date", { occurredAt: null }, "BAD_DATE"],
    ["the year 20111", { occurredAt: "20111-09-09T00:00:00Z" }, "BAD_DATE"],
    ["the year 1899", { occurredAt: "1899-09-09T00:00:00Z" }, "BAD_DATE"],
    ["a date that is none", { occurredAt: "2011-02-30T00:00:00Z" }, "BAD_DATE"],
    ["more than a day ahead", { occurredAt: "2011-09-11T00:00:01Z" }, "BAD_DATE"],
    ["NaN", { amount: Number.NaN }, "BAD_AMOUNT"],
    ["an infinite amount", { amount: Number.POSITIVE_INFINITY }, "BAD_AMOUNT"],
    ["an amount of a trillion", { amount: 1e12 }, "BAD_AMOUNT"],
    ["an amount in words", { amount: "twelve" }, "BAD_AMOUNT"],
    ["an amount that is an object", { amount: {} }, "BAD_AMOUNT"],
    ["a lone surrogate", { category: "\ud800" }, "BAD_CHARACTER"],
    ["a very long category", { category: "c".repeat(201) }, "TOO_LONG"],
    ["too many categories", { categories: Array.from({ length: 1_001 }, (_, i) => `c${i}`) }, "TOO_LONG"],
    ["an event id of 256 characters", { eventId: "e".repeat(256) }, "TOO_LONG"],
    ["properties that reach the prototype", { properties: { a: { constructor: 1 } } }, "BAD_ROW"],
    ["properties with a NUL byte", { properties: { a: ["\0"] } }, "BAD_CHARACTER"],
    ["very deep properties", { properties: JSON.parse(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`) }, "TOO_LONG"],
    ["very long properties", { properties: { a: "x".repeat(20_001) } }, "TOO_LONG"],
    ["properties that are a list", { properties: [1] }, "BAD_ROW"],
  ])("with %s is refused", (_name, change, code) => {
    const refused = cleanEvent({ ...good, ...change }, types, now);
    expect(refused).toBeInstanceOf(Refusal);
    expect((refused as Refusal).code).toBe(code);
    expect((refused as Refusal).message.length).toBeLessThan(300);
  });
  test("an unknown type that is nearly a known one is told so", () => {
    expect((cleanEvent({ ...good, type: "PageView" }, types, now) as Refusal).message).toContain("write page_view");
  });
  test("nothing at all makes it throw", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            externalId: fc.anything(),
            source: fc.anything(),
            type: fc.anything(),
            occurredAt: fc.anything(),
            amount: fc.anything(),
            categories: fc.anything(),
            properties: fc.object(),
          },
          { requiredKeys: [] },
        ),
        (row) => {
          cleanEvent(row, types, now);
          cleanEvent({ ...good, ...row, type: "order" }, types, now);
        },
      ),
    );
  });
});
