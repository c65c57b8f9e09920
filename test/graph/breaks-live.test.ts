import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. */
const clock = new Date("2020-06-01T00:00:00Z");
let app: TestApp;

/** Two users of one habit: every other day for half a year. */
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(2);
  for (const user of [1, 2]) {
    writer.user(user);
    for (let day = 200; day > 0; day -= 2) writer.event(clock.getTime() - (day - 0.5) * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish(), ["ann", "bob"]);
  await refreshAll(app.store.pool, clock);
});
afterAll(() => app.stop());

const TAGS = `query ($externalId: String!) { user(externalId: $externalId) {
  behaviorBreaks { at direction before after confidence }
  declineTags { tag { key } currentValue baselineValue since }
  tags(first: 300, family: ACTIVITY) { nodes { tag { key } since } }
} }`;
const seen = async (externalId: string) => {
  const { user } = await app.graph(TAGS, { externalId });
  const held = user.tags.nodes.map(({ tag }: any) => tag.key).filter((key: string) => key.startsWith("cp_break"));
  return { breaks: user.behaviorBreaks, held, decline: user.declineTags.find(({ tag }: any) => tag.key === "cp_break_down") };
};
const changes = async () => {
  const { changes: found } = await app.graph(
    "{ changes(first: 500) { edges { node { at ... on TagChange { user { identifiers { externalId } } tag { key } before after } } } } }",
  );
  return found.edges
    .map(({ node }: any) => node)
    .filter(({ tag }: any) => tag?.key.startsWith("cp_break"))
    .map(({ user, tag, after }: any) => `${user.identifiers[0].externalId} ${tag.key} ${after}`);
};

test("a habit that goes on has no break", async () => {
  for (const who of ["ann", "bob"]) expect(await seen(who)).toEqual({ breaks: [], held: [], decline: undefined });
});

test("a habit that rises is noticed with the events that show it, and told", async () => {
  let days = 0;
  while ((await seen("ann")).held.length === 0 && days < 60) {
    days++;
    clock.setTime(clock.getTime() + DAY_MS);
    const events = [1, 2, 3].map((hours) => ({
      externalId: "ann",
      source: "test",
      type: "login",
      occurredAt: new Date(clock.getTime() - hours * 3_600_000).toISOString(),
    }));
    await app.graph("mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }", { input: { events } });
  }
  // A rate six times the habit's shows within two weeks.
  expect(days).toBeLessThanOrEqual(14);
  const { held, breaks } = await seen("ann");
  expect(held).toEqual(["cp_break_up"]);
  expect(breaks.every(({ direction }: any) => direction === "UP")).toBe(true);
  expect(await changes()).toEqual(["ann cp_break_up true"]);
});

test("a habit that ends is noticed by the day's refresh, with its date and its numbers", async () => {
  // Bob has been silent since June began.
  while (!(await seen("bob")).decline && clock < new Date("2020-08-01")) {
    clock.setTime(clock.getTime() + DAY_MS);
    await refreshAll(app.store.pool, clock);
  }
  const { decline, breaks, held } = await seen("bob");
  expect(held).toEqual(["cp_break_down"]);
  expect(clock.getTime() - Date.UTC(2020, 5, 1), "within four weeks").toBeLessThanOrEqual(28 * DAY_MS);
  expect(decline.baselineValue).toBeGreaterThan(3);
  expect(decline.currentValue).toBeLessThan(1);
  expect(await changes()).toContain("bob cp_break_down true");
  // On demand both sides of a break have four weeks, so that it is shown a little later.
  clock.setTime(Date.UTC(2020, 6, 1));
  const [found] = breaks.length > 0 ? breaks : (await seen("bob")).breaks;
  expect(found).toMatchObject({ direction: "DOWN" });
  expect(Math.abs(Date.parse(found.at) - Date.UTC(2020, 5, 1))).toBeLessThanOrEqual(7 * DAY_MS);
  expect(found.confidence).toBeGreaterThan(0.95);
});
