import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanJson } from "../../src/gate/json.js";
import { HttpRefusal } from "../../src/gate/refusal.js";

describe("the scan before JSON.parse", () => {
  test("any JSON object of modest depth comes through, and what cannot be stored is found where JSON.parse finds it", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom("\0", "\ud800", "\udc00", "\ud83c\udf0a", '"', "\\", "{", "[", "]"),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
      maxLength: 6,
    });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(text, tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(text, value), fc.boolean(), (object, spaced) => {
        const json = JSON.stringify(object, null, spaced ? 1 : 0);
        const facts = scanJson(json);
        const expected = badCharacters(JSON.parse(json));
        expect([facts.outsideRows !== undefined, facts.inRows !== undefined]).toEqual([expected.outside, expected.inside]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("depth is counted in lists and objects alike, and brackets in texts are text", () => {
    expect(() => scanJson('{"a":[{"b":"[[[[[{{{{\\"[[["}]}', 3)).not.toThrow();
    expect(() => scanJson('{"a":[{"b":[]}]}', 3)).toThrow(/deeper than 3 levels/);
  });

  test("a key that reaches a prototype is refused however it is written; as a text it is a text", () => {
    expect(() => scanJson('{"a":{"__proto__":1}}')).toThrow(HttpRefusal);
    expect(() => scanJson('{"a":{"\\u005f\\u005fproto\\u005f\\u005f"\n :1}}')).toThrow(HttpRefusal);
    expect(() => scanJson('{"a":"__proto__"}')).not.toThrow();
    expect(() => scanJson('{"a":"\\"__proto__":1}')).not.toThrow();
  });

  test("whatever is sent, it answers or refuses", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc
            .array(fc.constantFrom("{", "}", "[", "]", '"', "\\u", "d800", ":", ",", "1", " "), { maxLength: 200 })
            .map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            scanJson(text);
          } catch (error) {
            expect(error).toBeInstanceOf(HttpRefusal);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

/** The plain way: parse it all, then look at every text; a row is an object in a list. */
function badCharacters(root: unknown) {
  const found = { outside: false, inside: false };
  const visit = (value: unknown, listed: boolean, row: boolean) => {
    if (typeof value === "string") mark(value, row);
    else if (Array.isArray(value)) for (const item of value) visit(item, true, row);
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        mark(key, row || listed);
        visit(item, false, row || listed);
      }
    }
  };
  const mark = (text: string, row: boolean) => {
    if (text.includes("\0") || !text.isWellFormed()) found[row ? "inside" : "outside"] = true;
  };
  visit(root, false, false);
  return found;
}
