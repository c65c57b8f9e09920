import "reflect-metadata";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TidemarkError } from "../../src/errors.js";
import { toGlobalId } from "../../src/node.js";
import { bindExpression } from "../../src/segments/bind.js";
import type { Catalogue } from "../../src/segments/catalogue.js";
import { parseExpression } from "../../src/segments/expression.js";
import { nearest } from "../../src/segments/nearest.js";
import { expressions } from "./expressions.js";
import { CATALOGUE } from "./population.js";

function refusal(input: unknown, catalogue: Catalogue = CATALOGUE): { code: string; message: string } {
  try {
    bindExpression(parseExpression(input), catalogue);
  } catch (error) {
    if (error instanceof TidemarkError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(input)}`);
}

const nested = (depth: number): unknown => (depth === 1 ? { tag: { key: "vip" } } : { not: nested(depth - 1) });

describe("every refusal names the path, what stands there and what fits", () => {
  test.each([
    [
      { all: [{ tag: { key: "vip" } }, { tag: { key: "freq_drop50" } }] },
      "UNKNOWN_TAG",
      'where.all[1].tag.key: there is no tag "freq_drop50"; did you mean "freq_drop_50"?',
    ],
    [{ tag: { key: "zzz" } }, "UNKNOWN_TAG", 'where.tag.key: there is no tag "zzz"; Query.tags lists the library.'],
    [
      { not: { segment: { key: "quite" } } },
      "UNKNOWN_SEGMENT",
      'where.not.segment.key: there is no segment "quite"; did you mean "quiet"?',
    ],
    [{ event: { type: "logn" } }, "UNKNOWN_EVENT_TYPE", 'where.event.type: there is no event type "logn"; did you mean "login"?'],
    [
      { riskTier: { in: ["LOW", "HUGE"] } },
      "BAD_INPUT",
      'where.riskTier.in[1]: the scheme "default" has no tier "HUGE"; it has LOW, MEDIUM, HIGH.',
    ],
    [
      { riskTier: { in: ["LOW"], scheme: "sale" } },
      "NOT_FOUND",
      'where.riskTier.scheme: there is no tier scheme "sale"; did you mean "sales"?',
    ],
    [
      { tag: { key: "seats", op: "GT", value: "many" } },
      "BAD_INPUT",
      'where.tag: "seats" is a NUMBER tag, so it cannot be compared with "many"; pass a number.',
    ],
    [
      { tag: { key: "vip", op: "EQ", value: false } },
      "BAD_INPUT",
      'where.tag: "vip" is held or not held and has no other value; ask for {tag: {key: "vip"}}, or wrap it in {not: ...}.',
    ],
    [
      { tag: { key: "seats", value: 3 } },
      "BAD_INPUT",
      "where.tag.op: is missing beside value; it is one of IS_SET, EQ, NE, LT, LTE, GT, GTE, IN, BETWEEN.",
    ],
    [{ tag: { key: "seats", op: "IN", value: 3 } }, "BAD_INPUT", "where.tag.value: IN takes values, not value."],
    [
      { tag: { key: "seats", op: "BETWEEN", values: [1] } },
      "BAD_INPUT",
      "where.tag.values: BETWEEN takes two numbers or two texts, [low, high], both included.",
    ],
    [
      { tag: { key: "seats", op: "GT", value: Number.NaN } },
      "BAD_INPUT",
      "where.tag.value: expected a Boolean, a finite number or a text, not NaN.",
    ],
    [
      { attribute: { name: "vip", op: "LT", value: true } },
      "BAD_INPUT",
      "where.attribute.value: LT orders numbers or texts; true has no order. Use EQ or NE.",
    ],
    [{ attribute: { op: "IS_SET" } }, "BAD_INPUT", "where.attribute.name: is missing; it takes a text."],
    [
      { tag: { key: "vip" }, channel: { in: ["app"] } },
      "BAD_INPUT",
      "where: a node has exactly one key; this one has tag and channel. Join them with {all: [...]} or {any: [...]}.",
    ],
    [{ tagg: { key: "vip" } }, "BAD_INPUT", 'where: "tagg" is not known here; did you mean "tag"?'],
    [{ all: [] }, "BAD_INPUT", "where.all: the list is empty; name at least one node."],
    [{ all: { tag: { key: "vip" } } }, "BAD_INPUT", "where.all: expected a list of nodes, not an object with tag."],
    ["vip", "BAD_INPUT", /^where: expected an object with all, any, not, tag, .*, not "vip"\.$/],
    [{ tag: null }, "BAD_INPUT", /^where: a node has exactly one of all, any, .*; this one has none\.$/],
    [{ churnProbability: {} }, "BAD_INPUT", "where.churnProbability: it takes gte, lt or both, for example {gte: 0.8}."],
    [{ churnProbability: { gte: 80 } }, "BAD_INPUT", "where.churnProbability.gte: expected a number from 0 to 1, not 80."],
    [
      { event: { type: "login", atLeast: 3, atMost: 2 } },
      "BAD_INPUT",
      "where.event: atLeast 3 is more than atMost 2; nobody can satisfy both.",
    ],
    [
      { event: { type: "login", withinDays: 0 } },
      "BAD_INPUT",
      "where.event.withinDays: expected a number from 1 to 100000, not 0.",
    ],
    [
      { event: { type: "login", category: "socks" } },
      "NOT_FOUND",
      'where.event.category: no event has the category "socks"; categories come with events.',
    ],
    [
      { channel: { in: ["a\0b"] } },
      "BAD_CHARACTER",
      "where.channel.in[0]: the text has a NUL byte or a lone surrogate; take it out.",
    ],
    [
      { channel: { in: ["\ud800"] } },
      "BAD_CHARACTER",
      "where.channel.in[0]: the text has a NUL byte or a lone surrogate; take it out.",
    ],
    [
      { channel: { in: ["x".repeat(1_001)] } },
      "TOO_LONG",
      "where.channel.in[0]: the text has 1001 characters; at most 1000 are taken.",
    ],
    [{ ids: [toGlobalId("Tag", 1)] }, "BAD_INPUT", /^where\.ids\[0\]: The id .* is of a Tag, not of a User\.$/],
    [
      { ids: Array.from({ length: 1_001 }, () => "x") },
      "TOO_COMPLEX",
      "where.ids: the list has 1001 entries; at most 1000 are taken.",
    ],
    [nested(13), "TOO_COMPLEX", /at most 12 levels deep; save a part of it as a segment/],
    [
      { any: Array.from({ length: 200 }, () => ({ tag: { key: "vip" } })) },
      "TOO_COMPLEX",
      /^where\.any\[199\]: an expression has at most 200 nodes/,
    ],
  ])("%j", (input, code, message) => {
    const refused = refusal(input);
    expect(refused.code).toBe(code);
    if (message instanceof RegExp) expect(refused.message).toMatch(message);
    else expect(refused.message).toBe(message);
  });

  test("segments that refer to one another in a circle, or too deep, are refused", () => {
    const segments = new Map<string, unknown>([
      ["a", { not: { segment: { key: "b" } } }],
      ["b", { all: [{ segment: { key: "a" } }] }],
    ]);
    expect(refusal({ segment: { key: "a" } }, { ...CATALOGUE, segments })).toEqual({
      code: "BAD_INPUT",
      message:
        'where.segment.segment(a).not.segment.segment(b).all[0].segment: the segment "a" refers to itself (a -> b -> a); take one reference out.',
    });
    const chain = new Map<string, unknown>(Array.from({ length: 20 }, (_, i) => [`s${i}`, { segment: { key: `s${i + 1}` } }]));
    expect(refusal({ segment: { key: "s0" } }, { ...CATALOGUE, segments: chain }).code).toBe("TOO_COMPLEX");
    // Doubling at every level: bounded by what it amounts to, not by what was written.
    const doubled = new Map<string, unknown>(
      Array.from({ length: 11 }, (_, i) => [
        `d${i}`,
        i === 10 ? { tag: { key: "vip" } } : { all: [{ segment: { key: `d${i + 1}` } }, { segment: { key: `d${i + 1}` } }] },
      ]),
    );
    expect(refusal({ segment: { key: "d0" } }, { ...CATALOGUE, segments: doubled }).code).toBe("TOO_COMPLEX");
  });
});

test("what is at a bound is taken, and null counts as absent", () => {
  expect(parseExpression(nested(12)).kind).toBe("not");
  expect(
    parseExpression({ any: Array.from({ length: 199 }, () => ({ tag: { key: "vip", op: null, value: null } })), all: null }).kind,
  ).toBe("any");
});

test("atMost alone counts those with none as well; without bounds one event is enough", () => {
  expect(parseExpression({ event: { type: "order", atMost: 0 } })).toMatchObject({ atLeast: 0, atMost: 0, endingDaysAgo: 0 });
  expect(parseExpression({ event: { type: "order" } })).toMatchObject({ atLeast: undefined, atMost: undefined });
});

test("no input at all makes the parser throw anything but a refusal", () => {
  const anything = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 5 }),
    expressions,
    fc.object({ key: fc.constantFrom("all", "any", "not", "tag", "key", "op", "value", "event", "ids") }),
  );
  fc.assert(
    fc.property(anything, (input) => {
      try {
        bindExpression(parseExpression(input), CATALOGUE);
      } catch (error) {
        expect(error).toBeInstanceOf(TidemarkError);
        expect((error as Error).message).toMatch(/^where/);
      }
    }),
    { numRuns: 5_000, seed: 4 },
  );
});

test("near names come first, and far ones not at all", () => {
  const known = ["dormant_30_in_90", "dormant", "new_30", "events_30d", "events_7d"];
  expect(nearest("dormnat", known)).toEqual(["dormant"]);
  expect(nearest("events_3d", known)).toEqual(["events_30d", "events_7d"]);
  expect(nearest("Dormant_30", known)[0]).toBe("dormant");
  expect(nearest("qqqqqqqq", known)).toEqual([]);
});
