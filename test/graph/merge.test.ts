import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T12:00:00Z");
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
});
afterAll(() => app.stop());

const MERGE = `mutation ($input: MergeUsersInput!) {
  mergeUsers(input: $input) { user { id identifiers { source externalId } mergedUsers { id by identifiers { externalId } } } errors { code message path } }
}`;
const UNMERGE = `mutation ($id: ID!) { unmergeUser(id: $id) { user { id identifiers { externalId } } errors { code message path } } }`;
const named = (externalId: string, source?: string) => ({ externalId, source });
const merge = async (into: object, ...from: object[]) => (await app.graph(MERGE, { input: { into, from } })).mergeUsers;
const unmerge = async (id: string) => (await app.graph(UNMERGE, { id })).unmergeUser;

async function upsert(...users: object[]) {
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created rejected { message } } }`, {
    input: { users },
  });
}
async function order(externalId: string, day: string, eventId: string, source = "shop", amount = "10") {
  const { recordEvents } = await app.graph(
    `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted duplicates rejected { message } } }`,
    { input: { events: [{ externalId, source, type: "order", occurredAt: `${day}T10:00:00Z`, eventId, amount }] } },
  );
  expect(recordEvents.rejected).toEqual([]);
  return recordEvents;
}
async function assign(externalId: string, tag: string, value: unknown, since: string) {
  await app.graph(`mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned rejected { message } } }`, {
    input: { assignments: [{ externalId, tag, value, since }] },
  });
}
/** All that is known of a user, computed things included. */
async function known(externalId: string) {
  const { user } = await app.graph(
    `query ($externalId: String!) {
      user(externalId: $externalId) {
        id firstSeenAt lastSeenAt channel attributes lifecycleStage identifiers { source externalId }
        tags(first: 200) { nodes { tag { key } value since source } }
        rfm { recencyDays frequency monetary }
        history: tags(first: 200, asOf: "2020-02-15T00:00:00Z") { nodes { tag { key } value since } }
      }
    }`,
    { externalId },
  );
  return user;
}
const held = (user: any, key: string) => user.tags.nodes.find(({ tag }: any) => tag.key === key)?.value;

test("merged users are one person: what either did, was called and was given is the one's that stays, computed anew", async () => {
  await upsert(
    { externalId: "a", source: "shop", attributes: { city: "Oslo" } },
    { externalId: "b", source: "crm", channel: "web", attributes: { city: "Bergen", age: 40 } },
  );
  await order("a", "2020-03-01", "1");
  await order("a", "2020-05-01", "2");
  await order("b", "2020-04-01", "3", "crm", "5.50");
  await assign("a", "satisfaction", 3, "2020-01-01");
  await assign("b", "satisfaction", 9, "2020-02-01");
  await assign("b", "vip", true, "2020-01-10");
  const [a, b] = [await known("a"), await known("b")];

  const merged = await merge(named("a", "shop"), named("b"));
  expect(merged).toEqual({
    user: {
      id: a.id,
      identifiers: [
        { source: "crm", externalId: "b" },
        { source: "shop", externalId: "a" },
      ],
      mergedUsers: [{ id: b.id, by: "local owner", identifiers: [{ externalId: "b" }] }],
    },
    errors: [],
  });
  const one = await known("b");
  expect(one).toMatchObject({
    id: a.id,
    channel: "web",
    attributes: { city: "Oslo", age: 40 },
    rfm: { frequency: 3, monetary: 25.5 },
    firstSeenAt: "2020-03-01T10:00:00.000Z",
    lastSeenAt: "2020-05-01T10:00:00.000Z",
  });
  expect(held(one, "orders_total")).toBe(3);
  expect(held(one, "vip")).toBe(true);
  // The later statement holds, the earlier went on until then.
  expect(held(one, "satisfaction")).toBe(9);
  const { user } = await app.graph(
    `{ user(externalId: "a") { tags(first: 200, asOf: "2020-01-20T00:00:00Z") { nodes { tag { key } value } } } }`,
  );
  expect(held(user, "satisfaction")).toBe(3);

  const { nodes } = await app.graph(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids: [b.id, a.id] });
  expect(nodes, "the old id is answered as the one that stays").toEqual([{ id: a.id }, { id: a.id }]);
  expect(await order("b", "2020-04-01", "3", "crm", "5.50"), "what it had sent is known").toMatchObject({ duplicates: 1 });
  expect(await app.store.pool.read("select user_id from user_metric where user_id not in (select id from app_user)")).toEqual([]);

  const parted = await unmerge(b.id);
  expect(parted).toEqual({ user: { id: b.id, identifiers: [{ externalId: "b" }] }, errors: [] });
  expect([await known("a"), await known("b")], "both are as they were").toEqual([a, b]);
  expect(await unmerge(b.id)).toMatchObject({ user: null, errors: [{ code: "NOT_FOUND", path: ["id"] }] });
});

test("an event that both had is one event, and comes back to both", async () => {
  await order("c", "2020-04-01", "same");
  await order("d", "2020-04-01", "same");
  await order("d", "2020-04-02", "other");
  const before = [await known("c"), await known("d")];
  await merge(named("c"), named("d"));
  expect(held(await known("c"), "orders_total")).toBe(2);
  await unmerge(before[1].id);
  expect([await known("c"), await known("d")]).toEqual(before);
});

test("merges of merged users hold through the chain, and are parted from its end", async () => {
  for (const [at, name] of ["e", "f", "g"].entries()) await order(name, `2020-04-0${at + 1}`, name);
  const before = { e: await known("e"), f: await known("f"), g: await known("g") };
  await merge(named("f"), named("g"));
  await merge(named("e"), named("f"));
  expect(held(await known("g"), "orders_total")).toBe(3);
  expect((await app.graph(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids: [before.g.id] })).nodes).toEqual([
    { id: before.e.id },
  ]);
  expect(await unmerge(before.g.id)).toMatchObject({ errors: [{ code: "CONFLICT" }] });
  await unmerge(before.f.id);
  expect(await known("e")).toEqual(before.e);
  expect(held(await known("g"), "orders_total")).toBe(2);
  await unmerge(before.g.id);
  expect({ e: await known("e"), f: await known("f"), g: await known("g") }).toEqual(before);
});

test("what was recorded after the merge stays with the one that stayed", async () => {
  await order("h", "2020-04-01", "h1");
  await order("i", "2020-04-02", "i1");
  const { id } = await known("i");
  await merge(named("h"), named("i"));
  await order("i", "2020-05-05", "i2");
  await assign("i", "vip", true, "2020-05-06");
  await unmerge(id);
  expect(held(await known("h"), "orders_total")).toBe(2);
  expect(await known("h")).toMatchObject({ lastSeenAt: "2020-05-05T10:00:00.000Z" });
  expect(held(await known("h"), "vip")).toBe(true);
  expect(held(await known("i"), "vip")).toBe(undefined);
});

test("a merge that cannot be is refused in plain words, and nothing is changed", async () => {
  await order("j", "2020-04-01", "j1");
  expect(await merge(named("j"), named("j"), named("nobody"))).toMatchObject({
    user: null,
    errors: [
      { code: "UNKNOWN_USER", path: ["input", "from", "1"], message: expect.stringContaining('"nobody"') },
      { code: "BAD_INPUT", path: ["input", "from", "0"], message: expect.stringContaining("itself") },
    ],
  });
  expect(await merge(named("j"))).toMatchObject({ errors: [{ code: "BAD_INPUT", path: ["input", "from"] }] });
  expect(await merge(named("nobody"), named("j"))).toMatchObject({ errors: [{ code: "UNKNOWN_USER", path: ["input", "into"] }] });
});

test("writers beside a merge lose nothing: every event is the survivor's in the end", async () => {
  await order("k", "2020-01-01", "k0");
  await order("l", "2020-01-01", "l0");
  const days = Array.from({ length: 20 }, (_, day) => `2020-03-${String(day + 1).padStart(2, "0")}`);
  await Promise.all([
    ...days.map((day) => order("l", day, `l-${day}`)),
    merge(named("k"), named("l")),
    ...days.map((day) => order("k", day, `k-${day}`)),
  ]);
  const one = await known("l");
  expect(held(one, "orders_total")).toBe(42);
  expect(one.id).toBe((await known("k")).id);
  expect(await app.store.pool.read("select from event where user_id not in (select id from app_user)")).toEqual([]);
});

test("two merges into one another at once leave one user", async () => {
  await order("m", "2020-01-01", "m0");
  await order("n", "2020-01-01", "n0");
  const answers = await Promise.all([merge(named("m"), named("n")), merge(named("n"), named("m"))]);
  const codes = answers.flatMap(({ errors }) => errors.map(({ code }: any) => code));
  expect(codes.filter((code) => code !== "CONFLICT" && code !== "BAD_INPUT")).toEqual([]);
  expect(codes).toHaveLength(1);
  expect((await known("m")).id).toBe((await known("n")).id);
  expect(held(await known("m"), "orders_total")).toBe(2);
});
