import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

const UPSERT = `mutation UpsertUsers($input: UpsertUsersInput!) {
  upsertUsers(input: $input) { created updated unchanged rejected { index code message } }
}`;
const USER = `query ($externalId: String!, $source: String) {
  user(externalId: $externalId, source: $source) { id identifiers { source externalId } firstSeenAt lastSeenAt channel attributes lifecycleStage }
}`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: new Date("2011-09-10T00:00:00Z") });
});
afterAll(() => app.stop());

async function upsert(...users: object[]) {
  return (await app.graph(UPSERT, { input: { users } })).upsertUsers;
}

test("users are made, merged key by key, and left alone where nothing changed", async () => {
  expect(
    await upsert({
      externalId: "ann",
      attributes: { plan: "gold", age: 41 },
      channel: "web",
      firstSeenAt: "2011-01-01T00:00:00Z",
    }),
  ).toEqual({
    created: 1,
    updated: 0,
    unchanged: 0,
    rejected: [],
  });
  expect(
    await upsert(
      { externalId: "ann", attributes: { age: null, vip: true } },
      { externalId: "ann", attributes: { vip: true } },
      { externalId: "ann", firstSeenAt: "2011-02-01T00:00:00Z" },
      { externalId: "bob", attributes: { plan: "free" } },
      { externalId: "bob", attributes: { plan: "gold" } },
    ),
  ).toMatchObject({ created: 1, updated: 2, unchanged: 2 });
  const { user } = await app.graph(USER, { externalId: "ann" });
  expect(user).toMatchObject({
    identifiers: [{ source: "default", externalId: "ann" }],
    firstSeenAt: "2011-01-01T00:00:00.000Z",
    lastSeenAt: null,
    channel: "web",
    attributes: { plan: "gold", vip: true },
  });
  expect((await app.graph(USER, { externalId: "bob", source: "default" })).user.attributes).toEqual({ plan: "gold" });
});

test("a bad row is refused by index and reason, and never fails its neighbours", async () => {
  const result = await upsert(
    { externalId: "" },
    { attributes: {} },
    { externalId: "ok 1" },
    { externalId: "x".repeat(256) },
    { externalId: "nul\0" },
    { externalId: "p1", attributes: { constructor: "x" } },
    { externalId: "p2", attributes: { nested: { a: 1 } } },
    { externalId: "d", firstSeenAt: "20111-01-01" },
    { externalId: "d", firstSeenAt: 17 },
    { externalId: "ok 2", channel: "app" },
  );
  expect(result).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
  expect(result.rejected.map(({ index, code }: any) => [index, code])).toEqual([
    [0, "BAD_ROW"],
    [1, "BAD_ROW"],
    [3, "TOO_LONG"],
    [4, "BAD_CHARACTER"],
    [5, "BAD_ROW"],
    [6, "BAD_ROW"],
    [7, "BAD_DATE"],
    [8, "BAD_DATE"],
  ]);
});

test("more than 10,000 rows are refused as a whole", async () => {
  const users = Array.from({ length: 10_001 }, (_, i) => ({ externalId: `many ${i}` }));
  const { errors } = await app.answer(UPSERT, { input: { users } });
  expect(errors?.[0]?.extensions.code).toBe("TOO_MANY_ROWS");
  expect((await app.graph(USER, { externalId: "many 0" })).user).toBeNull();
});

test("an id that two sources use for different users must be asked for with its source", async () => {
  await upsert({ externalId: "7", source: "shop" }, { externalId: "7", source: "clinic" });
  const { errors } = await app.answer(USER, { externalId: "7" });
  expect(errors?.[0]).toMatchObject({ extensions: { code: "AMBIGUOUS_USER", sources: ["clinic", "shop"] } });
  expect(errors?.[0]?.message).toContain("clinic, shop");
  expect((await app.graph(USER, { externalId: "7", source: "shop" })).user.identifiers).toEqual([
    { source: "shop", externalId: "7" },
  ]);
  expect((await app.graph(USER, { externalId: "8" })).user).toBeNull();
  expect((await app.answer(USER, { externalId: "7", source: "nowhere" })).errors?.[0]?.extensions.code).toBe("UNKNOWN_SOURCE");
});

test("node and nodes give users back by their ids, in order, null where one is gone", async () => {
  const { id } = (await app.graph(USER, { externalId: "ann" })).user;
  const gone = Buffer.from("User:999999").toString("base64url");
  const { node, nodes } = await app.graph(
    "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { __typename id } nodes(ids: $ids) { id ... on User { channel } } }",
    {
      id,
      ids: [gone, id, id],
    },
  );
  expect(node).toEqual({ __typename: "User", id });
  expect(nodes).toEqual([null, { id, channel: "web" }, { id, channel: "web" }]);
  for (const bad of ["nonsense", Buffer.from("Nothing:1").toString("base64url")])
    expect((await app.answer("query ($id: ID!) { node(id: $id) { id } }", { id: bad })).errors?.[0]?.extensions.code).toBe(
      "BAD_INPUT",
    );
});

test("the number of statements does not depend on the number of users", async () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ externalId: `page ${i}`, source: "page" }));
  await upsert(...many);
  const rows = await app.store.pool.read<{ id: string }>(
    "select user_id as id from user_identity where external_id like 'page %'",
  );
  const ids = rows.map(({ id }) => Buffer.from(`User:${id}`).toString("base64url"));
  const document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { channel identifiers { source externalId } } } }";
  expect(await app.statementsOf(() => app.graph(document, { ids }))).toBe(2);
  expect(await app.statementsOf(() => app.graph(USER, { externalId: "ann" }))).toBe(3);
});

test("the departments that everything built in belongs to are there", async () => {
  const { departments } = await app.graph("{ departments { key name } }");
  expect(departments.map(({ key }: any) => key)).toEqual(expect.arrayContaining(["company", "marketing", "service", "product"]));
});
