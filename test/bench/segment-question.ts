import { type Population, stageAt, TAGS, tierOf } from "./segment-population.js";

/** An expression as it is sent, of what the population of the benchmark has. */
export type Question =
  | { all: Question[] }
  | { any: Question[] }
  | { not: Question }
  | { tag: { key: string; op?: string; value?: number } }
  | { riskTier: { in: string[] } }
  | { lifecycleStage: { in: string[] } }
  | { churnProbability: { gte: number } };

/** A random expression of a depth, of tags above all, with tiers, stages and scores among them. */
export function questionOf(depth: number, random: () => number): Question {
  const kind = random();
  if (depth === 1) {
    if (kind < 0.08) return { churnProbability: { gte: Math.floor(random() * 20) / 20 } };
    if (kind < 0.16) return { riskTier: { in: random() < 0.5 ? ["HIGH"] : ["LOW", "MEDIUM"] } };
    if (kind < 0.24) return { lifecycleStage: { in: [stageAt(Math.floor(random() * 5))] } };
    return { tag: { key: `bench_${Math.floor(random() * TAGS)}` } };
  }
  if (kind < 0.15) return { not: questionOf(depth - 1, random) };
  const parts = [
    questionOf(depth - 1, random),
    questionOf(depth - 1, random),
    ...(random() < 0.3 ? [questionOf(1, random)] : []),
  ];
  return kind < 0.6 ? { all: parts } : { any: parts };
}

/** The users who satisfy it, one bit each: dense bitmaps in this process, which is what a machine can do at best. */
export function bitsOf(question: Question, population: Population): Uint32Array {
  const { users, tags, probability, metric, stages } = population;
  if ("not" in question) {
    const words = bitsOf(question.not, population).map((word) => ~word);
    // User 0 and those after the last are nobody.
    words[0]! &= ~1;
    for (let bit = users + 1; bit < words.length * 32; bit++) words[bit >> 5]! &= ~(1 << (bit & 31));
    return words;
  }
  if ("all" in question || "any" in question) {
    const parts = ("all" in question ? question.all : question.any).map((part) => bitsOf(part, population));
    const words = Uint32Array.from(parts[0]!);
    for (const part of parts.slice(1))
      for (let word = 0; word < words.length; word++)
        words[word] = "all" in question ? words[word]! & part[word]! : words[word]! | part[word]!;
    return words;
  }
  if ("tag" in question && question.tag.value === undefined) return tags[Number(question.tag.key.slice("bench_".length))]!;
  return kept(question, population, () => {
    if ("churnProbability" in question) return bitsWhere(users, (user) => probability[user]! >= question.churnProbability.gte);
    if ("riskTier" in question)
      return bitsWhere(
        users,
        (user) => !Number.isNaN(probability[user]!) && question.riskTier.in.includes(tierOf(probability[user]!)),
      );
    if ("lifecycleStage" in question)
      return bitsWhere(users, (user) => question.lifecycleStage.in.includes(stageAt(stages[user]!)));
    return bitsWhere(users, (user) => metric[user]! >= question.tag.value!);
  });
}

const made = new WeakMap<Population, Map<string, Uint32Array>>();

/** Leaves are at hand, as the tags are. */
function kept(question: Question, population: Population, make: () => Uint32Array): Uint32Array {
  const known = made.get(population) ?? new Map<string, Uint32Array>();
  made.set(population, known);
  const key = JSON.stringify(question);
  const words = known.get(key) ?? make();
  known.set(key, words);
  return words;
}

function bitsWhere(users: number, holds: (user: number) => boolean): Uint32Array {
  const words = new Uint32Array(Math.ceil((users + 1) / 32));
  for (let user = 1; user <= users; user++) if (holds(user)) words[user >> 5]! |= 1 << (user & 31);
  return words;
}

export function popcount(words: Uint32Array): number {
  let count = 0;
  for (let word of words) {
    word -= (word >>> 1) & 0x5555_5555;
    word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return count;
}

/** As a condition on a row `u` in DuckDB, over rows. */
export function rowsSql(question: Question): string {
  if ("not" in question) return `not ${rowsSql(question.not)}`;
  if ("all" in question) return `(${question.all.map(rowsSql).join(" and ")})`;
  if ("any" in question) return `(${question.any.map(rowsSql).join(" or ")})`;
  if ("churnProbability" in question) return `coalesce(u.probability >= ${question.churnProbability.gte}, false)`;
  if ("riskTier" in question) return `coalesce(u.tier in (${question.riskTier.in.map((tier) => `'${tier}'`).join(", ")}), false)`;
  if ("lifecycleStage" in question) return `u.stage in (${question.lifecycleStage.in.map((stage) => `'${stage}'`).join(", ")})`;
  return `exists (select 1 from user_tag t where t.user_id = u.id and t.tag = ${question.tag.key.slice("bench_".length)})`;
}
