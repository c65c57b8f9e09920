import { describe, expect, test } from "vitest";
import { cleanAttributes, optionalText, Refusal, requiredInstant, requiredText, shown } from "../../src/people/clean.js";

function codeOf(value: unknown): string | undefined {
  return value instanceof Refusal ? value.code : undefined;
}

describe("texts", () => {
  test("a missing text is refused, an optional one is null", () => {
    for (const nothing of [null, undefined, ""]) {
      expect(codeOf(requiredText(nothing, "externalId", 10))).toBe("BAD_ROW");
      expect(optionalText(nothing, "channel", 10)).toBeNull();
    }
  });
  test("NUL bytes, lone surrogates and too long texts are refused; pairs and bounds are not", () => {
    expect(codeOf(requiredText("a\0b", "externalId", 10))).toBe("BAD_CHARACTER");
    expect(codeOf(requiredText("a\ud800b", "externalId", 10))).toBe("BAD_CHARACTER");
    expect(requiredText("a😀b", "externalId", 10)).toBe("a😀b");
    expect(codeOf(requiredText("x".repeat(11), "externalId", 10))).toBe("TOO_LONG");
    expect(requiredText("x".repeat(10), "externalId", 10)).toHaveLength(10);
    expect(codeOf(requiredText(7, "externalId", 10))).toBe("BAD_ROW");
  });
});

describe("instants", () => {
  test.each([
    ["2011-09-10T08:30:00Z", "2011-09-10T08:30:00.000Z"],
    ["2011-09-10T08:30:00.123456+02:00", "2011-09-10T06:30:00.123Z"],
    ["2011-09-10 08:30:00Z", "2011-09-10T08:30:00.000Z"],
    ["2011-09-10", "2011-09-10T00:00:00.000Z"],
    ["2012-02-29T00:00:00Z", "2012-02-29T00:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(new Date(requiredInstant(text, "occurredAt") as number).toISOString()).toBe(expected);
  });
  test.each([
    "20111-09-10T08:30:00Z",
    "+020111-09-10T08:30:00Z",
    "2011-02-29T00:00:00Z",
    "2011-13-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2011-09-10T25:00:00Z",
    "yesterday",
    "",
    null,
    1315643400,
    {},
  ])("%s is refused as BAD_DATE", (value) => {
    expect(codeOf(requiredInstant(value, "occurredAt"))).toBe("BAD_DATE");
  });
  test("an instant without an offset is refused, since a guess would shift it", () => {
    expect(codeOf(requiredInstant("2011-09-10T08:30:00", "occurredAt"))).toBe("BAD_DATE");
  });
});

describe("attributes", () => {
  test("plain values are taken, null included", () => {
    expect([
      ...(cleanAttributes({ plan: "gold", age: 41, vip: true, gone: null }, "attributes") as Map<string, unknown>),
    ]).toEqual([
      ["plan", "gold"],
      ["age", 41],
      ["vip", true],
      ["gone", null],
    ]);
  });
  test.each([
    ["a key that reaches the prototype", JSON.parse('{"__proto__": 1}')],
    ["constructor", { constructor: 1 }],
    ["prototype", { prototype: 1 }],
    ["nested values", { a: { b: 1 } }],
    ["lists", { a: [1] }],
    ["infinite numbers", { a: Number.POSITIVE_INFINITY }],
    ["a list instead of an object", [1]],
    ["an empty key", { "": 1 }],
  ])("%s: refused", (_name, value) => {
    expect(codeOf(cleanAttributes(value, "attributes"))).toBe("BAD_ROW");
  });
  test("bounds: 200 keys, keys of 100 and texts of 10,000 characters", () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`k${i}`, i]));
    expect(codeOf(cleanAttributes(many, "attributes"))).toBe("TOO_LONG");
    expect(codeOf(cleanAttributes({ ["k".repeat(101)]: 1 }, "attributes"))).toBe("TOO_LONG");
    expect(codeOf(cleanAttributes({ k: "v".repeat(10_001) }, "attributes"))).toBe("TOO_LONG");
    expect(codeOf(cleanAttributes({ k: "v\0" }, "attributes"))).toBe("BAD_CHARACTER");
  });
});

test("what is shown back is short and well formed", () => {
  expect(shown(`\0\ud800${"x".repeat(100)}`)).toHaveLength(67);
  expect(shown({})).toBe("an object");
});
