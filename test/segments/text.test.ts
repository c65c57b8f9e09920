import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExpression } from "../../src/segments/expression.js";
import { formatExpression } from "../../src/segments/format.js";
import { expressions } from "./expressions.js";

/** The JSON form without the places of its nodes, which differ between the forms. */
function bare(where: unknown): unknown {
  return JSON.parse(JSON.stringify(parseExpression(where), (key, value) => (key === "path" ? undefined : value)));
}

const messageOf = (text: string): string => {
  try {
    parseExpression({ text });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "was taken";
};

describe("the text form of an expression", () => {
  test.each([
    ["tag.dormant and not tier in (LOW)", { all: [{ tag: { key: "dormant" } }, { not: { riskTier: { in: ["LOW"] } } }] }],
    ["tag.a or tag.b and tag.c", { any: [{ tag: { key: "a" } }, { all: [{ tag: { key: "b" } }, { tag: { key: "c" } }] }] }],
    ["(tag.a or tag.b) and tag.c", { all: [{ any: [{ tag: { key: "a" } }, { tag: { key: "b" } }] }, { tag: { key: "c" } }] }],
    ["NOT tag.a AND tag.b", { all: [{ not: { tag: { key: "a" } } }, { tag: { key: "b" } }] }],
    ["tag.orders_90d >= 2.5", { tag: { key: "orders_90d", op: "GTE", value: 2.5 } }],
    ['tag.plan in ("basic", "pro")', { tag: { key: "plan", op: "IN", values: ["basic", "pro"] } }],
    ["tag.seats between -3 and 1e3", { tag: { key: "seats", op: "BETWEEN", values: [-3, 1000] } }],
    ['attribute."home town" != "Oslo"', { attribute: { name: "home town", op: "NE", value: "Oslo" } }],
    ["tier(sales) = COLD", { riskTier: { scheme: "sales", in: ["COLD"] } }],
    ["probability in [0.5, 0.8)", { churnProbability: { gte: 0.5, lt: 0.8 } }],
    [
      "stage = ACTIVE or channel in (web, app)",
      { any: [{ lifecycleStage: { in: ["ACTIVE"] } }, { channel: { in: ["web", "app"] } }] },
    ],
    ["event(type: order, atMost: 0, withinDays: 30)", { event: { type: "order", atMost: 0, withinDays: 30 } }],
    ["event()", { event: {} }],
    [
      "rfm(recency: 1..2, frequency: 4.., monetary: ..3)",
      { rfm: { recency: { gte: 1, lte: 2 }, frequency: { gte: 4 }, monetary: { lte: 3 } } },
    ],
    [
      "decline(metric: orders_30d, severity: (SEVERE, MILD))",
      { decline: { metric: "orders_30d", severity: ["SEVERE", "MILD"] } },
    ],
    [
      "decline and break(direction: DOWN, sinceDays: 30)",
      { all: [{ decline: {} }, { behaviorBreak: { direction: "DOWN", sinceDays: 30 } }] },
    ],
    ['segment.lapsing and ids("VXNlcjox")', { all: [{ segment: { key: "lapsing" } }, { ids: ["VXNlcjox"] }] }],
    ["any(tag.a)", { any: [{ tag: { key: "a" } }] }],
  ])("%s", (text, where) => {
    expect(bare({ text })).toEqual(bare(where));
  });

  test("comes back as the same expression, whatever the expression", () => {
    fc.assert(
      fc.property(expressions, (where) => {
        const text = formatExpression(parseExpression(where));
        expect(bare({ text })).toEqual(bare(where));
        expect(formatExpression(parseExpression({ text }))).toBe(text);
      }),
      { numRuns: 3_000, seed: 7 },
    );
  });

  test.each([
    ["tag.a and", "where.text at 1:10: expected one of tag, tier,"],
    ["tag.a\nand tag.b )", 'where.text at 2:11: expected and, or, or the end, not ")".'],
    ["tag.a = b", 'where.text at 1:9: expected a number, true, false or a "text" in quotes, not "b".'],
    ['tag.a = "b', "where.text at 1:9: this quote is never closed."],
    ["tag.a ; drop table app_user", 'where.text at 1:7: ";" means nothing here'],
    ["probability <= 0.5", 'where.text at 1:13: expected ">=", "<" or in [from, to), not "<=".'],
    ["tag.a or tag.b >= true", "where.text at 1:10.tag.value: GTE orders numbers or texts; true has no order."],
    [
      "tag.a and event(type: order, within: 3)",
      'where.text at 1:11.event: "within" is not known here; did you mean "withinDays"?',
    ],
    ["", "where.text at 1:1: expected one of tag"],
    ["(".repeat(5_000), "where.text at 1:101: parentheses and nots stand at most 100 deep."],
    [`tag.a${" and tag.a".repeat(300)}`, "an expression has at most 200 nodes"],
    ["x".repeat(10_001), "the text has 10001 characters; at most 10000 are taken."],
  ] as const)("a mistake is named with its line and column (%#)", (text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  test("nothing that is written makes it fail in another way", () => {
    const word = fc.constantFrom(
      ...'tag . ( ) and or not tier in = >= < [ , ] between event : 1 2.5 "x" .. - true rfm a {} \\ " é'.split(" "),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }), (words) => {
        try {
          parseExpression({ text: words.join(" ") });
        } catch (error) {
          expect(error).toMatchObject({
            extensions: { code: expect.stringMatching(/^(BAD_INPUT|TOO_COMPLEX|TOO_LONG|BAD_CHARACTER)$/) },
          });
        }
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
