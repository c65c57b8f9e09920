import "reflect-metadata";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bound, bindExpression, boundNodesOf } from "../../src/segments/bind.js";
import { rebuildBitmaps, wrongBits } from "../../src/segments/bitmap.step.js";
import { compileCondition, type Instant, isEvaluated, Parameters, populationAt } from "../../src/segments/compile.js";
import { parseExpression } from "../../src/segments/expression.js";
import { usersOf, withMembers } from "../../src/segments/members.js";
import { rfmLayer, rfmScores } from "../../src/tags/rfm.js";
import { openTestStore, type TestStore } from "../database.js";
import { expressions } from "./expressions.js";
import { type Person, type Question, satisfies } from "./naive.js";
import { CATALOGUE, makePeople, NOW, PAST, storePeople } from "./population.js";

// TIDEMARK_SEGMENTS=full asks 5,000 expressions of 2,000 people, which takes minutes.
const isFull = process.env.TIDEMARK_SEGMENTS === "full";
const people = makePeople(isFull ? 2_000 : 300, 20_261);
const EXPRESSIONS = isFull ? 5_000 : 1_500;
const PER_STATEMENT = 30;

const metricTags = new Set([...CATALOGUE.tags.values()].filter(({ kind }) => kind === "METRIC").map(({ key }) => key));
const computedTags = new Set([...CATALOGUE.tags.values()].filter((tag) => tag.computed).map(({ key }) => key));
const segments = Object.fromEntries(CATALOGUE.segments);
const breaks = ({ id }: Person) =>
  [[], [{ direction: "DOWN", daysAgo: 20 }], [{ direction: "UP", daysAgo: 70 }], []][(id >> 2) % 4]!;
const question = { metricTags, computedTags, segments, breaks, rfmNow, activityTypes: new Set(["login", "order"]) };

function rfmNow({ metrics }: Person) {
  const { recency_days: recencyDays, events_30d: frequency, amount: monetary } = metrics;
  // Without a value nothing is above or below a cut: no score, so no condition on it holds.
  if (recencyDays == null || monetary == null || frequency == null || frequency === 0) return null;
  const scores = rfmScores({ recencyDays, frequency, monetary }, CATALOGUE.rfm!.thresholds!);
  return { ...scores, layer: rfmLayer(scores) };
}

/** Stands for the tags engine at the past instant: some value that nothing stored could give. */
function computed(person: Person, tag: string): number | undefined {
  const mixed = (person.id * 31 + tag.length * 7) % 11;
  if (mixed < 3) return undefined;
  return metricTags.has(tag) ? [0, 1, 2.5, 10, 29.999, 30][mixed % 6] : mixed % 2;
}

const severityThen = ({ id }: Person) => [undefined, "MILD", "MODERATE", "SEVERE"][id % 4];
const stageThen = ({ id }: Person) => [null, "NEW", "ACTIVE", "LOST"][(id >> 1) % 4]!;
const rfmThen = ({ id }: Person) => {
  const scores = { recency: 1 + (id % 5), frequency: 1 + ((id >> 1) % 5), monetary: 1 + ((id >> 2) % 5) };
  return id % 9 === 0 ? null : { ...scores, layer: rfmLayer(scores) };
};
const nowFor = (bound: Bound): Instant => ({ asOf: new Date(NOW), past: false, evaluated: evaluate(bound, false) });
const then = { computed, severityThen, stageThen, rfmThen };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await storePeople(store.pool, people);
});
afterAll(() => store.close());

/** Evaluates the computed leaves for a past instant, as the loader does with the tags engine. */
function evaluate(bound: Bound, past: boolean): Map<Bound, string> {
  const found = new Map<Bound, string>();
  for (const node of boundNodesOf(bound)) {
    if (!isEvaluated(node, { past })) continue;
    const leaf = inputOf(node);
    const holders = people.filter((person) =>
      satisfies(person, leaf, { ...question, asOf: past ? PAST : NOW, ...(past ? then : {}) }),
    );
    found.set(node, `{${holders.map(({ id }) => id).join(",")}}`);
  }
  return found;
}

function inputOf(node: Bound): object {
  if (node.kind === "stage") return { lifecycleStage: { in: node.in } };
  if (node.kind === "decline") return { decline: { severity: node.severity } };
  if (node.kind === "break") return { behaviorBreak: { direction: node.direction, sinceDays: node.sinceDays } };
  if (node.kind === "rfm") {
    const [recency, frequency, monetary] = node.ranges.map(([gte, lte]) => ({ gte, lte }));
    return { rfm: { recency, frequency, monetary, layer: node.layers } };
  }
  if (node.kind !== "tag") throw new Error(node.kind);
  const { test } = node;
  return { tag: { key: node.tag.key, ...(test.op === "BETWEEN" ? { op: test.op, values: [test.low, test.high] } : test) } };
}

async function membersBySql(
  inputs: readonly unknown[],
  instant: (bound: Bound) => Instant,
  asked?: readonly number[],
): Promise<number[][]> {
  const parameters = new Parameters();
  const scope = asked === undefined ? {} : { among: parameters.add(asked, "bigint[]") };
  const columns = inputs.map((input, i) => {
    const bound = bindExpression(parseExpression(input), CATALOGUE);
    const at = instant(bound);
    return `array(select u.id from app_user u where ${populationAt(at, parameters)} and ${compileCondition(bound, { at, ...scope }, parameters)}${asked ? ` and u.id = any (${scope.among})` : ""} order by u.id) as c${i}`;
  });
  const { rows } = await store.pool.run<Record<string, string[]>>(`select ${columns.join(", ")}`, parameters.values);
  return inputs.map((_, i) => rows[0]![`c${i}`]!.map(Number));
}

/** Every other expression with its open leaves read of everybody, the rest with those of users whom bits leave open. */
async function membersByBits(inputs: readonly unknown[], withLate: boolean): Promise<number[][]> {
  const wheres = inputs.map((input) => bindExpression(parseExpression(input), CATALOGUE));
  const evaluated = new Map(wheres.flatMap((bound) => [...evaluate(bound, false)]));
  const wide = new Set([...inputs.keys()].filter((i) => i % 2 === 0));
  const parameters = new Parameters();
  const question = { wheres, at: { asOf: new Date(NOW), past: false, evaluated }, wide, withLate };
  const members = withMembers(question, parameters);
  const columns = wheres.map(
    (_, i) => `array(select id from (${usersOf(`select chunk, m${i} as bits from members`)}) as x order by id) as c${i}`,
  );
  const { rows } = await store.pool.run<Record<string, string[]>>(`${members} select ${columns.join(", ")}`, parameters.values);
  return inputs.map((_, i) => rows[0]![`c${i}`]!.map(Number));
}

function membersByHand(input: unknown, asked: Question): number[] {
  return people
    .filter((person) => person.firstSeenAt !== null && person.firstSeenAt < asked.asOf && satisfies(person, input, asked))
    .map(({ id }) => id);
}

describe("the compiled SQL says what a plain evaluator says", () => {
  for (const [name, asOf] of [
    ["now, from the stored state", NOW],
    ["at a past instant, from history and evaluated tags", PAST],
  ] as const) {
    test(`${EXPRESSIONS} random expressions, ${name}`, async () => {
      const asked: Question = { ...question, asOf, ...(asOf === PAST ? then : {}) };
      const instant = (bound: Bound): Instant => ({
        asOf: new Date(asOf),
        past: asOf === PAST,
        evaluated: evaluate(bound, asOf === PAST),
      });
      const inputs = fc.sample(expressions, { numRuns: EXPRESSIONS, seed: asOf });
      let matched = 0;
      for (let from = 0; from < inputs.length; from += PER_STATEMENT) {
        const batch = inputs.slice(from, from + PER_STATEMENT);
        const found = await membersBySql(batch, instant);
        for (const [i, input] of batch.entries()) {
          const expected = membersByHand(input, asked);
          if (expected.length > 0 && expected.length < people.length / 2) matched++;
          expect(found[i], JSON.stringify(input)).toEqual(expected);
        }
      }
      // Many expressions tell users apart, or nothing would have been tried.
      expect(matched).toBeGreaterThan(EXPRESSIONS / 3);
    });
  }

  test(`${EXPRESSIONS} random expressions from bitmaps, of which users that were written to since do not count`, async () => {
    const { pool } = store;
    await rebuildBitmaps(pool, new Date(NOW));
    expect(await rebuildBitmaps(pool, new Date(NOW))).toBe(0);
    const inputs = fc.sample(expressions, { numRuns: EXPRESSIONS, seed: 77 });
    const check = async (from: number, to: number, withLate: boolean) => {
      for (let at = from; at < to; at += PER_STATEMENT) {
        const batch = inputs.slice(at, Math.min(to, at + PER_STATEMENT));
        const found = await membersByBits(batch, withLate);
        for (const [i, input] of batch.entries())
          expect(found[i], JSON.stringify(input)).toEqual(membersByHand(input, { ...question, asOf: NOW }));
      }
    };
    await check(0, EXPRESSIONS / 2, true);
    // Wrong bits of every kind, of users who are marked.
    const marked = people.filter(({ id }) => id % 3 === 0).map(({ id }) => id);
    await pool.read("insert into user_stale (user_id) select unnest($1::bigint[])", [marked]);
    for (const id of marked.slice(0, 60))
      await pool.read(
        "update user_bitmap set bits = set_bit(bits, ($1::bigint & 8191)::int, 1 - get_bit(bits, ($1::bigint & 8191)::int)) where chunk = ($1::bigint >> 13)::int",
        [id],
      );
    expect(await wrongBits(pool, new Date(NOW))).toBe(0);
    await check(EXPRESSIONS / 2, EXPRESSIONS, true);
    await pool.read("delete from user_stale");
    expect(await wrongBits(pool, new Date(NOW))).toBe(60);
    expect(await rebuildBitmaps(pool, new Date(NOW))).toBeGreaterThan(0);
    expect(await wrongBits(pool, new Date(NOW))).toBe(0);
  });

  test("the same when only some users are asked about", async () => {
    const some = people.filter(({ id }) => id % 3 === 0).map(({ id }) => id);
    const inputs = fc.sample(expressions, { numRuns: isFull ? EXPRESSIONS : 600, seed: 9 });
    for (let from = 0; from < inputs.length; from += PER_STATEMENT) {
      const batch = inputs.slice(from, from + PER_STATEMENT);
      const found = await membersBySql(batch, nowFor, some);
      for (const [i, input] of batch.entries())
        expect(found[i], JSON.stringify(input)).toEqual(
          membersByHand(input, { ...question, asOf: NOW }).filter((id) => id % 3 === 0),
        );
    }
  });

  test("not is the complement over the population, whatever is absent", async () => {
    const inputs = fc.sample(expressions, { numRuns: 300, seed: 5 });
    const all = membersByHand({ ids: [] }, { ...question, asOf: NOW }).length;
    expect(all).toBe(0);
    const known = people.filter((person) => person.firstSeenAt !== null && person.firstSeenAt < NOW).length;
    for (let from = 0; from < inputs.length; from += 15) {
      const batch = inputs.slice(from, from + 15);
      const found = await membersBySql(
        batch.flatMap((input) => [input, { not: input }]),
        nowFor,
      );
      for (let i = 0; i < found.length; i += 2) expect(found[i]!.length + found[i + 1]!.length).toBe(known);
    }
  });
});

describe("the text of the SQL", () => {
  function textOf(input: unknown, asOf = new Date(NOW)) {
    const bound = bindExpression(parseExpression(input), CATALOGUE);
    return compileCondition(bound, { at: { ...nowFor(bound), asOf } }, new Parameters());
  }

  test("does not depend on any value", () => {
    fc.assert(
      fc.property(expressions, fc.string(), fc.double({ noNaN: true, min: 0, max: 1 }), (input, text, number) => {
        const safe = text.replaceAll("\0", "").toWellFormed();
        expect(textOf(withValues(input, safe, number))).toBe(textOf(input));
        expect(textOf(withValues(input, safe, number), new Date(PAST))).toBe(textOf(input));
      }),
      { numRuns: 3_000, seed: 1 },
    );
  });

  test("uses no INTERSECT, EXCEPT or NOT IN", () => {
    for (const input of fc.sample(expressions, { numRuns: 2_000, seed: 3 }))
      expect(textOf(input)).not.toMatch(/\b(intersect|except|not in)\b/i);
  });
});

/** The same shape with every free value replaced by one of the same type. */
function withValues(node: any, text: string, number: number): any {
  const value = (each: unknown) => (typeof each === "number" ? number : typeof each === "string" ? text : each);
  const values = (operand: any) => ({
    ...operand,
    ...(operand.value === undefined ? {} : { value: value(operand.value) }),
    ...(operand.values === undefined ? {} : { values: operand.values.map(value) }),
  });
  if (node.all) return { all: node.all.map((each: any) => withValues(each, text, number)) };
  if (node.any) return { any: node.any.map((each: any) => withValues(each, text, number)) };
  if (node.not) return { not: withValues(node.not, text, number) };
  if (node.tag) return { tag: values(node.tag) };
  if (node.attribute) return { attribute: { ...values(node.attribute), name: text } };
  if (node.channel) return { channel: { in: [text] } };
  if (node.lifecycleStage) return { lifecycleStage: { in: ["LOST", "NEW"] } };
  if (node.churnProbability) return { churnProbability: { gte: number } };
  if (node.ids) return { ids: node.ids.slice(0, 1) };
  if (node.event) {
    const n = Math.floor(number * 100);
    const { atLeast, atMost, withinDays, endingDaysAgo, minAmount } = node.event;
    return {
      event: {
        ...node.event,
        ...(atLeast === undefined ? {} : { atLeast: n }),
        ...(atMost === undefined ? {} : { atMost: n }),
        ...(withinDays === undefined ? {} : { withinDays: n + 1 }),
        ...(endingDaysAgo === undefined ? {} : { endingDaysAgo: n }),
        ...(minAmount === undefined ? {} : { minAmount: number }),
      },
    };
  }
  return node;
}
