import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { seededRandom } from "../../src/math/random.js";
import { ownerCalled, type RequestContext } from "../../src/request.js";
import type { Bound } from "../../src/segments/bind.js";
import { rebuildBitmaps, setBits } from "../../src/segments/bitmap.step.js";
import { countOverlaps } from "../../src/segments/overlap.loader.js";
import { userPage } from "../../src/segments/page.loader.js";
import { ask, countUsers } from "../../src/segments/population.loader.js";
import { compareTags } from "../../src/segments/portrait.loader.js";
import { countStatement, membershipStatement } from "../../src/segments/statement.js";
import type { Store } from "../../src/store/store.js";
import { assignTags } from "../../src/tags/assign.step.js";
import type { Result } from "./run.js";
import { fillPopulation, makePopulation, type Population, TAGS, TAGS_PER_USER } from "./segment-population.js";
import { bitsOf, popcount, type Question, questionOf, rowsSql } from "./segment-question.js";

/** Unless a size is asked for. */
const USERS = 1_000_000;
const DEPTHS = 5;
const PER_DEPTH = 6;
/** Those of which rows are asked too, for they take seconds. */
const BY_ROWS = 5;
const WRITES = 50;
const NOW = new Date("2026-06-01T00:00:00Z");

/**
 * Exact counts, first pages by score, memberships, portraits and overlaps over a million users with 20 of 200 tags each: 30 expressions
 * of depth 1 to 5 over tags, tiers, stages and scores, against the bits alone in Postgres, dense bitmaps in this process and DuckDB over
 * rows; then expressions with a number in them; then counts right after writes.
 */
export async function run(store: Store, { users: size }: { readonly users: number | undefined }): Promise<readonly Result[]> {
  const users = size ?? USERS;
  const population = makePopulation(users);
  await fillPopulation(store, population);
  const buildMs = await timed(() => rebuildBitmaps(store.pool, NOW));
  await store.pool.run("vacuum analyze user_bitmap");
  const random = seededRandom(7);
  const questions = Array.from({ length: DEPTHS * PER_DEPTH }, (_, i) => ({
    depth: 1 + (i % DEPTHS),
    question: questionOf(1 + (i % DEPTHS), random),
  }));
  const numbers = Array.from({ length: 10 }, (_, i) => {
    const number: Question = { tag: { key: "events_30d", op: "GTE", value: 2 + i } };
    const rest = questionOf(2, random);
    return { depth: 3, question: i % 2 === 0 ? { all: [rest, number] } : { any: [{ not: rest }, number] } };
  });
  const name = `Segments: ${users.toLocaleString("en")} users, ${TAGS_PER_USER} of ${TAGS} tags each`;
  const asked = await askAll(store, population, questions);
  return [
    {
      name: `${name}, ${questions.length} expressions of depth 1 to ${DEPTHS}`,
      figures: { ...asked, ...(await inDuckDb(store, questions, population)) },
    },
    { name: `${name}, with a number that no bitmap knows`, figures: await askAll(store, population, numbers) },
    {
      name: `${name}: bitmaps and writers`,
      figures: { "bitmaps made anew s": buildMs / 1000, ...(await write(store, population)) },
    },
  ];
}

interface Asked {
  readonly depth: number;
  readonly question: Question;
}

async function askAll(store: Store, population: Population, questions: readonly Asked[]): Promise<Record<string, number>> {
  const { pool } = store;
  const times = new Map<string, number[]>();
  const note = (figure: string, ms: number) => times.set(figure, [...(times.get(figure) ?? []), ms]);
  const wheres: Bound[] = [];
  for (let round = 0; round < 4; round++)
    for (const [i, { depth, question }] of questions.entries()) {
      const { wheres: bound, at } = await ask(contextOf(store), { where: question }, null);
      const where = bound[0]!;
      let counted: number[] = [];
      const countMs = await timed(async () => {
        counted = await countUsers(pool, [where], at);
      });
      let expected = 0;
      const inProcessMs = await timed(async () => {
        expected = popcount(bitsOf(question, population));
      });
      if (counted[0] !== expected) throw new Error(`${JSON.stringify(question)} counts ${counted[0]}, the bitmaps ${expected}.`);
      const aloneMs = await timed(() => pool.run(...bitsAlone(where)));
      const page = { where, at, orderBy: "CHURN_PROBABILITY_DESC", first: 50, after: null } as const;
      const pageMs = await timed(() => userPage(contextOf(store), page));
      const member = membershipStatement([where], at, [String(1 + ((i * 7919) % population.users))]);
      const memberMs = await timed(() => pool.read(member.text, member.values));
      if (round === 0) {
        wheres.push(where);
        if (i < BY_ROWS) {
          const { text, values } = countStatement([{ where, at }]);
          note("count from rows", await timed(() => pool.run(text, values)));
        }
        continue;
      }
      note("count", countMs);
      note(`count at depth ${depth}`, countMs);
      note("bits alone, in Postgres", aloneMs);
      note("dense bitmaps in process", inProcessMs);
      note("first page of 50 by score", pageMs);
      note("one membership, from rows", memberMs);
      if (round === 1 && i % 3 === 0)
        note("preview: count, portrait of all tags and first page", await timed(() => preview(store, where)));
    }
  const { at } = await ask(contextOf(store), {}, null);
  for (let round = 0; round < 3; round++) note("overlap of 20", await timed(() => countOverlaps(pool, wheres.slice(0, 20), at)));
  const of = (figure: string, share: number) => quantile(times.get(figure)!, share);
  return {
    ...Object.fromEntries(
      [...times.keys()].flatMap((figure) => [
        [`${figure} p50 ms`, of(figure, 0.5)],
        [`${figure} p95 ms`, of(figure, 0.95)],
      ]),
    ),
    "count / bits alone, p50": of("count", 0.5) / of("bits alone, in Postgres", 0.5),
    "count / bits alone, p95": of("count", 0.95) / of("bits alone, in Postgres", 0.95),
    "count / dense bitmaps in process, p50": of("count", 0.5) / of("dense bitmaps in process", 0.5),
    "count / dense bitmaps in process, p95": of("count", 0.95) / of("dense bitmaps in process", 0.95),
    "count from rows / count, p50": of("count from rows", 0.5) / of("count", 0.5),
  };
}

/** All of a preview that GraphQL asks for, one after the other. */
async function preview(store: Store, where: Bound): Promise<void> {
  const { at } = await ask(contextOf(store), {}, null);
  await countUsers(store.pool, [where, undefined], at);
  await compareTags(contextOf(store), where, undefined, at);
  await userPage(contextOf(store), { where, at, orderBy: "CHURN_PROBABILITY_DESC", first: 20, after: null });
}

/** As many bitmaps as the expression has leaves of tags, joined and counted: nothing looked up, nobody late. */
function bitsAlone(where: Bound): [text: string, values: unknown[]] {
  const leaves: string[] = [];
  const text = (node: Bound): string => {
    if (node.kind === "all" || node.kind === "any") return `(${node.of.map(text).join(node.kind === "all" ? " & " : " | ")})`;
    if (node.kind === "not") return `~(${text(node.of)})`;
    leaves.push(node.kind === "tag" && node.tag.slot === null ? `tag:${node.tag.id}` : "population");
    return `bit_or(bits) filter (where leaf = $${leaves.length + 1})`;
  };
  const bits = text(where);
  const sum = `select sum(bit_count(bits)) from (select ${bits} & bit_or(bits) filter (where leaf = 'population') as bits from user_bitmap where leaf = 'population' or leaf = any ($1) group by chunk) as x`;
  return [sum, [leaves, ...leaves]];
}

/** The same counts over rows, in DuckDB; every third expression, for they take long. */
async function inDuckDb({ pool }: Store, questions: readonly Asked[], population: Population): Promise<Record<string, number>> {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-duckdb-"));
  // The embedded server runs as nobody, and writes the files.
  await chmod(directory, 0o777);
  try {
    await pool.run(
      `copy (select t.user_id, substr(g.key, 7)::int from user_tag t join tag g on g.id = t.tag_id where g.key like 'bench_%') to '${directory}/user_tag.csv' (format csv)`,
    );
    await pool.run(
      `copy (select u.id, u.lifecycle_stage, s.probability, t.tier from app_user u left join churn_score s on s.user_id = u.id left join user_tier t on t.user_id = u.id) to '${directory}/app_user.csv' (format csv)`,
    );
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    await connection.run(
      `create table user_tag as select * from read_csv('${directory}/user_tag.csv', header = false, columns = {user_id: 'BIGINT', tag: 'INTEGER'})`,
    );
    await connection.run(
      `create table app_user as select * from read_csv('${directory}/app_user.csv', header = false, columns = {id: 'BIGINT', stage: 'VARCHAR', probability: 'DOUBLE', tier: 'VARCHAR'})`,
    );
    const times: number[] = [];
    for (const { question } of questions.filter((_, i) => i % 3 === 0)) {
      let counted = 0;
      times.push(
        await timed(async () => {
          const found = await connection.runAndReadAll(`select count(*) from app_user u where ${rowsSql(question)}`);
          counted = Number(found.getRows()[0]![0]);
        }),
      );
      const expected = popcount(bitsOf(question, population));
      if (counted !== expected)
        throw new Error(`${JSON.stringify(question)} counts ${counted} in DuckDB, the bitmaps ${expected}.`);
    }
    return { "DuckDB over rows p50 ms": quantile(times, 0.5), "DuckDB over rows p95 ms": quantile(times, 0.95) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What keeping the bits costs, and whether a count right after a write knows of it. */
async function write(store: Store, { users, tags }: Population): Promise<Record<string, number>> {
  const { pool } = store;
  const spread = (count: number) => Array.from({ length: count }, (_, i) => String(1 + Math.floor((i * (users - 1)) / count)));
  const keep = (ids: readonly string[]) => timed(() => pool.transaction((transaction) => setBits(transaction, ids, NOW)));
  const neighbours = Array.from({ length: Math.min(users, 10_000) }, (_, i) => String(i + 1));
  const figures: Record<string, number> = {
    "bits of 10,000 neighbours kept ms": await keep(neighbours),
    "bits of 1,000 spread users kept ms": await keep(spread(1_000)),
    "bits of one user kept ms": quantile(await repeated(9, () => keep(["77"])), 0.5),
  };
  const tag = TAGS - 1;
  const without = spread(WRITES * 4)
    .filter((id) => (tags[tag]![Number(id) >> 5]! & (1 << (Number(id) & 31))) === 0)
    .slice(0, WRITES);
  await pool.read("insert into source (key) values ('bench') on conflict do nothing");
  await pool.run(
    "insert into user_identity (external_id, source_id, user_id) select id::text, (select id from source where key = 'bench'), id from unnest($1::bigint[]) as id",
    [without],
  );
  const { wheres, at } = await ask(contextOf(store), { where: { tag: { key: `bench_${tag}` } } }, null);
  let expected = popcount(tags[tag]!);
  let missed = 0;
  const after: number[] = [];
  for (const externalId of without) {
    await assignTags(pool, [{ externalId, tag: `bench_${tag}` }], NOW);
    expected++;
    after.push(
      await timed(async () => {
        if ((await countUsers(pool, wheres, at))[0] !== expected) missed++;
      }),
    );
  }
  const [size] = await pool.read<{ mb: number }>("select pg_total_relation_size('user_bitmap') / 1048576.0 as mb");
  return {
    ...figures,
    [`counts right after a write, of ${without.length}, that missed it`]: missed,
    [`count beside 1 to ${without.length} users written to p50 ms`]: quantile(after, 0.5),
    "bitmaps MB in Postgres": Number(size!.mb),
    "peak memory of this process MB": process.resourceUsage().maxRSS / 1024,
  };
}

function contextOf(store: Store): RequestContext {
  return { store, now: NOW, viewer: ownerCalled("bench"), advance: async () => {} };
}

async function repeated(times: number, work: () => Promise<number>): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time++) found.push(await work());
  return found;
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
