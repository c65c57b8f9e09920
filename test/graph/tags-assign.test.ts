import { afterAll, beforeAll, expect, test } from "vitest";
import { HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T12:00:00Z");
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
  const writer = new HistoryWriter(3);
  for (const user of [1, 2, 3]) {
    writer.user(user);
    writer.event(Date.UTC(2020, 4, 1), 2, 10_000);
  }
  await populate(app.store, writer.finish(), ["ann", "bob", "cyd"]);
  // "cyd" is somebody else in another system.
  await app.store.pool.read("insert into source (id, key) values (2, 'shop')");
  await app.store.pool.read("insert into user_identity (external_id, source_id, user_id) values ('cyd', 2, 1)");
});
afterAll(() => app.stop());

const ASSIGN = `mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned unchanged rejected { index code message } } }`;
const REMOVE = `mutation ($input: RemoveTagsInput!) { removeTags(input: $input) { removed unchanged rejected { index code message } } }`;
const assign = async (...assignments: object[]) => (await app.graph(ASSIGN, { input: { assignments } })).assignTags;
const remove = async (...assignments: object[]) => (await app.graph(REMOVE, { input: { assignments } })).removeTags;

async function tagsOf(externalId: string, asOf?: string) {
  const { user } = await app.graph(
    `query ($externalId: String!, $asOf: DateTime) { user(externalId: $externalId) { tags(first: 100, asOf: $asOf) { nodes { tag { key kind } value since expiresAt source } } } }`,
    { externalId, asOf },
  );
  return user.tags.nodes
    .filter(({ tag }: any) => tag.kind === "MANUAL")
    .map(({ tag, ...rest }: any) => ({ key: tag.key, ...rest }));
}

test("tags are given, found unchanged, changed, and taken, with every stretch kept", async () => {
  expect(
    await assign(
      { externalId: "ann", tag: "vip", since: "2020-01-01T00:00:00Z" },
      { externalId: "ann", tag: "satisfaction", value: 7, since: "2020-02-01" },
    ),
  ).toEqual({
    assigned: 2,
    unchanged: 0,
    rejected: [],
  });
  expect(
    await assign({ externalId: "ann", source: "test", tag: "vip" }, { externalId: "ann", tag: "satisfaction", value: 7 }),
  ).toMatchObject({ assigned: 0, unchanged: 2 });
  expect(await assign({ externalId: "ann", tag: "satisfaction", value: 3, since: "2020-05-01" })).toMatchObject({ assigned: 1 });
  expect(await tagsOf("ann")).toEqual([
    { key: "vip", value: true, since: "2020-01-01T00:00:00.000Z", expiresAt: null, source: "test" },
    { key: "satisfaction", value: 3, since: "2020-05-01T00:00:00.000Z", expiresAt: null, source: "test" },
  ]);
  expect(await tagsOf("ann", "2020-03-01T00:00:00Z")).toEqual(
    expect.arrayContaining([
      { key: "satisfaction", value: 7, since: "2020-02-01T00:00:00.000Z", expiresAt: "2020-05-01T00:00:00.000Z", source: "test" },
    ]),
  );
  expect(await tagsOf("ann", "2019-12-31T00:00:00Z")).toEqual([]);
  expect(await remove({ externalId: "ann", tag: "vip" }, { externalId: "ann", tag: "newsletter" })).toEqual({
    removed: 1,
    unchanged: 1,
    rejected: [],
  });
  expect((await tagsOf("ann")).map(({ key }: any) => key)).toEqual(["satisfaction"]);
  expect((await tagsOf("ann", "2020-04-01T00:00:00Z")).map(({ key }: any) => key).sort()).toEqual(["satisfaction", "vip"]);
});

test("an expired tag is never shown", async () => {
  await assign(
    { externalId: "bob", tag: "complaint_open", since: "2020-01-01", expiresAt: "2020-02-01T00:00:00Z" },
    { externalId: "bob", tag: "vip", expiresAt: "2020-06-01T12:00:01Z" },
  );
  expect((await tagsOf("bob")).map(({ key }: any) => key)).toEqual(["vip"]);
  expect((await tagsOf("bob", "2020-01-31T23:59:59Z")).map(({ key }: any) => key)).toEqual(["complaint_open"]);
  expect(await tagsOf("bob", "2020-02-01T00:00:00Z")).toEqual([]);
});

test("a bad row is rejected with its index, code and remedy, and never fails its neighbours", async () => {
  const result = await assign(
    { externalId: "ann", tag: "newsletter" },
    { externalId: "nobody", tag: "vip" },
    { externalId: "cyd", tag: "vip" },
    { externalId: "ann", source: "nowhere", tag: "vip" },
    { externalId: "ann", tag: "vpi" },
    { externalId: "ann", tag: "freq_drop_50" },
    { externalId: "ann", tag: "satisfaction", value: "good" },
    { externalId: "ann", tag: "vip", value: false },
    { externalId: "ann", tag: "favourite_brand", value: "a\0b" },
    { externalId: "ann", tag: "favourite_brand", value: "x".repeat(1_001) },
    { externalId: "ann", tag: "vip", since: "20111-01-01" },
    { externalId: "ann", tag: "vip", since: "2020-06-02T00:00:00Z" },
    { externalId: "ann", tag: "vip", since: "2020-01-02", expiresAt: "2020-01-01" },
    { externalId: "cyd", source: "shop", tag: "favourite_brand", value: { a: 1 } },
    { tag: "vip" },
    { externalId: "bob", tag: "favourite_brand", value: "Tide" },
  );
  expect(result).toMatchObject({ assigned: 2, unchanged: 0 });
  expect(result.rejected.map(({ index, code }: any) => [index, code])).toEqual([
    [1, "UNKNOWN_USER"],
    [2, "AMBIGUOUS_USER"],
    [3, "UNKNOWN_SOURCE"],
    [4, "UNKNOWN_TAG"],
    [5, "TAG_NOT_WRITABLE"],
    [6, "BAD_ROW"],
    [7, "BAD_ROW"],
    [8, "BAD_CHARACTER"],
    [9, "TOO_LONG"],
    [10, "BAD_DATE"],
    [11, "BAD_DATE"],
    [12, "BAD_DATE"],
    [13, "BAD_ROW"],
    [14, "BAD_ROW"],
  ]);
  for (const { message } of result.rejected) expect(message).toMatch(/[;.] \S/);
});

test("of several rows on one user and tag the last one counts", async () => {
  expect(
    await assign({ externalId: "bob", tag: "satisfaction", value: 1 }, { externalId: "bob", tag: "satisfaction", value: 2 }),
  ).toMatchObject({
    assigned: 1,
    unchanged: 1,
  });
  expect((await tagsOf("bob")).find(({ key }: any) => key === "satisfaction").value).toBe(2);
});

test("more rows than a call takes are refused as a whole", async () => {
  const { errors } = await app.answer(ASSIGN, {
    input: { assignments: Array.from({ length: 10_001 }, () => ({ externalId: "ann", tag: "vip" })) },
  });
  expect(errors![0]!.extensions.code).toBe("TOO_MANY_ROWS");
});

test("a write costs as many statements for a thousand rows as for one", async () => {
  const one = await app.statementsOf(() => assign({ externalId: "ann", tag: "key_account" }));
  const many = Array.from({ length: 1_000 }, (_, i) => ({
    externalId: ["ann", "bob"][i % 2],
    tag: "favourite_brand",
    value: `${i}`,
  }));
  expect(await app.statementsOf(() => assign(...many))).toBeLessThanOrEqual(one);
});
