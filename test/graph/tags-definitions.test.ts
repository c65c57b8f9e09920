import { afterAll, beforeAll, expect, test } from "vitest";
import { advance, refreshAll } from "../../src/pipeline.js";
import { assignTags } from "../../src/tags/assign.step.js";
import { DAY_MS } from "../../src/tags/history.js";
import { sweepExpired } from "../../src/tags/sweep.step.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T00:00:00Z");
const PAST = "2020-05-11T00:00:00Z";
let app: TestApp;

const PEOPLE = [
  { externalId: "ann", channel: "Web", attributes: { plan: "Basic", renewal: "2020-06-21", seats: 3 } },
  { externalId: "bob", channel: "app", attributes: { plan: "Pro yearly", renewal: "2021-01-01", seats: "many" } },
  // Known, but never did anything.
  { externalId: "cyd", channel: null, attributes: { plan: "basic trial" }, firstSeenAt: "2020-05-01T00:00:00Z" },
];

beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
  await app.graph("mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { rejected { message } } }", {
    input: { users: PEOPLE },
  });
  const order = (externalId: string, daysAgo: number, category: string) => ({
    externalId,
    type: "order",
    occurredAt: new Date(NOW.getTime() - daysAgo * DAY_MS).toISOString(),
    amount: "10",
    category,
  });
  await app.graph("mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { rejected { message } } }", {
    input: {
      events: [
        order("ann", 100, "books"),
        order("ann", 90, "toys"),
        order("ann", 5, "toys"),
        order("bob", 40, "tea"),
        order("bob", 30, "books"),
        order("bob", 2, "tea"),
        order("bob", 1, "books"),
      ],
    },
  });
  await app.graph("mutation ($input: AssignTagsInput!) { assignTags(input: $input) { rejected { message } } }", {
    input: {
      assignments: [
        { externalId: "ann", tag: "satisfaction", value: 4, since: "2020-05-20T00:00:00Z" },
        { externalId: "bob", tag: "satisfaction", value: 9, since: "2020-05-01T00:00:00Z" },
        { externalId: "bob", tag: "vip", since: "2020-05-01T00:00:00Z", expiresAt: "2020-06-11T00:00:00Z" },
        { externalId: "cyd", tag: "favourite_brand", value: "Acme", since: "2020-05-01T00:00:00Z" },
      ],
    },
  });
});
afterAll(() => app.stop());

const make = async (key: string, definition: object, input: object = {}) => {
  const { createTag } = await app.graph(
    "mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { key valueType definitionText } errors { code message path } } }",
    { input: { key, name: key, family: "CUSTOM", department: "marketing", kind: "RULE", definition, ...input } },
  );
  if (createTag.errors.length === 0) await app.graph(`mutation { moveTag(key: "${key}", to: ACTIVE) { errors { message } } }`);
  return createTag;
};
/** By external id: what a tag says of everybody who has it. */
const said = async (key: string, asOf?: string) => {
  const found: Record<string, unknown> = {};
  for (const { externalId } of PEOPLE) {
    const { user } = await app.graph(
      "query ($externalId: String!, $asOf: DateTime) { user(externalId: $externalId) { tags(first: 200, asOf: $asOf) { nodes { tag { key } value since } } } }",
      { externalId, asOf },
    );
    const held = user.tags.nodes.find(({ tag }: any) => tag.key === key);
    if (held) found[externalId] = held.value;
  }
  return found;
};
const members = async (where: object, asOf?: string) => {
  const { segmentPreview } = await app.graph(
    "query ($where: SegmentExpression!, $asOf: DateTime) { segmentPreview(where: $where, asOf: $asOf) { members(first: 10) { nodes { identifiers { externalId } } } } }",
    { where, asOf },
  );
  return segmentPreview.members.nodes.map(({ identifiers }: any) => identifiers[0].externalId).sort();
};

test("a definition reads attributes, the channel and dates, and holds the same stored and on demand, of users without events too", async () => {
  const basic = { startsWith: [{ lower: { attribute: "plan" } }, "basic"] };
  expect((await make("basic_plan", basic)).errors).toEqual([]);
  expect((await make("renews_soon", { text: "daysUntil(attribute.renewal) <= 30" })).errors).toEqual([]);
  expect((await make("on_the_web", { in: [{ lower: { user: "channel" } }, "web", "site"] })).errors).toEqual([]);
  expect((await make("seat_count", { coalesce: [{ attribute: "seats" }, 1] }, { kind: "METRIC" })).errors).toEqual([]);
  await refreshAll(app.store.pool, NOW);
  for (const asOf of [undefined, NOW.toISOString()]) {
    expect(await said("basic_plan", asOf)).toEqual({ ann: true, cyd: true });
    expect(await said("renews_soon", asOf)).toEqual({ ann: true });
    expect(await said("on_the_web", asOf)).toEqual({ ann: true });
    expect(await said("seat_count", asOf)).toEqual({ ann: 3, bob: 1, cyd: 1 });
    expect(await members({ tag: { key: "basic_plan" } }, asOf)).toEqual(["ann", "cyd"]);
  }
  expect(await said("renews_soon", PAST)).toEqual({});
  expect(await members({ tag: { key: "basic_plan" } }, PAST)).toEqual(["ann", "cyd"]);
});

test("a definition reads tags that are given, as they stood at the day, and follows a new value at once", async () => {
  expect((await make("unhappy_vip", { text: "tag.satisfaction <= 6 or tag.vip and tag.satisfaction < 10" })).errors).toEqual([]);
  await refreshAll(app.store.pool, NOW);
  expect(await said("unhappy_vip")).toEqual({ ann: true, bob: true });
  expect(await said("dissatisfied")).toEqual({ ann: true });
  expect(await said("unhappy_vip", PAST)).toEqual({ bob: true });
  const later = new Date(NOW.getTime() + 20 * DAY_MS).toISOString();
  expect(await said("unhappy_vip", later), "the tag has expired by then").toEqual({ ann: true });
  await app.graph(
    'mutation { assignTags(input: {assignments: [{externalId: "bob", tag: "satisfaction", value: 10}]}) { assigned } }',
  );
  expect(await said("unhappy_vip")).toEqual({ ann: true });
  expect(await said("unhappy_vip", PAST)).toEqual({ bob: true });
});

test("a RULE may give a text, which is held, counted, asked for and kept in the history as any other", async () => {
  const made = await make(
    "mood",
    { text: 'case(tag.satisfaction <= 6, concat(lower(channel), " angry"), tag.orders_30d >= 2, "busy")' },
    { valueType: "TEXT" },
  );
  expect(made).toEqual({
    tag: {
      key: "mood",
      valueType: "TEXT",
      definitionText: 'case(tag.satisfaction <= 6, concat(lower(channel), " angry"), tag.orders_30d >= 2, "busy")',
    },
    errors: [],
  });
  await refreshAll(app.store.pool, NOW);
  expect(await said("mood")).toEqual({ ann: "web angry", bob: "busy" });
  expect(await said("mood", PAST)).toEqual({ bob: "busy" });
  expect(await said("core_category")).toEqual({ ann: "toys", bob: "books" });
  expect(await said("core_category", PAST)).toEqual({ ann: "toys", bob: "books" });
  expect(await said("core_category", "2020-04-25T00:00:00Z")).toEqual({ ann: "toys", bob: "tea" });
  for (const asOf of [undefined, NOW.toISOString()]) {
    expect(await members({ tag: { key: "mood", op: "EQ", value: "busy" } }, asOf)).toEqual(["bob"]);
    expect(await members({ tag: { key: "mood" } }, asOf)).toEqual(["ann", "bob"]);
  }
  expect(await members({ tag: { key: "core_category", op: "IN", values: ["tea"] } }, "2020-04-25T00:00:00Z")).toEqual(["bob"]);
  const { tag } = await app.graph('{ tag(key: "mood") { valueDistribution(bins: 5) { label count } coverage } }');
  expect(tag.valueDistribution).toEqual([
    { label: "busy", count: 1 },
    { label: "web angry", count: 1 },
  ]);
  const later = new Date(NOW.getTime() + 40 * DAY_MS);
  await refreshAll(app.store.pool, later);
  const { user } = await app.graph(
    'query ($asOf: DateTime) { user(externalId: "bob") { tagHistory(tag: "mood") { nodes { value since until } } tags(first: 200, asOf: $asOf) { nodes { tag { key } value } } } }',
    { asOf: NOW.toISOString() },
  );
  expect(user.tagHistory.nodes).toEqual([{ value: "busy", since: "2020-05-31T00:00:00.000Z", until: later.toISOString() }]);
});

test("two groups are compared by the values of a text, stored and at a past day alike", async () => {
  const compare = async (tag: string, asOf?: string) => {
    const { valueComparison } = await app.graph(
      `query ($tag: String!, $asOf: DateTime) { valueComparison(tag: $tag, a: {text: "channel = Web"}, asOf: $asOf) { value countA countB shareA shareB lift pValue fewHolders } }`,
      { tag, asOf },
    );
    return valueComparison;
  };
  for (const asOf of [undefined, NOW.toISOString()]) {
    const found = await compare("core_category", asOf);
    expect(found.map(({ value, countA, countB }: any) => [value, countA, countB])).toEqual([
      ["toys", 1, 0],
      ["books", 0, 1],
    ]);
    expect(found[0]).toMatchObject({ shareA: 1, shareB: 0, lift: null, fewHolders: true });
  }
  expect(await compare("favourite_brand")).toMatchObject([{ value: "Acme", countA: 0, countB: 1, shareB: 0.5 }]);
  const { errors } = await app.answer(`{ valueComparison(tag: "vip", a: {text: "channel = Web"}) { value } }`);
  expect(errors![0]!.extensions.code).toBe("UNKNOWN_TAG");
});

test("a preview of a text shows the commonest, with the texts it is made from", async () => {
  const { previewTag } = await app.graph(
    "query ($definition: JSONObject!) { previewTag(definition: $definition) { kind valueType count valueDistribution { label count } examples { value evidence { name value text } } } }",
    { definition: { text: "case(tag.orders_90d >= 0, lower(attribute.plan))" } },
  );
  expect(previewTag).toMatchObject({ kind: "RULE", valueType: "TEXT", count: 3 });
  expect(previewTag.valueDistribution).toContainEqual({ label: "basic trial", count: 1 });
  expect(previewTag.examples[1]).toMatchObject({ value: "pro yearly" });
  expect(previewTag.examples[1].evidence).toContainEqual({ name: "plan", value: null, text: "Pro yearly" });
});

test.each([
  ["a text that ends too soon", { text: "tag.vip and" }, ["definition", "text", "1:12"]],
  ["a tag that is not there, in a text", { text: "tag.vip and tag.nope" }, ["definition", "text", "1:13"]],
  ["a text compared as a number", { gt: [{ user: "channel" }, 3] }, ["definition", "gt", "0"]],
  ["an attribute that could be anything", { eq: [{ attribute: "a" }, { attribute: "b" }] }, ["definition", "eq"]],
  ["a day that there is not", { gt: [{ daysSince: "2020-02-30" }, 1] }, ["definition", "gt", "0", "daysSince"]],
])("%s is refused with its place", async (_, definition, path) => {
  expect((await make("x", definition)).errors[0]).toMatchObject({ code: "BAD_INPUT", path });
});

test("a given tag that definitions are made from is not retired before them", async () => {
  await app.graph('mutation { moveTag(key: "satisfaction", to: DEPRECATED) { errors { message } } }');
  const { moveTag } = await app.graph('mutation { moveTag(key: "satisfaction", to: RETIRED) { errors { code message } } }');
  expect(moveTag.errors[0].message).toContain("Tag dissatisfied");
});

test("what is made from a tag that is given ends with it, as soon as its expiry is swept", async () => {
  const { pool } = app.store;
  expect((await make("dear", { text: "tag.key_account or tag.vip" })).errors).toEqual([]);
  const [start, end] = [new Date(NOW.getTime() + 50 * DAY_MS), new Date(NOW.getTime() + 51 * DAY_MS)];
  await assignTags(pool, [{ externalId: "ann", tag: "key_account", expiresAt: end.toISOString() }], start);
  await advance(pool, start);
  expect(await said("dear")).toEqual({ ann: true });
  await sweepExpired(pool, end);
  await advance(pool, end);
  expect(await said("dear")).toEqual({});
});
