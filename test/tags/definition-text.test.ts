import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ValueKind } from "../../src/tags/definition.js";
import { readInput } from "../../src/tags/definition-text.js";
import { formatDefinition } from "../../src/tags/format-definition.js";
import { LIBRARY } from "../../src/tags/library.js";
import { ExpressionError, parseExpression, type Vocabulary } from "../../src/tags/parse.js";
import { condition, text, value } from "./expressions.js";
import { TYPES } from "./real.js";

const VOCABULARY: Vocabulary = {
  kindOfTag: (key) => ({ vip: "condition", orders_90d: "number", favourite_brand: "text" })[key] as ValueKind | undefined,
  isEventType: (key) => TYPES.some((type) => type.key === key),
  typeOfAttribute: (key) => ({ plan: "TEXT", seats: "NUMBER" })[key] as "TEXT" | "NUMBER" | undefined,
};

/** Where a text is refused, and why. */
function refusal(written: string, wanted: ValueKind): string {
  try {
    const { json, placed } = readInput({ text: written });
    try {
      parseExpression(json, wanted, VOCABULARY);
    } catch (error) {
      throw error instanceof ExpressionError ? placed(error) : error;
    }
  } catch (error) {
    if (error instanceof ExpressionError) return `${error.path.join(".")}: ${error.message}`;
    throw error;
  }
  return "was taken";
}

describe("the text form of a definition", () => {
  test.each<[string, unknown]>([
    [
      "tag.vip and count(login, days: 30) = 0",
      { all: [{ tag: "vip" }, { eq: [{ measure: "count", types: ["login"], days: 30 }, 0] }] },
    ],
    ["tag.a or tag.b and not tag.c", { any: [{ tag: "a" }, { all: [{ tag: "b" }, { not: { tag: "c" } }] }] }],
    ["1 + 2 * 3 - 4 / 5", { subtract: [{ add: [1, { multiply: [2, 3] }] }, { divide: [4, 5] }] }],
    ["1 + 2 + (3 + 4)", { add: [1, 2, { add: [3, 4] }] }],
    ["-2 - -tag.a", { subtract: [-2, { multiply: [-1, { tag: "a" }] }] }],
    ["sum(TRANSACTION, days: 90, endingDaysAgo: 90)", { measure: "sum", kinds: ["TRANSACTION"], days: 90, endingDaysAgo: 90 }],
    ['channel in ("web", "app")', { in: [{ user: "channel" }, "web", "app"] }],
    ['lower(attribute."home town" as TEXT)', { lower: { attribute: "home town", as: "TEXT" } }],
    ['case(tag.vip, "gold", tag.b, "silver", "none")', { case: [{ tag: "vip" }, "gold", { tag: "b" }, "silver", "none"] }],
    ['daysSince(date("2024-02-29")) > 7', { gt: [{ daysSince: { date: "2024-02-29" } }, 7] }],
    ["weekday(asOf)", { weekday: { daysAgo: 0 } }],
    ["max(tag.a, -1)", { max: [{ tag: "a" }, -1] }],
  ])("%s", (written, json) => {
    expect(readInput({ text: written }).json).toEqual(json);
  });

  test("an attribute is read as it is declared, or as fits", () => {
    const read = (written: string) => parseExpression(readInput({ text: written }).json, "condition", VOCABULARY);
    expect(read("attribute.plan = attribute.former_plan")).toEqual({
      eq: [
        { attribute: "plan", as: "TEXT" },
        { attribute: "former_plan", as: "TEXT" },
      ],
    });
    expect(read("daysSince(attribute.renewal) > attribute.seats")).toEqual({
      gt: [{ daysSince: { attribute: "renewal", as: "DATE" } }, { attribute: "seats", as: "NUMBER" }],
    });
  });

  test("comes back as the same definition: of any expression, and of the whole library", () => {
    const again = (expression: Parameters<typeof formatDefinition>[0]) => readInput({ text: formatDefinition(expression) }).json;
    for (const { definition } of LIBRARY) if (definition) expect(again(definition.expression)).toEqual(definition.expression);
    fc.assert(
      fc.property(fc.oneof(condition, value, text), (expression) => {
        // A given tag is written by its key alone, as outside.
        const outside = JSON.parse(JSON.stringify(expression), (_, part) => (part?.given ? { tag: part.given } : part));
        expect(again(outside)).toEqual(outside);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, ValueKind, string]>([
    ["tag.vip and", "condition", "text.1:12: expected a value, not the end."],
    ["tag.vip and\n  tag.nope", "condition", 'text.2:3: "nope" is not the key of a tag; `tags` lists those there are.'],
    [
      'count(login, "nope") > 1',
      "condition",
      'text.1:14: "nope" is not the key of an event type; `eventTypes` lists those there are.',
    ],
    ["1 + tag.favourite_brand", "number", "text.1:5: a number belongs here, and the tag favourite_brand gives a text."],
    ['tag.orders_90d > "3"', "condition", 'text.1:18: a number belongs here, and the text "3" gives a text.'],
    [
      "tag.orders_90d",
      "condition",
      "text.1:1: a condition belongs here, and the tag orders_90d gives a number; compare it with eq, ne, in, gt, lt, gte or lte.",
    ],
    ["count(days: 4000)", "number", "text.1:1: a whole number from 1 to 3650 belongs here, not 4000."],
    ["frequency(days: 30)", "number", 'text.1:1: "frequency" is no measure; there are '],
    ["vip", "condition", 'text.1:1: "vip" stands for nothing; tags are tag.vip, texts stand in "quotes".'],
    ['daysSince("soon")', "number", 'text.1:1: a day such as "2026-01-31" or an RFC 3339 instant belongs here, not "soon".'],
    ["attribute.a = attribute.b", "condition", "text.1:1: eq has to know as what its parts are read; write "],
    [
      "length(attribute.seats) > 1",
      "condition",
      "text.1:8: the attribute seats is declared as NUMBER, and cannot be read as TEXT.",
    ],
    ["tag.vip # 1", "condition", 'text.1:9: "#" means nothing here; texts stand in "quotes".'],
    [`${"(".repeat(200)}1`, "number", "text.1:102: parentheses and nots stand at most 100 deep."],
  ])("%s is refused with its place", (written, wanted, message) => {
    expect(refusal(written, wanted)).toContain(message);
  });
});
