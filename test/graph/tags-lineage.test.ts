import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: new Date("2020-06-01T00:00:00Z") });
  for (const [key, kind, definition] of [
    ["busy_days", "METRIC", { measure: "activeDays", days: 28 }],
    ["busy", "RULE", { gt: [{ tag: "busy_days" }, { tag: "active_days_7d" }] }],
  ] as const)
    await app.graph(
      `mutation ($input: CreateTagInput!, $key: String!) { createTag(input: $input) { errors { message } } moveTag(key: $key, to: ACTIVE) { errors { message } } }`,
      { input: { key, name: key, family: "CUSTOM", kind, department: "marketing", definition }, key },
    );
  await app.graph(
    `mutation { saveSegment(input: {key: "busiest", where: {all: [{not: {tag: {key: "busy"}}}, {tag: {key: "busy_days", op: GT, value: 10}}]}}) { errors { message } } }`,
  );
});
afterAll(() => app.stop());

const move = async (key: string, to: string) =>
  (await app.graph(`mutation { moveTag(key: "${key}", to: ${to}) { tag { state } errors { code message path } } }`)).moveTag;
const lineage = async (key: string) =>
  (
    await app.graph(
      `query ($key: String!) { tag(key: $key) { dependsOn { key } dependants { __typename key name ... on Segment { revision } ... on ChurnModel { id state version } } } }`,
      { key },
    )
  ).tag;

/** As training would leave it. */
async function addModel(version: number, state: string, features: readonly string[]) {
  const [row] = await app.store.pool.read<{ id: number }>(
    `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint)
     select id, $1, $2, 'LOGISTIC_REGRESSION', $3, 1, '2020-05-01', '{}', '{"signal": true}', '', 'none' from churn_definition where key = 'retail' returning id`,
    [version, state, features],
  );
  return row!.id;
}

test("a tag knows the tags it is made from, and the tags, segments and serving models that are made from it", async () => {
  await addModel(7, "CHAMPION", ["events_30d", "busy_days"]);
  expect(await lineage("busy_days")).toEqual({
    dependsOn: [],
    dependants: [
      {
        __typename: "ChurnModel",
        key: "retail/7",
        name: "Churn model 7 of retail",
        id: expect.any(String),
        state: "CHAMPION",
        version: 7,
      },
      { __typename: "Segment", key: "busiest", name: "busiest", revision: 1 },
      { __typename: "Tag", key: "busy", name: "busy" },
      // Generated from it.
      { __typename: "Tag", key: "busy_days_falling", name: "busy_days, falling" },
    ],
  });
  expect((await lineage("busy")).dependsOn).toEqual([{ key: "busy_days" }, { key: "active_days_7d" }]);
  expect(
    (await lineage("freq_drop_50")).dependsOn.length + (await lineage("gap_break_2x_mean")).dependsOn.length,
  ).toBeGreaterThan(0);
});

test("retiring what others need is refused by their names, until they need it no more", async () => {
  await move("busy_days", "DEPRECATED");
  const refused = await move("busy_days", "RETIRED");
  expect(refused).toMatchObject({ tag: null, errors: [{ code: "CONFLICT", path: ["to"] }] });
  for (const name of ["Tag busy", "Segment busiest", "ChurnModel retail/7"]) expect(refused.errors[0].message).toContain(name);
  await app.store.pool.read("update churn_model set state = 'RETIRED'");
  await app.graph(`mutation { saveSegment(input: {key: "busiest", where: {tag: {key: "vip"}}}) { errors { message } } }`);
  await move("busy", "DEPRECATED");
  await move("busy", "RETIRED");
  expect(await move("busy_days", "RETIRED")).toEqual({ tag: { state: "RETIRED" }, errors: [] });
});

test("what is retired is not taken up again: not by a segment, nor by a model that was waiting", async () => {
  const { saveSegment } = await app.graph(
    `mutation { saveSegment(input: {key: "late", where: {tag: {key: "busy"}}}) { segment { key } errors { code } } }`,
  );
  expect(saveSegment).toEqual({ segment: null, errors: [{ code: "UNKNOWN_TAG" }] });
  await addModel(8, "CANDIDATE", ["busy_days"]);
  const { churnModels } = await app.graph(`{ churnModels { id version } }`);
  const { promoteChurnModel } = await app.graph(
    `mutation ($id: ID!) { promoteChurnModel(id: $id) { errors { code message } } }`,
    { id: churnModels.find(({ version }: any) => version === 8).id },
  );
  expect(promoteChurnModel.errors[0]).toMatchObject({ code: "CONFLICT" });
  expect(promoteChurnModel.errors[0].message).toContain("busy_days");
});

test("the lineage of all tags costs as many statements as that of one", async () => {
  const ask = (first: number) => app.graph(`{ tags(first: ${first}) { nodes { dependsOn { key } dependants { key } } } }`);
  await ask(2);
  const few = await app.statementsOf(() => ask(2));
  expect(await app.statementsOf(() => ask(100))).toBe(few);
});
