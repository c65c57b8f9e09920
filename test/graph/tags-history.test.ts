import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const START = Date.UTC(2020, 3, 1);
/** Moved on by the tests. */
const clock = new Date(START);
let app: TestApp;

/** Both come daily, and stop; ann comes back. */
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(2);
  for (const user of [1, 2]) {
    writer.user(user);
    for (let day = -60; day < 0; day++) writer.event(START + day * DAY_MS, 1, Number.NaN);
    if (user === 1) for (let day = 40; day < 80; day++) writer.event(START + day * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish(), ["ann", "bob"]);
  await refreshAll(app.store.pool, clock);
});
afterAll(() => app.stop());

const HISTORY = `query ($externalId: String!, $tag: String, $first: Int = 20, $after: String) {
  user(externalId: $externalId) { tagHistory(tag: $tag, first: $first, after: $after) {
    nodes { tag { key } value since until source evidence } pageInfo { hasNextPage endCursor } } } }`;
const history = async (externalId: string, more: object = {}) =>
  (await app.graph(HISTORY, { externalId, ...more })).user.tagHistory;
const assign = (value: number, since: string, expiresAt?: string) =>
  app.graph(`mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned } }`, {
    input: { assignments: [{ externalId: "ann", tag: "satisfaction", value, since, expiresAt }] },
  });
const day = (days: number) => new Date(START + days * DAY_MS);

test("what was assigned is told from when to when, with what value and by whom, the latest first", async () => {
  await assign(7, "2020-01-01T00:00:00Z");
  await assign(5, "2020-02-01T00:00:00Z");
  await assign(9, "2020-03-01T00:00:00Z", "2020-12-01T00:00:00Z");
  const { nodes } = await history("ann", { tag: "satisfaction" });
  expect(nodes.map(({ value, since, until, source }: any) => [value, since.slice(0, 10), until.slice(0, 10), source])).toEqual([
    [9, "2020-03-01", "2020-12-01", "test"],
    [5, "2020-02-01", "2020-03-01", "test"],
    [7, "2020-01-01", "2020-02-01", "test"],
  ]);
});

test("a decline that came and went is told with its evidence, and any past day agrees with it", async () => {
  for (const days of [35, 60, 80]) {
    clock.setTime(day(days).getTime());
    await refreshAll(app.store.pool, clock);
  }
  const { nodes } = await history("ann", { tag: "freq_drop_50" });
  expect(nodes).toHaveLength(1);
  const [stretch] = nodes;
  expect(stretch).toMatchObject({ value: true, source: "computed", evidence: { current: 0, baseline: 25 } });
  expect(new Date(stretch.until).getTime()).toBeLessThanOrEqual(day(60).getTime());
  const heldAt = async (asOf: string) => {
    const { user } = await app.graph(
      `query ($asOf: DateTime!) { user(externalId: "ann") { tags(first: 300, asOf: $asOf) { nodes { tag { key } } } } }`,
      { asOf },
    );
    return user.tags.nodes.some(({ tag }: any) => tag.key === "freq_drop_50");
  };
  expect(await heldAt(stretch.since)).toBe(true);
  expect(await heldAt(new Date(Date.parse(stretch.since) - DAY_MS).toISOString())).toBe(false);
  expect(await heldAt(stretch.until)).toBe(false);
});

test("pages go on from their cursors, none twice and none left out", async () => {
  const all = (await history("ann", { first: 100 })).nodes;
  expect(all.length).toBeGreaterThan(3);
  const seen: unknown[] = [];
  for (let after: string | undefined; ; ) {
    const { nodes, pageInfo } = await history("ann", { first: 2, after });
    seen.push(...nodes);
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(seen).toEqual(all);
});

test("a page of users costs as many statements as one, and strange tags and cursors are refused", async () => {
  const ask = (ids: readonly string[]) =>
    app.graph(
      `query ($where: SegmentExpression!) { users(where: $where, first: 50) { nodes { tagHistory { nodes { tag { key } } } } } }`,
      {
        where: { event: { type: "login", atLeast: ids.length === 1 ? 80 : 1 } },
      },
    );
  await ask(["ann"]);
  const one = await app.statementsOf(() => ask(["ann"]));
  expect(await app.statementsOf(() => ask(["ann", "bob"]))).toBe(one);
  const refused = async (more: object) =>
    (await app.answer(HISTORY, { externalId: "ann", ...more })).errors?.[0]?.extensions.code;
  expect(await refused({ tag: "nope" })).toBe("UNKNOWN_TAG");
  expect(await refused({ after: Buffer.from('["x", 1]').toString("base64url") })).toBe("BAD_INPUT");
});
