import { PassThrough } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportTo } from "../../src/export-command.js";
import { jobs } from "../../src/jobs.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { listModels, serveModel } from "../../src/registry-commands.js";
import { disappointments, judgeForecast } from "../../src/scores/backtest.js";
import { runDueRetrainings } from "../../src/scores/retraining.step.js";
import { runQueuedJobs } from "../../src/store/job.js";
import { insertEvents } from "../scores/plain-events.js";
import { plantedEvents } from "../scores/planted.js";
import { startTestApp, type TestApp } from "./harness.js";

// The service's today; the events go on until the end of the year, as they would come in.
const TODAY = new Date("2025-10-15T00:00:00Z");
const day = (n: number) => new Date(TODAY.getTime() + n * 86_400_000);
const MODEL = `id state waitingForecasts
  backtests { scoredAt judgedAt users expected observed auc aucStandardError brier calibrationError reliability { count } }
  drift(first: 5) { asOf users scorePsi inputs(first: 3) { tag { key } psi } }`;

let app: TestApp;
let id: string;
const model = async () => (await app.graph(`query ($id: ID!) { churnModel(id: $id) { ${MODEL} } }`, { id })).churnModel;
const alerts = async () =>
  (await app.graph("{ alerts(subjectType: CHURN_MODEL) { nodes { kind subjectKey message at } } }")).alerts.nodes;
const work = () => runQueuedJobs(app.store.pool, jobs, { advance: async () => void (await advance(app.store.pool, TODAY)) });

beforeAll(async () => {
  app = await startTestApp({ asOf: TODAY });
  await insertEvents(app.store.pool, plantedEvents(800, 3));
  await refreshAll(app.store.pool, TODAY);
  await app.graph("mutation ($input: ChurnDefinitionInput!) { saveChurnDefinition(input: $input) { errors { code } } }", {
    input: { key: "quick", kind: "TRANSACTION", horizonDays: 30, lookbackDays: 90, cuts: [0.1, 0.6] },
  });
  const { trainChurnModel } = await app.graph(
    "mutation ($input: TrainChurnModelInput!) { trainChurnModel(input: $input) { job { id } } }",
    {
      input: { definition: "quick", algorithm: "LOGISTIC_REGRESSION" },
    },
  );
  await work();
  id = (
    await app.graph("query ($id: ID!) { job(id: $id) { result { ... on ChurnModel { id } } } }", { id: trainChurnModel.job.id })
  ).job.result.id;
});
afterAll(() => app?.stop());

describe("a champion is watched by itself", () => {
  test("what it foretells is kept at a refresh, once a week", async () => {
    expect(await model()).toMatchObject({ state: "CHAMPION", waitingForecasts: [], backtests: [] });
    for (const n of [0, 1, 7]) await refreshAll(app.store.pool, day(n));
    expect((await model()).waitingForecasts).toEqual([day(0).toISOString(), day(7).toISOString()]);
  });

  test("once the horizon has passed it is held against what happened", async () => {
    await refreshAll(app.store.pool, day(29));
    expect((await model()).backtests).toEqual([]);
    const [foretold] = await app.store.pool.read<{ users: number; expected: number; observed: number }>(
      `select count(*)::int as users, sum(probability) as expected,
         count(*) filter (where not exists (select from event e where e.user_id = s.user_id and e.occurred_at >= $1 and e.occurred_at < $2))::int as observed
       from score_snapshot s where scored_at = $1`,
      [day(0), day(30)],
    );
    await refreshAll(app.store.pool, day(30));
    const { backtests, waitingForecasts } = await model();
    expect(backtests).toHaveLength(1);
    expect(backtests[0]).toMatchObject({
      scoredAt: day(0).toISOString(),
      judgedAt: day(30).toISOString(),
      users: foretold!.users,
      observed: foretold!.observed,
    });
    expect(backtests[0].expected).toBeCloseTo(foretold!.expected, 9);
    expect(backtests[0].auc).toBeGreaterThan(0.7);
    expect(backtests[0].brier).toBeLessThan(0.25);
    // Judged forecasts are not kept, for they are of users.
    expect(waitingForecasts).not.toContain(day(0).toISOString());
    await refreshAll(app.store.pool, day(31));
    expect((await model()).backtests).toHaveLength(1);
  });

  test("how far its users have moved is measured, input by input, and told when it begins to matter", async () => {
    const { drift } = await model();
    expect(drift.length).toBeGreaterThanOrEqual(3);
    expect(drift[0]).toMatchObject({ asOf: day(31).toISOString() });
    expect(drift[0].users).toBeGreaterThan(100);
    expect(drift[0].inputs).toHaveLength(3);
    expect(drift[0].inputs[0].psi).toBeGreaterThanOrEqual(drift[0].inputs[1].psi);
    const before = (await alerts()).filter(({ kind }: any) => kind === "MODEL_DRIFT").length;
    // Everybody stays away: no event at all for two months, of which nobody had any when the model was trained.
    await app.store.pool.read("delete from event where occurred_at >= $1", [day(31)]);
    await app.store.pool.read("delete from user_history");
    await app.store.pool.read("delete from event_day where day >= ($1::timestamptz at time zone 'UTC')::date", [day(31)]);
    await refreshAll(app.store.pool, day(75));
    const told = (await alerts()).filter(({ kind }: any) => kind === "MODEL_DRIFT");
    expect(told.length).toBe(before + 1);
    expect(told[0]).toMatchObject({ subjectKey: "quick/1", at: day(75).toISOString() });
    expect(told[0].message).toMatch(/its scores \(\d+\.\d\d\)/);
    // Told when it begins, not every day that it lasts.
    await refreshAll(app.store.pool, day(76));
    expect((await alerts()).filter(({ kind }: any) => kind === "MODEL_DRIFT").length).toBe(before + 1);
  });
});

test("a forecast that did not come true disappoints, one that may have failed by chance does not", () => {
  const probabilities = Float64Array.from({ length: 400 }, (_, i) => (i < 200 ? 0.2 : 0.6));
  const asForetold = Uint8Array.from(probabilities, (probability, i) => (i % 5 < 5 * probability ? 1 : 0));
  const promised = { auc: 0.7, aucStandardError: 0.02 };
  expect(disappointments(judgeForecast(probabilities, asForetold), promised)).toEqual([]);
  const unlikeIt = Uint8Array.from(probabilities, (_, i) => (i % 10 < 7 ? 1 : 0));
  expect(disappointments(judgeForecast(probabilities, unlikeIt), promised)).toEqual([
    "it ranked with an AUC of 0.500, where 0.700 was promised",
    "280 of 400 churned, where 160 were foretold",
  ]);
});

describe("training by a schedule", () => {
  const SET = `mutation ($schedule: String) { setRetrainingSchedule(definition: "quick", schedule: $schedule) {
    definition { retrainSchedule retrainAt } errors { code message path } } }`;

  test("starts when its time has come, once, and the model passes the gate as any other", async () => {
    const { setRetrainingSchedule } = await app.graph(SET, { schedule: "0 3 1 * *" });
    expect(setRetrainingSchedule).toEqual({
      definition: { retrainSchedule: "0 3 1 * *", retrainAt: "2025-11-01T03:00:00.000Z" },
      errors: [],
    });
    expect(await runDueRetrainings(app.store.pool, new Date("2025-11-01T02:59:00Z"))).toEqual([]);
    const due = new Date("2025-11-01T03:00:05Z");
    const both = await Promise.all([runDueRetrainings(app.store.pool, due), runDueRetrainings(app.store.pool, due)]);
    expect(both.flat()).toEqual(["quick"]);
    await work();
    const { churnModels, churnDefinitions } = await app.graph(
      '{ churnModels(definition: "quick") { version history { to by } evaluation { promotion { checks { check } } } } churnDefinitions { key retrainAt } }',
    );
    expect(churnModels[0]).toMatchObject({ version: 2, history: expect.arrayContaining([{ to: "CANDIDATE", by: "schedule" }]) });
    expect(churnModels[0].evaluation.promotion.checks.map(({ check }: any) => check)).toContain("NO_DRIFT");
    expect(churnDefinitions.find(({ key }: any) => key === "quick").retrainAt).toBe("2025-12-01T03:00:00.000Z");
  });

  test("what is no schedule is refused, and none ends it", async () => {
    const { setRetrainingSchedule } = await app.graph(SET, { schedule: "every monday" });
    expect(setRetrainingSchedule.errors).toMatchObject([{ code: "BAD_INPUT", path: ["schedule"] }]);
    expect(setRetrainingSchedule.definition.retrainSchedule).toBe("0 3 1 * *");
    expect((await app.graph(SET, { schedule: null })).setRetrainingSchedule.definition).toEqual({
      retrainSchedule: null,
      retrainAt: null,
    });
    expect(await runDueRetrainings(app.store.pool, day(400))).toEqual([]);
  });

  test("one that cannot be is told of, and tried again at its next time", async () => {
    await app.graph("mutation ($input: ChurnDefinitionInput!) { saveChurnDefinition(input: $input) { errors { code } } }", {
      input: { key: "nothing", kind: "SERVICE", horizonDays: 30, lookbackDays: 90 },
    });
    await app.graph('mutation { setRetrainingSchedule(definition: "nothing", schedule: "0 3 1 * *") { errors { code } } }');
    expect(await runDueRetrainings(app.store.pool, new Date("2025-11-01T03:00:00Z"))).toEqual([]);
    expect((await alerts())[0]).toMatchObject({
      kind: "RETRAINING_FAILED",
      subjectKey: "nothing",
      message: expect.stringMatching(/record or import events first/),
    });
  });
});

test("the scheme that nobody has saved cuts as the default definition says", async () => {
  const cuts = async () =>
    (await app.graph("{ tierSchemes { key cuts } }")).tierSchemes.find(({ key }: any) => key === "default").cuts;
  expect(await cuts()).toEqual([0.1, 0.6]);
  await app.graph('mutation { saveTierScheme(input: { key: "default", cuts: [0.4, 0.7] }) { errors { code } } }');
  expect(await cuts()).toEqual([0.4, 0.7]);
});

describe("samples", () => {
  const ROWS = `query ($first: Int!, $after: String, $tags: [String!]) {
    churnSampleRows(definition: "quick", asOf: "2025-09-01T00:00:00Z", tags: $tags, first: $first, after: $after) {
      nodes { user { id } observedAt churned features { tag { key } value } } pageInfo { hasNextPage endCursor } } }`;

  test("are read page by page, and are those that churnSample counts", async () => {
    const nodes: any[] = [];
    for (let after: string | null = null; ; ) {
      const { churnSampleRows }: any = await app.graph(ROWS, { first: 200, after, tags: ["recency_days", "orders_30d"] });
      nodes.push(...churnSampleRows.nodes);
      if (!churnSampleRows.pageInfo.hasNextPage) break;
      after = churnSampleRows.pageInfo.endCursor;
    }
    const { churnSample } = await app.graph(
      '{ churnSample(definition: "quick", asOf: "2025-09-01T00:00:00Z") { eligible churned } }',
    );
    expect(nodes).toHaveLength(churnSample.eligible);
    expect(nodes.filter(({ churned }) => churned)).toHaveLength(churnSample.churned);
    expect(new Set(nodes.map(({ user }) => user.id)).size).toBe(nodes.length);
  });

  test("know nothing of what came after their date: without it they are the same", async () => {
    const before = (await app.graph(ROWS, { first: 50 })).churnSampleRows.nodes;
    await app.store.pool.read("delete from event where occurred_at >= '2025-09-01Z'");
    await app.store.pool.read("delete from user_history");
    const { nodes } = (await app.graph(ROWS, { first: 50 })).churnSampleRows;
    expect(nodes.map(({ features }: any) => features)).toEqual(before.map(({ features }: any) => features));
    expect(nodes[0].features.length).toBeGreaterThan(40);
  });

  test("are exported whole, with the part of the users that each belongs to", async () => {
    const file = async (query: string) => {
      const response = await fetch(app.url.replace("/graphql", `/exports/samples?${query}`));
      return { status: response.status, text: await response.text() };
    };
    const { status, text } = await file("definition=quick&observationDates=2025-06-01,2025-08-01&tags=recency_days,orders_30d");
    expect(status).toBe(200);
    const [head, ...lines] = text.trim().split("\r\n");
    expect(head).toBe("user,observedAt,churned,part,recency_days,orders_30d");
    const rows = lines.map((line) => line.split(","));
    const count = async (asOf: string) =>
      (await app.graph('query ($asOf: DateTime!) { churnSample(definition: "quick", asOf: $asOf) { eligible } }', { asOf }))
        .churnSample.eligible;
    expect(rows).toHaveLength((await count("2025-06-01T00:00:00Z")) + (await count("2025-08-01T00:00:00Z")));
    // A user's rows of both dates lie in one part.
    const parts = new Map<string, Set<string>>();
    for (const [user, , , part] of rows) parts.set(user!, (parts.get(user!) ?? new Set()).add(part!));
    expect([...parts.values()].every((each) => each.size === 1)).toBe(true);
    expect(new Set(rows.map(([, , , part]) => part)).size).toBe(5);
    expect((await file("definition=quick&observationDates=2025-10-10")).text).toMatch(/on or before.*NO_SAMPLE/);
    expect((await file("definition=quick&tags=nope")).text).toMatch(/UNKNOWN_TAG/);
  });
});

test("the command line writes samples too", async () => {
  const output = new PassThrough();
  const text = readText(output);
  const parameters = new Map([
    ["definition", "quick"],
    ["observationDates", "2025-06-01"],
    ["tags", "recency_days"],
  ]);
  await exportTo(output, app.store.pool, { name: "samples", format: "ndjson", parameters, now: TODAY });
  output.end();
  const [first] = (await text).split("\n");
  expect(Object.keys(JSON.parse(first!))).toEqual(["user", "observedAt", "churned", "part", "recency_days"]);
});

test("models are listed, promoted and rolled back from the command line", async () => {
  const { pool } = app.store;
  const lines = await listModels(pool, "quick");
  expect(lines[0]).toMatch(/^quick\/2 +(CANDIDATE|CHAMPION|RETIRED) +\w+, trained 2025-1\d-\d\d: AUC 0\.\d{4}/);
  expect(lines.find((line) => line.includes("foretold 2025-10-15"))).toMatch(/expected to churn, \d+ did, AUC 0\.\d{4}$/);
  // After everybody was brought to the last day of this file.
  const now = day(80);
  const serving = lines.find((line) => line.includes("CHAMPION"))!.slice(0, 7);
  const other = serving === "quick/1" ? "quick/2" : "quick/1";
  expect(await serveModel(app.store, "promote", serving, undefined, now)).toBe(`${serving} serves already`);
  expect(await serveModel(app.store, "promote", other, "Wanted", now)).toMatch(
    new RegExp(`^${other} serves now; scored \\d+ users$`),
  );
  await expect(serveModel(app.store, "promote", "quick/99", undefined, now)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await serveModel(app.store, "promote", "quick/2", undefined, now)).toMatch(/^quick\/2 serves/);
  expect(await serveModel(app.store, "rollback", "quick", undefined, now)).toMatch(/^quick\/1 serves now/);
  await expect(serveModel(app.store, "rollback", "quick", undefined, now)).rejects.toMatchObject({ code: "CONFLICT" });
});

test("templates say whom they are for, what they learn from and where they cut", async () => {
  const { churnTemplates } = await app.graph(
    "{ churnTemplates { key name meantFor because cuts tags { key } definition { kind horizonDays lookbackDays leadDays cuts } } }",
  );
  expect(churnTemplates.map(({ key }: any) => key)).toEqual([
    "retail",
    "grocery",
    "silence",
    "saas",
    "education",
    "medical_aesthetics",
    "automotive",
    "finance",
  ]);
  for (const { tags, cuts, definition, because } of churnTemplates) {
    expect(tags.length).toBeGreaterThan(20);
    expect(definition.cuts).toEqual(cuts);
    expect(because).toMatch(/\.$/);
  }
});
