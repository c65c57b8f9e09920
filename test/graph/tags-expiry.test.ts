import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. */
const clock = new Date("2020-06-01T12:00:00Z");
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(3);
  for (const user of [1, 2, 3]) {
    writer.user(user);
    writer.event(Date.UTC(2020, 4, 1), 2, 10_000);
  }
  await populate(app.store, writer.finish(), ["ann", "bob", "cyd"]);
  await refreshAll(app.store.pool, clock);
  const { createTag } = await app.graph(
    `mutation { createTag(input: {key: "on_call", name: "On call", family: CUSTOM, kind: MANUAL, department: "marketing", ttlDays: 2}) { tag { ttlDays } errors { message } } }`,
  );
  expect(createTag).toEqual({ tag: { ttlDays: 2 }, errors: [] });
});
afterAll(() => app.stop());

const assign = async (...assignments: object[]) =>
  (
    await app.graph(
      `mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned unchanged rejected { code message } } }`,
      { input: { assignments } },
    )
  ).assignTags;
const at = (time: string) => clock.setTime(Date.parse(time));

/** Every door through which one could see who holds the tag. */
async function seen(key = "on_call", asOf?: string) {
  const data = await app.graph(
    `query ($where: SegmentExpression!, $none: SegmentExpression!, $externalId: String!, $asOf: DateTime) {
      segmentPreview(where: $where, asOf: $asOf) { count members(first: 5, orderBy: ID_ASC) { nodes { identifiers { externalId } } } }
      comparison: tagComparison(a: $where, b: $none, first: 50) { tag { key } }
      user(externalId: $externalId) { tags(first: 300, asOf: $asOf) { nodes { tag { key } expiresAt } } }
      tag(key: "${key}") { valueDistribution { count } }
    }`,
    { where: { tag: { key } }, none: { not: { tag: { key } } }, externalId: "ann", asOf },
  );
  return {
    segment: data.segmentPreview.count,
    members: data.segmentPreview.members.nodes.map(({ identifiers }: any) => identifiers[0].externalId),
    held: data.user.tags.nodes.find(({ tag }: any) => tag.key === key)?.expiresAt,
    distribution: data.tag.valueDistribution.map(({ count }: any) => count),
    compared: data.comparison.some(({ tag }: any) => tag.key === key),
  };
}

test("an assignment without an expiry of its own lives as long as its tag says, to the second, in every read, without a sweep", async () => {
  expect(
    await assign({ externalId: "ann", tag: "on_call" }, { externalId: "bob", tag: "on_call", expiresAt: "2021-01-01T00:00:00Z" }),
  ).toMatchObject({ assigned: 2, rejected: [] });
  at("2020-06-03T11:59:59Z");
  expect(await seen()).toEqual({
    segment: 2,
    members: ["ann", "bob"],
    held: "2020-06-03T12:00:00.000Z",
    distribution: [2],
    compared: true,
  });
  at("2020-06-03T12:00:00Z");
  expect(await seen()).toEqual({ segment: 1, members: ["bob"], held: undefined, distribution: [1], compared: true });
  at("2021-01-01T00:00:00Z");
  expect(await seen()).toEqual({ segment: 0, members: [], held: undefined, distribution: [], compared: false });
  expect(await app.store.pool.read("select from user_tag t join tag g on g.id = t.tag_id where g.key = 'on_call'")).toHaveLength(
    2,
  );
});

test("the daily sweep moves what has expired into the history, where past days still find it", async () => {
  const before = await seen("on_call", "2020-06-02T00:00:00Z");
  expect(before).toMatchObject({ segment: 2, held: "2020-06-03T12:00:00.000Z" });
  await refreshAll(app.store.pool, clock);
  expect(await app.store.pool.read("select from user_tag t join tag g on g.id = t.tag_id where g.key = 'on_call'")).toEqual([]);
  expect(await seen("on_call", "2020-06-02T00:00:00Z")).toEqual(before);
  expect((await seen("on_call", "2020-06-03T12:00:00Z")).segment).toBe(1);
  expect(
    await app.graph(`mutation { removeTags(input: {assignments: [{externalId: "ann", tag: "on_call"}]}) { removed unchanged } }`),
  ).toEqual({
    removeTags: { removed: 0, unchanged: 1 },
  });
});

test("said again, the time begins anew and since stays; said with its date, nothing changes", async () => {
  at("2021-02-01T00:00:00Z");
  await assign({ externalId: "cyd", tag: "on_call" });
  at("2021-02-02T00:00:00Z");
  expect(await assign({ externalId: "cyd", tag: "on_call", since: "2021-02-01T00:00:00Z" })).toMatchObject({ unchanged: 1 });
  expect(await assign({ externalId: "cyd", tag: "on_call" })).toMatchObject({ assigned: 1 });
  at("2021-02-03T23:59:59Z");
  expect((await seen()).members).toEqual(["cyd"]);
  const { user } = await app.graph(`{ user(externalId: "cyd") { tags(first: 300) { nodes { tag { key } since } } } }`);
  expect(user.tags.nodes.find(({ tag }: any) => tag.key === "on_call").since).toBe("2021-02-01T00:00:00.000Z");
  at("2021-02-04T00:00:00Z");
  expect((await seen()).members).toEqual([]);
});

test("the time is changed by a revision, of a built-in tag too, and counts for what is assigned from then on", async () => {
  const publish = async (ttlDays: number) => {
    const { updateTag } = await app.graph(
      `mutation ($input: UpdateTagInput!) { updateTag(input: $input) { tag { unpublishedChanges { ttlDays } } errors { message } } }`,
      { input: { key: "vip", ttlDays } },
    );
    expect(updateTag.errors).toEqual([]);
    return (await app.graph(`mutation { publishTag(key: "vip", reason: "reviewed") { tag { ttlDays revision } } }`)).publishTag
      .tag;
  };
  expect(await publish(1)).toEqual({ ttlDays: 1, revision: 2 });
  await assign({ externalId: "ann", tag: "vip" });
  expect((await seen("vip")).held).toBe("2021-02-05T00:00:00.000Z");
  expect(await publish(0)).toEqual({ ttlDays: null, revision: 3 });
  await assign({ externalId: "ann", tag: "vip" });
  expect((await seen("vip")).held).toBeNull();
});

test("a computed tag has no time of its own, and days are whole", async () => {
  const create = async (input: object) =>
    (
      await app.graph(`mutation ($input: CreateTagInput!) { createTag(input: $input) { errors { code path message } } }`, {
        input: { key: "x", name: "X", family: "CUSTOM", department: "marketing", ...input },
      })
    ).createTag.errors[0];
  const definition = { gt: [{ measure: "count" }, 1] };
  expect(await create({ kind: "RULE", definition, ttlDays: 3 })).toMatchObject({ code: "BAD_INPUT", path: ["ttlDays"] });
  expect(await create({ kind: "MANUAL", ttlDays: 0 })).toMatchObject({ code: "BAD_INPUT", path: ["ttlDays"] });
});
