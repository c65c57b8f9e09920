import { seededRandom } from "../../src/math/random.js";
import { ownerCalled, type RequestContext } from "../../src/request.js";
import type { Bound } from "../../src/segments/bind.js";
import { rebuildBitmaps } from "../../src/segments/bitmap.step.js";
import { userPage } from "../../src/segments/page.loader.js";
import { ask, countUsers } from "../../src/segments/population.loader.js";
import { compareTags } from "../../src/segments/portrait.loader.js";
import { membershipStatement } from "../../src/segments/statement.js";
import type { Store } from "../../src/store/store.js";
import type { Result } from "./run.js";
import { fillPopulation, makePopulation, type Population, TAGS, TAGS_PER_USER } from "./segment-population.js";

/** Unless a size is asked for. */
const USERS = 1_000_000;
const EXPRESSIONS = 30;
const NOW = new Date("2026-06-01T00:00:00Z");

/**
 * Exact counts, first pages by score, memberships and portraits over a million users with 20 of 200 tags each, for 30 expressions of
 * depth 1 to 4; the counts against dense bitmaps in this process, which is what a machine can do at best.
 */
export async function run(store: Store, { users: size }: { readonly users: number | undefined }): Promise<readonly Result[]> {
  const users = size ?? USERS;
  const population = makePopulation(users);
  await fillPopulation(store, population);
  const builtAt = performance.now();
  await rebuildBitmaps(store.pool, NOW);
  const builtMs = performance.now() - builtAt;
  const random = seededRandom(7);
  const inputs = Array.from({ length: EXPRESSIONS }, (_, i) => expression(1 + (i % 4), random));
  const counts: number[] = [];
  const pages: number[] = [];
  const memberships: number[] = [];
  const portraits: number[] = [];
  const bitmaps: number[] = [];
  const byDepth = new Map<number, number[]>();
  for (let round = 0; round < 3; round++) {
    for (const [i, input] of inputs.entries()) {
      const depth = 1 + (i % 4);
      let counted = 0;
      let where: Bound | undefined;
      const countMs = await timed(async () => {
        const context = contextOf(store);
        const { wheres, at } = await ask(context, { where: input }, null);
        where = wheres[0]!;
        [counted] = (await countUsers(store.pool, [where], at)) as [number];
      });
      let expected = 0;
      const bitmapMs = await timed(async () => {
        expected = popcount(evaluate(input, population));
      });
      if (counted !== expected) throw new Error(`${JSON.stringify(input)} counts ${counted}, the bitmaps ${expected}.`);
      const at = { asOf: NOW, past: false, evaluated: new Map() };
      const pageMs = await timed(() =>
        userPage(contextOf(store), { where, at, orderBy: "CHURN_PROBABILITY_DESC", first: 50, after: null }),
      );
      const { text, values } = membershipStatement([where!], at, [String(1 + ((i * 7919) % users))]);
      const membershipMs = await timed(() => store.pool.read(text, values));
      if (round === 0) continue;
      counts.push(countMs);
      bitmaps.push(bitmapMs);
      pages.push(pageMs);
      memberships.push(membershipMs);
      byDepth.set(depth, [...(byDepth.get(depth) ?? []), countMs]);
      if (round === 1 && i % 5 === 0) portraits.push(await timed(() => compareTags(contextOf(store), where!, undefined, at)));
    }
  }
  return [
    {
      name: `Segments: ${users.toLocaleString("en")} users, ${TAGS_PER_USER} of ${TAGS} tags each, ${EXPRESSIONS} expressions of depth 1 to 4`,
      figures: {
        "bitmaps made anew s": builtMs / 1000,
        "count p50 ms": quantile(counts, 0.5),
        "count p95 ms": quantile(counts, 0.95),
        ...Object.fromEntries([...byDepth].map(([depth, each]) => [`count at depth ${depth}, p50 ms`, quantile(each, 0.5)])),
        "bitmaps in process p50 ms": quantile(bitmaps, 0.5),
        "bitmaps in process p95 ms": quantile(bitmaps, 0.95),
        "count p50 / bitmaps p50": quantile(counts, 0.5) / quantile(bitmaps, 0.5),
        "count p95 / bitmaps p95": quantile(counts, 0.95) / quantile(bitmaps, 0.95),
        "first page of 50 by score p50 ms": quantile(pages, 0.5),
        "first page of 50 by score p95 ms": quantile(pages, 0.95),
        "one membership p50 ms": quantile(memberships, 0.5),
        "one membership p95 ms": quantile(memberships, 0.95),
        "portrait p50 ms": quantile(portraits, 0.5),
        "portrait p95 ms": quantile(portraits, 0.95),
        "peak memory MB": process.resourceUsage().maxRSS / 1024,
      },
    },
  ];
}

function contextOf(store: Store): RequestContext {
  return { store, now: NOW, viewer: ownerCalled("bench"), advance: async () => {} };
}

type Input =
  | { all: Input[] }
  | { any: Input[] }
  | { not: Input }
  | { tag: { key: string; op?: string; value?: number } }
  | { churnProbability: { gte: number } };

function expression(depth: number, random: () => number): Input {
  if (depth === 1) {
    const kind = random();
    if (kind < 0.1) return { churnProbability: { gte: 0.8 } };
    if (kind < 0.2) return { tag: { key: "events_30d", op: "GTE", value: Math.floor(random() * 10) } };
    return { tag: { key: `bench_${Math.floor(random() * TAGS)}` } };
  }
  const kind = random();
  if (kind < 0.15) return { not: expression(depth - 1, random) };
  const parts = [
    expression(depth - 1, random),
    expression(depth - 1, random),
    ...(random() < 0.3 ? [expression(1, random)] : []),
  ];
  return kind < 0.6 ? { all: parts } : { any: parts };
}

function evaluate(input: Input, population: Population): Uint32Array {
  if ("not" in input) {
    const words = evaluate(input.not, population).map((word) => ~word);
    // User 0 and those after the last are nobody.
    words[0]! &= ~1;
    for (let bit = population.users + 1; bit < words.length * 32; bit++) words[bit >> 5]! &= ~(1 << (bit & 31));
    return words;
  }
  if ("all" in input || "any" in input) {
    const parts = ("all" in input ? input.all : input.any).map((part) => evaluate(part, population));
    const words = Uint32Array.from(parts[0]!);
    for (const part of parts.slice(1))
      for (let word = 0; word < words.length; word++)
        words[word] = "all" in input ? words[word]! & part[word]! : words[word]! | part[word]!;
    return words;
  }
  if ("churnProbability" in input) return bitsWhere(population.probability, input.churnProbability.gte);
  const { key, value } = input.tag;
  return value === undefined ? population.tags[Number(key.slice("bench_".length))]! : bitsWhere(population.metric, value);
}

function bitsWhere(numbers: Float64Array, atLeast: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(numbers.length / 32));
  for (let user = 0; user < numbers.length; user++) if (numbers[user]! >= atLeast) words[user >> 5]! |= 1 << (user & 31);
  return words;
}

function popcount(words: Uint32Array): number {
  let count = 0;
  for (let word of words) {
    word -= (word >>> 1) & 0x5555_5555;
    word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return count;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
