import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

const clock = new Date("2020-06-01T12:00:00Z");
let app: TestApp;

/** Ten people of ages 20 to 65, five of them from Oslo. */
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const people = Array.from({ length: 10 }, (_, place) => place);
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: {
      users: people.map((place) => ({
        externalId: `p${place}`,
        firstSeenAt: "2020-01-01T00:00:00Z",
        attributes: { age: 20 + place * 5, city: place % 2 ? "Oslo" : "Bergen" },
      })),
    },
  });
});
afterAll(() => app.stop());

const save = async (key: string, text: string) =>
  (
    await app.graph(
      `mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { segment { key revision count revisions { revision where savedBy savedAt } } errors { code message } } }`,
      { input: { key, where: { text } } },
    )
  ).saveSegment;
const estimate = async (key: string, text: string) =>
  (
    await app.graph(
      `query ($input: SaveSegmentInput!) { segmentEstimate(input: $input) { count entering leaving sentence dependants { key } } }`,
      { input: { key, where: { text } } },
    )
  ).segmentEstimate;
const remove = async (key: string) =>
  (await app.graph(`mutation ($key: String!) { deleteSegment(key: $key) { deleted errors { code message path } } }`, { key }))
    .deleteSegment;

test("what saving would do is said before it is done: who comes, who goes, what else changes", async () => {
  expect(await estimate("grown", "attribute.age >= 40")).toEqual({
    count: 6,
    entering: 6,
    leaving: 0,
    sentence: "+6, -0 users",
    dependants: [],
  });
  expect((await app.graph("{ segments { totalCount } }")).segments.totalCount, "nothing was saved").toBe(0);
  await save("grown", "attribute.age >= 40");
  await save("grown_oslo", 'segment.grown and attribute.city = "Oslo"');
  expect(await estimate("grown", "attribute.age between 30 and 50")).toEqual({
    count: 5,
    entering: 2,
    leaving: 3,
    sentence: "+2, -3 users",
    dependants: [{ key: "grown_oslo" }],
  });
  const circle = await app.answer(`query ($input: SaveSegmentInput!) { segmentEstimate(input: $input) { count } }`, {
    input: { key: "grown", where: { text: "not segment.grown_oslo" } },
  });
  expect(circle.errors![0]!.message).toContain("refers to itself (grown -> grown_oslo -> grown)");
});

test("every save of another expression is a revision, with who and when; the same again is none", async () => {
  await save("grown", "attribute.age >= 40");
  clock.setTime(clock.getTime() + 3_600_000);
  const { segment } = await save("grown", "attribute.age >= 50");
  expect(segment).toEqual({
    key: "grown",
    revision: 2,
    count: 4,
    revisions: [
      { revision: 2, where: { text: "attribute.age >= 50" }, savedBy: "local owner", savedAt: "2020-06-01T13:00:00.000Z" },
      { revision: 1, where: { text: "attribute.age >= 40" }, savedBy: "local owner", savedAt: "2020-06-01T12:00:00.000Z" },
    ],
  });
  const document = `query { segments { nodes { key dependants { key } revisions { revision } } } }`;
  const statements = await app.statementsOf(() => app.graph(document));
  await save("young", "attribute.age < 30");
  expect(await app.statementsOf(() => app.graph(document)), "for all as for one").toBe(statements);
});

test("one that others refer to is not deleted, by their names; else it is gone with its revisions", async () => {
  expect(await remove("grown")).toEqual({
    deleted: null,
    errors: [
      { code: "CONFLICT", message: "The segment grown is needed by grown_oslo; change or delete those first.", path: ["key"] },
    ],
  });
  expect(await remove("grown_oslo")).toEqual({ deleted: "grown_oslo", errors: [] });
  expect(await remove("grown")).toEqual({ deleted: "grown", errors: [] });
  expect((await app.graph('{ segment(key: "grown") { key } }')).segment).toBe(null);
  expect(await remove("grown")).toMatchObject({ deleted: null, errors: [{ code: "NOT_FOUND" }] });
  expect(await app.store.pool.read("select from segment_revision where segment_id not in (select id from segment)")).toEqual([]);
});
