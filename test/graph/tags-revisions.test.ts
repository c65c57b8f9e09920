import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { seed } from "../../src/seed.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. */
const clock = new Date("2020-06-01T00:00:00Z");
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(3);
  for (const user of [1, 2, 3]) {
    writer.user(user);
    for (let day = 40; day > 0; day -= user * 3) writer.event(clock.getTime() - day * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish(), ["ann", "bob", "cyd"]);
  await refreshAll(app.store.pool, clock);
});
afterAll(() => app.stop());

const TAG = `key name state revision hasUnpublishedChanges definition
  unpublishedChanges { revision name definition publishedAt } revisions { revision name definition publishedAt publishedBy reason }`;
const ERRORS = "errors { code message path }";
const create = async (input: object) =>
  (
    await app.graph(`mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { ${TAG} } ${ERRORS} } }`, {
      input: { name: "A tag", family: "CUSTOM", department: "marketing", ...input },
    })
  ).createTag;
const update = async (input: object) =>
  (await app.graph(`mutation ($input: UpdateTagInput!) { updateTag(input: $input) { tag { ${TAG} } ${ERRORS} } }`, { input }))
    .updateTag;
const act = async (mutation: string) =>
  Object.values((await app.graph(`mutation { ${mutation} { tag { ${TAG} } ${ERRORS} } }`)) as object)[0];
const holders = async (key: string, asOf?: string) => {
  const data = await app.graph(
    `query ($asOf: DateTime) { ${["ann", "bob", "cyd"].map((who) => `${who}: user(externalId: "${who}") { tags(first: 300, asOf: $asOf) { nodes { tag { key } value } } }`).join(" ")} }`,
    { asOf },
  );
  return Object.entries(data).flatMap(([who, { tags }]: any) =>
    tags.nodes.some(({ tag }: any) => tag.key === key) ? [who] : [],
  );
};

const month = (least: number) => ({ gte: [{ measure: "count", days: 30 }, least] });

test("changes wait as a draft that counts for nothing, are previewed, published, and computed for everybody", async () => {
  await create({ key: "busy", kind: "RULE", definition: month(10) });
  await act(`moveTag(key: "busy", to: ACTIVE)`);
  await refreshAll(app.store.pool, clock);
  expect(await holders("busy")).toEqual(["ann"]);

  const changed = await update({ key: "busy", name: "Busy", definition: month(5) });
  expect(changed).toMatchObject({
    tag: {
      name: "A tag",
      revision: 1,
      hasUnpublishedChanges: true,
      definition: month(10),
      unpublishedChanges: { revision: 2, name: "Busy", definition: month(5), publishedAt: null },
    },
    errors: [],
  });
  const { draft, published } = await app.graph(
    `{ draft: previewTagRevision(key: "busy") { count } published: previewTagRevision(key: "busy", revision: 1) { count } }`,
  );
  expect([draft.count, published.count]).toEqual([2, 1]);
  await refreshAll(app.store.pool, clock);
  expect(await holders("busy")).toEqual(["ann"]);

  clock.setTime(clock.getTime() + 3_600_000);
  const done = await act(`publishTag(key: "busy", reason: "too few")`);
  expect(done).toMatchObject({
    tag: {
      name: "Busy",
      revision: 2,
      hasUnpublishedChanges: false,
      unpublishedChanges: null,
      revisions: [
        {
          revision: 2,
          name: "Busy",
          definition: month(5),
          publishedAt: clock.toISOString(),
          publishedBy: "local owner",
          reason: "too few",
        },
        { revision: 1, name: "A tag", definition: month(10), reason: null },
      ],
    },
    errors: [],
  });
  expect(await holders("busy")).toEqual(["ann", "bob"]);
  // What the first revision would say is read as long as it is remembered.
  const { user } = await app.graph('{ user(externalId: "bob") { id } }');
  const { first, second } = await app.graph(
    `query ($bob: ID!) { first: previewTagRevision(key: "busy", revision: 1) { valueFor(user: $bob) } second: previewTagRevision(key: "busy", revision: 2) { valueFor(user: $bob) } }`,
    { bob: user.id },
  );
  expect([first.valueFor, second.valueFor]).toEqual([false, true]);
});

test("an earlier revision is brought back as the next one, while other changes go on waiting", async () => {
  await update({ key: "busy", definition: month(1) });
  clock.setTime(clock.getTime() + 3_600_000);
  const back = await act(`rollbackTag(key: "busy", revision: 1)`);
  expect(back.tag).toMatchObject({
    name: "A tag",
    revision: 3,
    definition: month(10),
    unpublishedChanges: { definition: month(1) },
  });
  expect(back.tag.revisions[0]).toMatchObject({ revision: 3, reason: "back to revision 1" });
  expect(await holders("busy")).toEqual(["ann"]);
  // What a past revision says stays readable, for today and for any past day.
  const { then } = await app.graph(
    `{ then: previewTagRevision(key: "busy", revision: 2, asOf: "2020-05-15T00:00:00Z") { asOf count examples { user { identifiers { externalId } } } } }`,
  );
  expect(then.count).toBe(1);
  expect((await act(`discardTagChanges(key: "busy")`)).tag).toMatchObject({ hasUnpublishedChanges: false, revision: 3 });
});

test("a change that leads back to what is published leaves nothing to publish", async () => {
  await update({ key: "busy", name: "Other" });
  expect((await update({ key: "busy", name: "A tag" })).tag.hasUnpublishedChanges).toBe(false);
  expect((await act(`publishTag(key: "busy")`)).errors[0]).toMatchObject({ code: "CONFLICT", path: ["key"] });
});

test("tags cannot be made from themselves, not even by two changes that are right one by one", async () => {
  await create({ key: "one", kind: "METRIC", definition: { measure: "count", days: 7 } });
  await create({ key: "two", kind: "METRIC", definition: { add: [{ tag: "one" }, 1] } });
  const circle = await update({ key: "one", definition: { add: [{ tag: "two" }, 1] } });
  expect(circle.errors[0]).toMatchObject({ code: "BAD_INPUT", path: ["definition"] });
  expect(circle.errors[0].message).toContain("one from two from one");
  await create({ key: "three", kind: "METRIC", definition: { measure: "count", days: 9 } });
  await update({ key: "one", definition: { tag: "three" } });
  await update({ key: "three", definition: { tag: "two" } });
  const [first, second] = await Promise.all([act(`publishTag(key: "one")`), act(`publishTag(key: "three")`)]);
  expect([first.errors.length, second.errors.length].sort()).toEqual([0, 1]);
  await refreshAll(app.store.pool, clock);
});

test("what is published is looked at once more: a tag it needs may have been retired meanwhile", async () => {
  await create({ key: "needed", kind: "METRIC", definition: { measure: "count", days: 3 } });
  await update({ key: "busy", definition: { gt: [{ tag: "needed" }, 0] } });
  await act(`moveTag(key: "needed", to: RETIRED)`);
  expect((await act(`publishTag(key: "busy")`)).errors[0]).toMatchObject({
    code: "BAD_INPUT",
    path: ["definition", "gt", "0", "tag"],
  });
  await act(`discardTagChanges(key: "busy")`);
});

test("built-in and retired tags are not changed, unknown tags and revisions are named", async () => {
  expect((await update({ key: "freq_drop_50", name: "x" })).errors[0]).toMatchObject({ code: "CONFLICT" });
  expect((await update({ key: "needed", name: "x" })).errors[0].message).toContain("RETIRED");
  expect((await update({ key: "nope", name: "x" })).errors[0]).toMatchObject({ code: "NOT_FOUND", path: ["key"] });
  expect((await update({ key: "busy", name: " " })).errors[0]).toMatchObject({ code: "BAD_INPUT", path: ["name"] });
  expect((await update({ key: "vip", name: "x" })).errors[0].code).toBe("CONFLICT");
  expect((await act(`rollbackTag(key: "busy", revision: 9)`)).errors[0]).toMatchObject({ code: "NOT_FOUND", path: ["revision"] });
  expect((await act(`rollbackTag(key: "busy", revision: 3)`)).errors[0].code).toBe("CONFLICT");
});

test("built-in tags have their revision too, and a changed library makes the next one", async () => {
  await app.store.pool.read(`update tag set definition = '{"expression": 1}' where key = 'events_30d'`);
  await seed(app.store.pool);
  const { tag } = await app.graph(
    `{ tag(key: "events_30d") { revision definition revisions { revision publishedBy definition } } }`,
  );
  expect(tag).toMatchObject({ revision: 2, revisions: [{ revision: 2, publishedBy: "Tidemark" }, { revision: 1 }] });
  expect(tag.revisions[1].definition).toEqual(tag.definition);
});
