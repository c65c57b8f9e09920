import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T00:00:00Z");
const USERS = 40;
let app: TestApp;

/** User n has an event every n days up to now; the last has complaints alone, which are no activity. One more is known without any event. */
beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
  const writer = new HistoryWriter(USERS);
  for (let user = 1; user <= USERS; user++) {
    writer.user(user);
    const type = user === USERS ? 4 : 1;
    for (let day = 120 - (120 % user); day > 0; day -= user) writer.event(NOW.getTime() - day * DAY_MS, type, Number.NaN);
  }
  await populate(app.store, writer.finish());
  await app.store.pool.read(
    "insert into app_user (id, first_seen_at, created_at, updated_at) values (99, '2020-01-01', '2020-01-01', '2020-01-01')",
  );
});
afterAll(() => app.stop());

const PREVIEW = `query ($definition: JSONObject!, $asOf: DateTime, $bins: Int = 10) {
  previewTag(definition: $definition, asOf: $asOf) {
    asOf kind populationCount count coverage
    valueDistribution(bins: $bins) { label count }
    examples { user { identifiers { externalId } } value since evidence { name expression value } }
  } }`;
const preview = async (definition: object, asOf?: string) => (await app.graph(PREVIEW, { definition, asOf })).previewTag;

const MONTH = { measure: "count", days: 30 };
const BUSY = { all: [{ gt: [MONTH, 0] }, { gte: [MONTH, { multiply: [{ tag: "events_7d" }, 4] }] }] };

test("a condition is previewed for everybody: how many, of how many, and ten of them with the numbers that show why", async () => {
  const shown = await preview({ gt: [MONTH, 5] });
  // Every fifth day or more often; the user of complaints alone is not of the population, the one without events is.
  expect(shown).toMatchObject({ asOf: NOW.toISOString(), kind: "RULE", populationCount: USERS, count: 5, coverage: 5 / USERS });
  expect(shown.valueDistribution).toEqual([
    { label: "true", count: 5 },
    { label: "false", count: USERS - 5 },
    { label: "undefined", count: 0 },
  ]);
  expect(shown.examples.map(({ user }: any) => user.identifiers[0].externalId)).toEqual(["1", "2", "3", "4", "5"]);
  expect(shown.examples[1]).toMatchObject({
    value: true,
    evidence: [{ name: "count of activity, 30 days", expression: MONTH, value: 15 }],
  });
});

test("a number is previewed with its distribution, and examples from the lowest to the highest", async () => {
  const shown = await preview({ divide: [{ tag: "events_30d" }, MONTH] });
  expect(shown).toMatchObject({
    kind: "METRIC",
    populationCount: USERS,
    count: 30,
    valueDistribution: [{ label: "1", count: 30 }],
  });
  const counts = await preview(MONTH);
  expect(counts.examples.map(({ value }: any) => value)).toEqual([0, 0, 0, 1, 1, 1, 2, 3, 6, 30]);
  expect(counts.valueDistribution.reduce((sum: number, { count }: any) => sum + count, 0)).toBe(USERS);
});

test.each([
  ["a condition", "RULE", BUSY],
  ["a number", "METRIC", { divide: [MONTH, { tag: "events_7d" }] }],
] as const)("%s has, once it is in use, exactly what the preview said", async (_, kind, definition) => {
  const said = await preview(definition);
  const key = `previewed_${kind.toLowerCase()}`;
  await app.graph(
    `mutation ($input: CreateTagInput!, $key: String!) { createTag(input: $input) { errors { message } } moveTag(key: $key, to: ACTIVE) { errors { message } } }`,
    { input: { key, name: "Previewed", family: "CUSTOM", kind, department: "marketing", definition }, key },
  );
  await refreshAll(app.store.pool, NOW);
  const { tag } = await app.graph(`query ($key: String!) { tag(key: $key) { coverage valueDistribution { label count } } }`, {
    key,
  });
  expect(tag.coverage).toBe(said.coverage);
  expect(said.count).toBeGreaterThan(0);
  const stored = tag.valueDistribution;
  expect(said.valueDistribution.slice(0, stored.length)).toEqual(stored);
  const example = said.examples.at(-1);
  const { user } = await app.graph(
    `query ($externalId: String!) { user(externalId: $externalId) { tags(first: 300) { nodes { tag { key } value since } } } }`,
    { externalId: example.user.identifiers[0]?.externalId ?? "1" },
  );
  expect(user.tags.nodes.find(({ tag: { key: held } }: any) => held === key)).toMatchObject({
    value: example.value,
    since: example.since,
  });
});

test("a past day is previewed as it was", async () => {
  const then = await preview(MONTH, "2020-02-10T00:00:00Z");
  const seen = Array.from({ length: USERS - 1 }, (_, place) => place + 1).filter((user) => 120 - (120 % user) > 112);
  expect(then.populationCount).toBe(seen.length + 1);
  expect(then.examples.at(-1).value).toBe(8);
});

test("the statements do not grow with the users shown", async () => {
  const one = await app.statementsOf(() => preview({ gt: [MONTH, 29] }));
  expect(await app.statementsOf(() => preview({ gte: [MONTH, 0] }))).toBe(one);
});

test("a definition that cannot be read is refused with its place", async () => {
  const { errors } = await app.answer(PREVIEW, { definition: { gt: [{ measure: "count", days: 0 }, 1] } });
  expect(errors?.[0]).toMatchObject({ extensions: { code: "BAD_INPUT", at: "definition.gt.0.days" } });
  expect(errors?.[0]?.message).toContain("a whole number from 1");
});
