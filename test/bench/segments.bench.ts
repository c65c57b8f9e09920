import { seededRandom } from "../../src/math/random.js";
import { ownerCalled, type RequestContext } from "../../src/request.js";
import type { Bound } from "../../src/segments/bind.js";
import { userPage } from "../../src/segments/page.loader.js";
import { ask, countUsers } from "../../src/segments/population.loader.js";
import { compareTags } from "../../src/segments/portrait.loader.js";
import { membershipStatement } from "../../src/segments/statement.js";
import type { Store } from "../../src/store/store.js";
import { bumpCatalogue } from "../../src/tags/tag.loader.js";
import type { Result } from "./run.js";

const USERS = 100_000;
const TAGS = 200;
const TAGS_PER_USER = 20;
const EXPRESSIONS = 30;
const NOW = new Date("2026-06-01T00:00:00Z");

/** The same population in memory: one bit per user and tag, one number per user and metric. */
interface Population {
  readonly tags: readonly Uint32Array[];
  readonly probability: Float64Array;
  readonly metric: Float64Array;
}

/**
 * Exact counts, first pages by score, memberships and portraits over 100,000 users with 20 of 200 tags each, for 30 expressions of
 * depth 1 to 4; the counts against dense bitmaps in this process, which is what a machine can do at best.
 */
export async function run(store: Store): Promise<readonly Result[]> {
  const population = makePopulation();
  await fill(store, population);
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
      const { text, values } = membershipStatement([where!], at, [String(1 + ((i * 7919) % USERS))]);
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
      name: `Segments: ${USERS.toLocaleString("en")} users, ${TAGS_PER_USER} of ${TAGS} tags each, ${EXPRESSIONS} expressions of depth 1 to 4`,
      figures: {
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

function makePopulation(): Population {
  const random = seededRandom(1);
  const words = Math.ceil((USERS + 1) / 32);
  const tags = Array.from({ length: TAGS }, () => new Uint32Array(words));
  const probability = new Float64Array(USERS + 1).fill(Number.NaN);
  const metric = new Float64Array(USERS + 1).fill(Number.NaN);
  for (let user = 1; user <= USERS; user++) {
    for (let held = 0; held < TAGS_PER_USER; ) {
      // Squared, so that tags are as uneven as in life: the most common one is held by every second user, many by one in fifty.
      const words = tags[Math.floor(random() ** 2 * TAGS)]!;
      const bit = 1 << (user & 31);
      if ((words[user >> 5]! & bit) !== 0) continue;
      words[user >> 5]! |= bit;
      held++;
    }
    if (random() < 0.9) probability[user] = random();
    metric[user] = Math.floor(random() ** 2 * 20);
  }
  return { tags, probability, metric };
}

async function fill(store: Store, { tags, probability, metric }: Population): Promise<void> {
  const { pool } = store;
  const users = Array.from({ length: USERS }, (_, i) => i + 1);
  const first = "2026-01-01T00:00:00Z";
  await pool.run(
    "insert into app_user (id, first_seen_at, last_seen_at, created_at, updated_at) select id, $2, $2, $2, $2 from unnest($1::bigint[]) as id",
    [users, first],
  );
  const made = await pool.read<{ id: number }>(
    `insert into tag (key, name, family, kind, value_type, department_id, created_at, updated_at)
     select 'bench_' || n, 'Bench ' || n, 'CUSTOM', 'MANUAL', 'BOOLEAN', (select min(id) from department), $2, $2 from generate_series(0, $1::int - 1) as n order by n returning id`,
    [TAGS, first],
  );
  await bumpCatalogue(pool);
  for (const [tag, words] of tags.entries())
    await pool.run(
      "insert into user_tag (user_id, tag_id, since, source) select id, $2, $3, 'bench' from unnest($1::bigint[]) as id",
      [users.filter((user) => (words[user >> 5]! & (1 << (user & 31))) !== 0), made[tag]!.id, first],
    );
  const scored = users.filter((user) => !Number.isNaN(probability[user]!));
  await pool.run(
    "insert into churn_score (user_id, definition_id, model_id, probability, scored_at) select id, (select id from churn_definition where is_default or key = 'retail' order by is_default desc limit 1), 1, p, $3 from unnest($1::bigint[], $2::double precision[]) as u (id, p)",
    [scored, scored.map((user) => probability[user]), first],
  );
  await pool.run(
    "insert into user_metric (user_id, as_of, numbers) select id, $3, array_fill(null::double precision, array[(select slot from tag where key = 'events_30d')]) || n from unnest($1::bigint[], $2::double precision[]) as u (id, n)",
    [users, users.map((user) => metric[user]), first],
  );
  await pool.run("vacuum analyze");
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
    for (let bit = USERS + 1; bit < words.length * 32; bit++) words[bit >> 5]! &= ~(1 << (bit & 31));
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
