import { afterAll, beforeAll, expect, test } from "vitest";
import { advance, refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { nextRun, runDueTags } from "../../src/tags/update-mode.step.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. A Monday. */
const clock = new Date("2020-06-01T05:00:00Z");
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(3);
  for (const user of [1, 2, 3]) {
    writer.user(user);
    for (let day = 20; day > 0; day--) writer.event(clock.getTime() - day * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish(), ["ann", "bob", "cyd"]);
  for (const input of [
    { key: "visits_week", name: "Visits of a week", kind: "METRIC", definition: { measure: "count", days: 7 } },
    { key: "keen", name: "Keen", kind: "RULE", definition: { gte: [{ measure: "count", days: 7 }, 5] } },
  ]) {
    const { createTag } = await app.graph(
      `mutation ($input: CreateTagInput!) { createTag(input: $input) { errors { message } } }`,
      { input: { family: "CUSTOM", department: "marketing", ...input } },
    );
    expect(createTag.errors).toEqual([]);
    await app.graph(`mutation ($key: String!) { moveTag(key: $key, to: ACTIVE) { errors { message } } }`, { key: input.key });
  }
  await refreshAll(app.store.pool, clock);
});
afterAll(() => app.stop());

const STATE = "tag { key updateMode schedule runAt nextRunAt } errors { code message path }";
const setMode = async (key: string, mode: string, schedule?: string) =>
  (
    await app.graph(
      `mutation ($key: String!, $mode: TagUpdateMode!, $schedule: String) { setTagUpdateMode(key: $key, mode: $mode, schedule: $schedule) { ${STATE} } }`,
      { key, mode, schedule },
    )
  ).setTagUpdateMode;
const refresh = async (key: string) =>
  (await app.graph(`mutation ($key: String!) { refreshTag(key: $key) { ${STATE} } }`, { key })).refreshTag;
const visit = (externalId: string) =>
  app.graph(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted rejected { message } } }`, {
    input: {
      events: [{ externalId, source: "test", type: "login", occurredAt: new Date(clock.getTime() - 1_000).toISOString() }],
    },
  });
const pass = (days: number) => clock.setTime(clock.getTime() + days * DAY_MS);

async function held(externalId: string) {
  const { user } = await app.graph(
    `query ($externalId: String!) { user(externalId: $externalId) { tags(first: 200) { nodes { tag { key } value } } } }`,
    { externalId },
  );
  const value = (key: string) => user.tags.nodes.find(({ tag }: any) => tag.key === key)?.value;
  return { visits: value("visits_week"), keen: value("keen"), live: value("events_7d") };
}

test("a MANUAL tag keeps what it said, whatever happens, until it is refreshed", async () => {
  expect(await held("ann")).toEqual({ visits: 7, keen: true, live: 7 });
  expect(await setMode("visits_week", "MANUAL")).toMatchObject({ tag: { updateMode: "MANUAL", runAt: null }, errors: [] });
  await setMode("keen", "MANUAL");
  pass(10);
  await visit("ann");
  expect(await held("ann"), "after an event").toEqual({ visits: 7, keen: true, live: 1 });
  await refreshAll(app.store.pool, clock);
  expect(await held("bob"), "after everybody's refresh").toEqual({ visits: 7, keen: true, live: 0 });

  expect(await refresh("visits_week")).toMatchObject({ tag: { runAt: clock.toISOString() }, errors: [] });
  expect(await held("ann")).toEqual({ visits: 1, keen: true, live: 1 });
  await refresh("keen");
  expect(await held("bob")).toEqual({ visits: 0, keen: undefined, live: 0 });
  pass(1);
  await visit("bob");
  expect(await held("bob"), "and keeps that").toEqual({ visits: 0, keen: undefined, live: 1 });
});

test("a run that was cut short is finished by whoever carries on", async () => {
  pass(1);
  await app.store.pool.read("update tag set run_at = $1 where key = 'visits_week'", [clock]);
  await app.store.pool.read("update setting set value = jsonb_build_object('version', gen_random_uuid()) where key = 'tags'");
  await app.store.pool.read("insert into user_change (user_id, marked_at) select id, $1 from app_user on conflict do nothing", [
    clock,
  ]);
  await advance(app.store.pool, clock);
  expect((await held("bob")).visits).toBe(1);
});

test("back to LIVE it is up to date at once", async () => {
  await setMode("keen", "LIVE");
  for (let turn = 0; turn < 5; turn++) {
    clock.setTime(clock.getTime() + 60_000);
    await visit("cyd");
  }
  expect(await held("cyd")).toMatchObject({ keen: true });
});

test("a SCHEDULED tag runs when its time has come, once, and says when the next is", async () => {
  const before = (await held("cyd")).visits;
  const scheduled = await setMode("visits_week", "SCHEDULED", "0 6 * * *");
  const due = nextRun("0 6 * * *", clock) as Date;
  expect(scheduled).toMatchObject({ tag: { schedule: "0 6 * * *", nextRunAt: due.toISOString() }, errors: [] });
  expect(due.getUTCHours()).toBe(6);
  expect(await runDueTags(app.store.pool, new Date(due.getTime() - 1))).toEqual([]);
  clock.setTime(due.getTime());
  const runs = await Promise.all([runDueTags(app.store.pool, clock), runDueTags(app.store.pool, clock)]);
  expect(runs.flat()).toEqual(["visits_week"]);
  expect((await held("cyd")).visits, "the run only marks").toBe(before);
  await advance(app.store.pool, clock);
  expect((await held("cyd")).visits).toBe(5);
  const { tags } = await app.graph(`{ tags(first: 500) { nodes { key runAt nextRunAt } } }`);
  expect(tags.nodes.find(({ key }: any) => key === "visits_week")).toEqual({
    key: "visits_week",
    runAt: due.toISOString(),
    nextRunAt: new Date(due.getTime() + DAY_MS).toISOString(),
  });
});

test("what cannot be is refused with the remedy", async () => {
  expect(await setMode("vip", "MANUAL")).toMatchObject({ tag: null, errors: [{ code: "BAD_INPUT", path: ["key"] }] });
  expect(await setMode("keen", "SCHEDULED")).toMatchObject({
    errors: [{ path: ["schedule"], message: expect.stringContaining("cron") }],
  });
  expect(await setMode("keen", "SCHEDULED", "every monday")).toMatchObject({
    errors: [{ code: "BAD_INPUT", path: ["schedule"] }],
  });
  expect(await setMode("keen", "LIVE", "0 6 * * *")).toMatchObject({ errors: [{ path: ["schedule"] }] });
  expect(await refresh("keen")).toMatchObject({ errors: [{ code: "CONFLICT", message: expect.stringContaining("LIVE") }] });
  expect(await refresh("nothing")).toMatchObject({ errors: [{ code: "NOT_FOUND" }] });
});
