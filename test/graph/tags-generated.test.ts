import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const clock = new Date("2020-06-01T00:00:00Z");
let app: TestApp;

/** Orders of the last 30 days and of the 30 before, after 40 days of one order a week. */
const PEOPLE = { steady: [8, 8], halved: [4, 8], fallen: [1, 12], gone: [0, 9], few: [0, 2] } as const;

beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  const writer = new HistoryWriter(5);
  for (const [place, [now, before]] of Object.values(PEOPLE).entries()) {
    writer.user(place + 1);
    for (const day of [100, 93, 86, 79]) writer.event(clock.getTime() - day * DAY_MS, 2, 10_000);
    for (let n = 0; n < before; n++) writer.event(clock.getTime() - (59 - n * 2) * DAY_MS, 2, 20_000);
    for (let n = 0; n < now; n++) writer.event(clock.getTime() - (29 - n * 2) * DAY_MS, 2, 20_000);
  }
  await populate(app.store, writer.finish(), Object.keys(PEOPLE));
});
afterAll(() => app.stop());

const create = async (key: string, definition: object, family = "CUSTOM") => {
  const { createTag } = await app.graph(
    `mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { key state } errors { message path } } }`,
    { input: { key, name: `The ${key}`, family, kind: "METRIC", department: "marketing", definition } },
  );
  expect(createTag.errors).toEqual([]);
};
const move = async (key: string, to: string) =>
  (
    await app.graph(
      `mutation ($key: String!, $to: TagState!) { moveTag(key: $key, to: $to) { tag { state } errors { message } } }`,
      { key, to },
    )
  ).moveTag;
const tag = async (key: string) =>
  (
    await app.graph(
      `query ($key: String!) { tag(key: $key) { name description kind state revision generatedFrom { key } department { key } dependsOn { key } lifecycle { to reason } } }`,
      { key },
    )
  ).tag;
const declines = async (externalId: string, key: string) =>
  (
    await app.graph(
      `query ($externalId: String!) { user(externalId: $externalId) { declineTags { tag { key } currentValue baselineValue changeRatio severity sentence } } }`,
      { externalId },
    )
  ).user.declineTags.filter((each: any) => each.tag.key === key);

test("a metric that somebody makes brings its decline along, with evidence, a severity and a sentence", async () => {
  await create("spend_month", { measure: "sum", types: ["order"], days: 30 });
  expect(await tag("spend_month_falling")).toMatchObject({
    kind: "DECLINE",
    state: "DRAFT",
    generatedFrom: { key: "spend_month" },
    department: { key: "marketing" },
    dependsOn: expect.arrayContaining([{ key: "spend_month" }]),
  });
  await move("spend_month", "ACTIVE");
  expect((await tag("spend_month_falling")).state).toBe("ACTIVE");
  await refreshAll(app.store.pool, clock);
  expect(await declines("fallen", "spend_month_falling")).toEqual([
    {
      tag: { key: "spend_month_falling" },
      currentValue: 2,
      baselineValue: 24,
      changeRatio: expect.closeTo(1 / 12, 9),
      severity: "MODERATE",
      sentence: expect.stringMatching(/^The spend_month: 2, 24 in the 30 days before: /),
    },
  ]);
  expect(await declines("gone", "spend_month_falling")).toMatchObject([
    { severity: "SEVERE", currentValue: 0, baselineValue: 18 },
  ]);
  for (const spared of ["steady", "halved", "few"]) expect(await declines(spared, "spend_month_falling"), spared).toEqual([]);
  const { segmentPreview } = await app.graph(
    `{ segmentPreview(where: {decline: {metric: "spend_month", severity: [SEVERE]}}) { count } }`,
  );
  expect(segmentPreview.count, "a segment names it by its metric").toBe(1);
});

test("it follows the metric's revisions, through other tags too", async () => {
  await create("orders_fortnight", { measure: "count", types: ["order"], days: 14 });
  await create("pace_fortnight", { divide: [{ tag: "orders_fortnight" }, 2] });
  const before = await tag("pace_fortnight_falling");
  expect(before.description).toContain("the 14 days before");
  await app.graph(`mutation ($input: UpdateTagInput!) { updateTag(input: $input) { errors { message } } }`, {
    input: { key: "pace_fortnight", definition: { divide: [{ measure: "count", types: ["order"], days: 60 }, 60] } },
  });
  await app.graph(`mutation { publishTag(key: "pace_fortnight") { errors { message } } }`);
  expect(await tag("pace_fortnight_falling")).toMatchObject({
    revision: before.revision + 1,
    description: expect.stringContaining("the 60 days before"),
  });
});

test("of a NEGATIVE metric it is the rise; of a number without a window before there is none", async () => {
  await create("upsets", { measure: "count", types: ["complaint"], days: 30 }, "NEGATIVE");
  expect((await tag("upsets_rising")).name).toBe("The upsets, rising");
  await create("orders_ever", { measure: "count", types: ["order"] });
  await create("quiet_days", { measure: "daysSinceLast", days: 90 });
  expect([await tag("orders_ever_falling"), await tag("quiet_days_falling")]).toEqual([null, null]);
});

test("it is retired with its metric, is no reason to keep that, and is not changed by hand", async () => {
  const { updateTag } = await app.graph(
    `mutation ($input: UpdateTagInput!) { updateTag(input: $input) { errors { code message } } }`,
    {
      input: { key: "upsets_rising", definition: { gte: [{ measure: "count", days: 3 }, 1] } },
    },
  );
  expect(updateTag.errors[0].message).toContain("generated from its metric");
  expect(await move("upsets", "RETIRED")).toMatchObject({ tag: { state: "RETIRED" }, errors: [] });
  expect(await tag("upsets_rising")).toMatchObject({
    state: "RETIRED",
    lifecycle: [{ to: "DRAFT" }, { to: "RETIRED", reason: "with the metric it is generated from" }],
  });
  await app.graph(`mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { errors { message } } }`, {
    input: { key: "savers", where: { tag: { key: "spend_month_falling" } } },
  });
  await move("spend_month", "DEPRECATED");
  expect((await move("spend_month", "RETIRED")).errors[0].message, "what needs the decline is named").toContain("Segment savers");
});
