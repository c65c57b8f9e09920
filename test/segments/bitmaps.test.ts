import "reflect-metadata";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordEvents } from "../../src/events/record.step.js";
import { seededRandom } from "../../src/math/random.js";
import { eraseUser } from "../../src/people/erase.step.js";
import { markUsers } from "../../src/people/mark.step.js";
import { mergeUsers, unmergeUser } from "../../src/people/merge.step.js";
import { upsertUsers } from "../../src/people/upsert.step.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { contextOfWork, type RequestContext } from "../../src/request.js";
import { buildGraph } from "../../src/schema.js";
import { seed } from "../../src/seed.js";
import type { Bound } from "../../src/segments/bind.js";
import { askBits } from "../../src/segments/bitmap.loader.js";
import { wrongBits } from "../../src/segments/bitmap.step.js";
import { pageOfBits } from "../../src/segments/bitmap-page.loader.js";
import type { Instant } from "../../src/segments/compile.js";
import { countOverlaps } from "../../src/segments/overlap.loader.js";
import { ask } from "../../src/segments/population.loader.js";
import { compareTags } from "../../src/segments/portrait.loader.js";
import { countStatement, pageStatement, tagShareStatement, USER_ORDERS } from "../../src/segments/statement.js";
import { findRuled } from "../../src/segments/tier-rule.step.js";
import { assignTags, removeTags } from "../../src/tags/assign.step.js";
import { createTag, moveTag } from "../../src/tags/catalogue.step.js";
import { DAY_MS } from "../../src/tags/history.js";
import { sweepExpired } from "../../src/tags/sweep.step.js";
import { moveEverybody } from "../../src/tiers/tier.step.js";
import { tierSchemes } from "../../src/tiers/tier-scheme.loader.js";
import { openTestStore, type TestStore } from "../database.js";

// The rooms say how what they keep follows a merge, an erasure or a scheme when their doors are loaded.
buildGraph();

const USERS = 60;
const TAGS = ["gold", "silver", "trial", "plan"];
const EXPRESSIONS = [
  { tag: { key: "gold" } },
  { not: { tag: { key: "gold" } } },
  { any: [{ tag: { key: "gold" } }, { tag: { key: "silver" } }, { tag: { key: "trial" } }] },
  { all: [{ tag: { key: "trial" } }, { not: { riskTier: { in: ["HIGH"] } } }] },
  { all: [{ churnProbability: { gte: 0.5 } }, { lifecycleStage: { in: ["NEW", "ACTIVE"] } }] },
  { churnProbability: { gte: 0.33, lt: 0.77 } },
  { any: [{ tag: { key: "plan", op: "EQ", value: "pro" } }, { all: [{ tag: { key: "plan" } }, { tag: { key: "gold" } }] }] },
  { all: [{ tag: { key: "events_30d", op: "GTE", value: 2 } }, { not: { tag: { key: "silver" } } }] },
  { event: { type: "visit", withinDays: 20, atLeast: 2 } },
  { all: [{ attribute: { name: "city", op: "EQ", value: "Oslo" } }, { riskTier: { in: ["LOW", "HIGH"] } }] },
];

let store: TestStore;
let clock = Date.UTC(2026, 0, 1);
const random = seededRandom(11);
const below = (n: number) => Math.floor(random() * n);
const name = () => `u${below(USERS)}`;
const now = () => new Date(clock);

beforeAll(async () => {
  store = await openTestStore();
  await seed(store.pool);
  await store.pool.read("update churn_definition set is_default = key = 'retail'");
  for (const key of TAGS) {
    const valueType = key === "plan" ? "TEXT" : "BOOLEAN";
    const tag = { key, name: key, family: "CUSTOM", kind: "MANUAL", valueType, department: "marketing" } as const;
    expect((await createTag(store.pool, tag, "test", now())).errors).toEqual([]);
  }
  const all = Array.from({ length: USERS }, (_, i) => ({
    externalId: `u${i}`,
    firstSeenAt: new Date(clock - DAY_MS).toISOString(),
  }));
  await upsertUsers(store.pool, all, now());
  await refreshAll(store.pool, now());
});
afterAll(() => store.close());

const idsOf = async (names: readonly string[]) =>
  (
    await store.pool.read<{ id: string }>("select distinct user_id as id from user_identity where external_id = any($1)", [names])
  ).map(({ id }) => id);

/** Scores as a model would write them, in the transaction that marks their users. */
async function score(names: readonly string[]): Promise<void> {
  const ids = await idsOf(names);
  const scores = ids.map(() => (random() < 0.3 ? below(21) / 20 : random()));
  await store.pool.transaction(async (transaction) => {
    await markUsers(transaction, ids, now());
    await transaction.read(
      `insert into churn_score (user_id, definition_id, model_id, probability, scored_at)
       select id, (select id from churn_definition where is_default), 1, p, $3 from unnest($1::bigint[], $2::float8[]) as s (id, p)
       on conflict (user_id, definition_id) do update set probability = excluded.probability`,
      [ids, scores, now()],
    );
  });
}

/** One thing that somebody does. */
async function act(): Promise<void> {
  const { pool } = store;
  const some = Array.from({ length: 1 + below(4) }, name);
  switch (below(16)) {
    case 0:
    case 1:
    case 2: {
      const rows = some.map((externalId) => {
        const tag = TAGS[below(TAGS.length)]!;
        const expiresAt = random() < 0.5 ? new Date(clock + (1 + below(40)) * 3_600_000).toISOString() : undefined;
        return { externalId, tag, expiresAt, ...(tag === "plan" ? { value: ["basic", "pro"][below(2)] } : {}) };
      });
      await assignTags(pool, rows, now());
      return;
    }
    case 3:
      await removeTags(
        pool,
        some.map((externalId) => ({ externalId, tag: TAGS[below(TAGS.length)]! })),
        now(),
      );
      return;
    case 4:
    case 5:
      await recordEvents(
        pool,
        some.map((externalId, i) => ({
          externalId,
          type: "visit",
          occurredAt: new Date(clock - below(30) * DAY_MS).toISOString(),
          eventId: `e${clock}-${i}`,
        })),
        now(),
      );
      return;
    case 6:
      await upsertUsers(
        pool,
        some.map((externalId) => ({ externalId, attributes: { city: ["Oslo", "Bergen"][below(2)] } })),
        now(),
      );
      return;
    case 7:
      await score(some);
      return;
    case 8: {
      const [intoUserId, userId] = await idsOf([name(), name()]);
      if (intoUserId !== undefined && userId !== undefined)
        await mergeUsers(pool, { userIds: [userId], intoUserId, by: "test" }, now());
      return;
    }
    case 9: {
      const [merged] = await pool.read<{ id: string }>(
        "select user_id as id from user_merge where survivor_id = into_user_id limit 1",
      );
      if (merged) await unmergeUser(pool, merged.id, now());
      return;
    }
    case 10: {
      const [userId] = await idsOf([name()]);
      if (userId !== undefined && random() < 0.3) await eraseUser(pool, { userId, by: "test", reason: null }, now());
      return;
    }
    case 11:
      await sweepExpired(pool, now());
      return;
    case 12: {
      const [scheme] = await tierSchemes(pool);
      const cuts = [
        [0.5, 0.8],
        [0.2, 0.9],
        [0.4, 0.6],
      ][below(3)]!;
      await pool.transaction((transaction) => moveEverybody(transaction, { ...scheme!, cuts }, now(), findRuled));
      return;
    }
    case 13:
      await refreshAll(pool, now());
      return;
    default:
      await advance(pool, now());
  }
}

const contextNow = (): RequestContext => contextOfWork(store.pool, now());

async function asked(): Promise<{ wheres: readonly Bound[]; at: Instant }> {
  return ask(contextNow(), Object.fromEntries(EXPRESSIONS.map((where, i) => [`w${i}`, where])), null);
}

async function sameByBitsAndByRows(said: string): Promise<void> {
  const { pool } = store;
  const { wheres, at } = await asked();
  const { text, values } = countStatement([...wheres, undefined].map((where) => ({ where, at })));
  const byRows = Object.values((await pool.run<Record<string, number>>(text, values)).rows[0]!);
  const sums = byRows.map((_, i) => `coalesce(sum(bit_count(m${i})), 0)::int as c${i}`).join(", ");
  const byBits = await askBits<Record<string, number>>(
    pool,
    { wheres: [...wheres, undefined], at },
    () => `select ${sums} from members`,
  );
  expect(Object.values(byBits![0]!), said).toEqual(byRows);
}

test("whatever is written, in whatever order: counts from bitmaps are those from rows, from the moment of the commit", async () => {
  for (let step = 0; step < 200; step++) {
    clock += below(5) * 1_800_000;
    await act();
    await sameByBitsAndByRows(`step ${step}`);
    if (step % 20 === 0) expect(await wrongBits(store.pool, now()), `step ${step}`).toBe(0);
  }
  await advance(store.pool, now());
  expect(await wrongBits(store.pool, now())).toBe(0);
});

test("pages, in every order and from every cursor, overlaps and portraits are those from rows", async () => {
  const { pool } = store;
  const [definition] = await pool.read<{ id: number }>("select id from churn_definition where is_default");
  for (let round = 0; round < 4; round++) {
    const { wheres, at } = await asked();
    for (const where of [...wheres, undefined])
      for (const orderBy of USER_ORDERS) {
        const question = { where, at, orderBy, after: undefined, limit: 200, definitionId: definition!.id };
        const { text, values } = pageStatement(question);
        const { rows } = await pool.run<{ id: string; probability: number | null }>(text, values);
        expect(await pageOfBits(pool, question)).toEqual(rows);
        for (let place = 0; place < rows.length; place += 7)
          expect(await pageOfBits(pool, { ...question, after: rows[place], limit: 5 })).toEqual(rows.slice(place + 1, place + 6));
      }
    const counts = await countOverlaps(pool, wheres, at);
    for (const [i, a] of wheres.entries())
      for (const [j, b] of wheres.entries()) {
        const { text, values } = countStatement([{ where: { kind: "all", of: [a, b] }, at }]);
        expect((await pool.run<{ c0: number }>(text, values)).rows[0]!.c0).toBe(counts[i]![j]);
      }
    for (const [i, a] of wheres.entries()) {
      const b = i % 2 === 0 ? undefined : wheres[(i + 3) % wheres.length];
      const { differences, sizeA, sizeB } = await compareTags(contextNow(), a, b, at);
      const tagIds = (await pool.read<{ id: number }>("select id from tag where kind <> 'METRIC'")).map(({ id }) => id);
      const { text, values } = tagShareStatement(a, b, at, tagIds);
      const { rows } = await pool.run<{ tagId: number | null; a: number; b: number }>(text, values);
      const held = rows.filter((row) => row.a + row.b > 0 && row.tagId !== null).sort((x, y) => x.tagId! - y.tagId!);
      const found = differences.map(({ tagId, countA, countB }) => ({ tagId, a: countA, b: countB }));
      expect(found.sort((x, y) => x.tagId - y.tagId)).toEqual(held);
      expect({ tagId: null, a: sizeA, b: sizeB }).toEqual(rows.find(({ tagId }) => tagId === null));
    }
    // And with users whose bits do not count.
    for (let more = 0; more < 6; more++) await act();
    await assignTags(
      pool,
      [
        { externalId: name(), tag: "gold" },
        { externalId: name(), tag: "trial" },
      ],
      now(),
    );
  }
});

test("writers, sweeps, schemes and the pipeline at once neither lose a bit nor wait for one another for ever", async () => {
  const { pool } = store;
  for (let round = 0; round < 6; round++) {
    clock += 3_600_000;
    await Promise.all([
      ...Array.from({ length: 4 }, () => act().catch(onlyConflicts)),
      advance(pool, now()),
      advance(pool, now()),
      score([name(), name()]),
      sameEventually(),
    ]);
    await sameByBitsAndByRows(`round ${round}`);
  }
  await advance(pool, now());
  expect(await wrongBits(pool, now())).toBe(0);
  await sameByBitsAndByRows("the end");
});

/** Somebody asks meanwhile; the answer is of some moment and is not held to another's. */
async function sameEventually(): Promise<void> {
  const { wheres, at } = await asked();
  expect(await askBits(store.pool, { wheres, at }, () => "select 1 as one from members")).toBeDefined();
}

function onlyConflicts(error: unknown): void {
  if (!(error instanceof Error && "code" in error && ["CONFLICT", "STALE_AS_OF"].includes(String(error.code)))) throw error;
}

test("a tag that is retired is known no more, and what it was is not counted", async () => {
  for (const to of ["DEPRECATED", "RETIRED"] as const)
    expect((await moveTag(store.pool, { key: "silver", to, by: "test", reason: null }, [], now())).errors).toEqual([]);
  await expect(ask(contextNow(), { where: { tag: { key: "silver" } } }, null)).rejects.toThrow(
    /where\.tag\.key: there is no tag "silver"/,
  );
  expect(await wrongBits(store.pool, now())).toBe(0);
});
