import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { bumpCatalogue } from "../../src/tags/tag.loader.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const START = Date.UTC(2020, 3, 1);
/** Moved on by the tests. */
const clock = new Date(START);
const USERS = 120;
let app: TestApp;

/** Everybody comes every day or every other day, until two thirds of them stop on the day the clock starts at. */
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(USERS);
  for (let user = 1; user <= USERS; user++) {
    writer.user(user);
    const last = user % 3 === 0 ? 40 : 0;
    for (let day = -60; day < last; day += 1 + (user % 2)) writer.event(START + day * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish());
  const tags = [
    ["recent", "RULE", { gt: [{ measure: "count", days: 14 }, 0] }],
    ["fresh", "RULE", { lt: [{ measure: "daysSinceLast" }, 14] }],
    ["unheard_of", "RULE", { gt: [{ measure: "count" }, 1_000] }],
    ["always_one", "METRIC", { divide: [{ measure: "count" }, { measure: "count" }] }],
    ["month_again", "METRIC", { measure: "count", days: 30 }],
    ["distinct", "METRIC", { measure: "daysSinceFirst", days: 45 }],
  ] as const;
  for (const [key, kind, definition] of tags)
    await app.graph(
      `mutation ($input: CreateTagInput!, $key: String!) { createTag(input: $input) { errors { message } } moveTag(key: $key, to: ACTIVE) { errors { message } } }`,
      { input: { key, name: key, family: "CUSTOM", kind, department: "marketing", definition }, key },
    );
  await app.graph(`mutation { saveSegment(input: {key: "lately", where: {tag: {key: "distinct"}}}) { errors { message } } }`);
  await refreshAll(app.store.pool, clock);
});
afterAll(() => app.stop());

const health = async (key: string) =>
  (await app.graph(`{ tag(key: "${key}") { health { coverage refreshedAt drift driftFrom lastError } } }`)).tag.health;

test("a fresh store knows coverage and no drift", async () => {
  expect(await health("recent")).toEqual({
    coverage: 1,
    refreshedAt: clock.toISOString(),
    drift: null,
    driftFrom: null,
    lastError: null,
  });
});

test("tags to retire are named with their reasons: unused, empty, constant, and those that say what another says", async () => {
  const { tagsToRetire } = await app.graph(`{ tagsToRetire { tag { key } reasons { kind sentence sameAs { key } } } }`);
  const reasons = new Map<string, any[]>(tagsToRetire.map(({ tag, reasons }: any) => [tag.key, reasons]));
  expect([...reasons.keys()]).toEqual(["always_one", "fresh", "month_again", "recent", "unheard_of"]);
  expect(reasons.get("unheard_of")).toEqual([
    { kind: "UNUSED", sentence: "No tag, segment or serving model is made from it.", sameAs: null },
    { kind: "EMPTY", sentence: `None of ${USERS} users has it.`, sameAs: null },
  ]);
  expect(reasons.get("always_one")?.[1]).toMatchObject({
    kind: "CONSTANT",
    sentence: `Every one of ${USERS} users has it, and always as 1, so that it tells nobody apart.`,
  });
  expect(reasons.get("month_again")).toContainEqual({
    kind: "DUPLICATE",
    sentence: "It is defined as events_30d is.",
    sameAs: { key: "events_30d" },
  });
  expect(reasons.get("fresh")).toContainEqual({
    kind: "DUPLICATE",
    sentence: "Of the users who have it or recent, 100.0 per cent have both.",
    sameAs: { key: "recent" },
  });
  expect(reasons.get("recent")?.some(({ sameAs }) => sameAs?.key === "fresh")).toBe(false);
});

test("drift is told against about a month ago: large where values moved, none where they stayed", async () => {
  clock.setTime(START + 30 * DAY_MS);
  await refreshAll(app.store.pool, clock);
  const driftFrom = new Date(START).toISOString();
  const moved = await health("events_30d");
  expect(moved.driftFrom).toBe(driftFrom);
  expect(moved.drift).toBeGreaterThan(0.25);
  const held = await health("recent");
  expect(held).toMatchObject({ coverage: 1 / 3, driftFrom });
  // Held by 120 of 120 then and by 40 now; nobody without counts as half a user.
  const share = (0.5 / USERS - 80 / USERS) * Math.log(0.5 / USERS / (80 / USERS)) + (1 - 40 / USERS) * Math.log(120 / 40);
  expect(held.drift).toBeCloseTo(share, 9);
  expect(await health("always_one")).toMatchObject({ drift: 0, driftFrom });
  expect((await health("complaints_90d")).drift).toBe(0);
});

test("a day keeps its last refresh, and a changed definition is no drift", async () => {
  await app.graph(
    `mutation { updateTag(input: {key: "recent", definition: {gt: [{measure: "count", days: 90}, 0]}}) { errors { message } } }`,
  );
  clock.setTime(clock.getTime() + 3_600_000);
  await app.graph(`mutation { publishTag(key: "recent") { errors { message } } }`);
  await refreshAll(app.store.pool, clock);
  expect(await health("recent")).toMatchObject({ coverage: 1, drift: null, driftFrom: null });
  const [days] = await app.store.pool.read<{ count: number }>("select count(distinct as_of)::int as count from tag_refresh");
  expect(days!.count).toBe(2);
});

test("a tag that cannot be computed says why, and the others go on", async () => {
  await app.store.pool.read(`update tag set definition = '{"expression": {"gt": [{"tag": "gone"}, 1]}}' where key = 'fresh'`);
  await bumpCatalogue(app.store.pool);
  clock.setTime(clock.getTime() + DAY_MS);
  await refreshAll(app.store.pool, clock);
  expect(await health("fresh")).toMatchObject({ coverage: 0, lastError: 'There is no computed tag "gone".' });
  expect(await health("events_30d")).toMatchObject({ coverage: 1, refreshedAt: clock.toISOString(), lastError: null });
});

test("the health of all tags costs as many statements as that of one, and so does the list of those to retire", async () => {
  const ask = (first: number) => app.graph(`{ tags(first: ${first}) { nodes { health { drift lastError } } } }`);
  await ask(2);
  const few = await app.statementsOf(() => ask(2));
  expect(await app.statementsOf(() => ask(100))).toBe(few);
  expect(await app.statementsOf(() => app.graph(`{ tagsToRetire(builtIn: true) { tag { key } } }`))).toBeLessThan(12);
});
