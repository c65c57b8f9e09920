import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomForestClassifier } from "ml-random-forest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs } from "../../src/jobs.js";
import { seededRandom } from "../../src/math/random.js";
import { exportModel, importModel } from "../../src/model-commands.js";
import { advance } from "../../src/pipeline.js";
import { runQueuedJobs } from "../../src/store/job.js";
import { insertEvents } from "../scores/plain-events.js";
import { PLANTED_NOW, plantedEvents } from "../scores/planted.js";
import { startTestApp, type TestApp } from "./harness.js";

const ANSWER = "{ job { id } errors { code message path } }";
const MODEL = `id version state algorithm features { key } evaluation { auc calibrationError signal candidates { algorithm } promotion { promoted reason } }
  contributionRanking(first: 2) { tag { key } direction }`;
const tags = ["recency_days", "events_30d", "gap_mean_days", "events_90d"];

describe("a model that was trained elsewhere", () => {
  let app: TestApp;
  let trained: any;
  beforeAll(async () => {
    app = await startTestApp({ asOf: PLANTED_NOW });
    await insertEvents(app.store.pool, plantedEvents(400, 5));
    await app.graph(
      `mutation { saveChurnDefinition(input: {key: "quick", kind: TRANSACTION, horizonDays: 30, lookbackDays: 90}) { errors { code } } }`,
    );
    const input = { definition: "quick", algorithm: "DECISION_TREE", tags };
    const { trainChurnModel } = await app.graph(
      `mutation ($input: TrainChurnModelInput!) { trainChurnModel(input: $input) ${ANSWER} }`,
      {
        input,
      },
    );
    trained = await modelOf(trainChurnModel.job.id);
  });
  afterAll(() => app?.stop());

  async function modelOf(id: string): Promise<any> {
    await runQueuedJobs(app.store.pool, jobs, { advance: async () => void (await advance(app.store.pool, PLANTED_NOW)) });
    const { job } = await app.graph(
      `query ($id: ID!) { job(id: $id) { state error { message } result { ... on ChurnModel { ${MODEL} } } } }`,
      {
        id,
      },
    );
    expect(job).toMatchObject({ state: "DONE", error: null });
    return job.result;
  }
  const imported = async (input: object) =>
    (await app.graph(`mutation ($input: ImportChurnModelInput!) { importChurnModel(input: $input) ${ANSWER} }`, { input }))
      .importChurnModel;
  const exported = async (format: string) =>
    (
      await app.graph("query ($id: ID!, $format: ModelFormat!) { churnModel(id: $id) { exported(format: $format) } }", {
        id: trained.id,
        format,
      })
    ).churnModel.exported;

  test("XGBoost's JSON is judged on the sample, calibrated and explained", async () => {
    expect(trained).toMatchObject({ state: "CHAMPION", algorithm: "DECISION_TREE" });
    const model = await exported("XGBOOST");
    const { job, errors } = await imported({ definition: "quick", format: "XGBOOST", model, promote: "NEVER" });
    expect(errors).toEqual([]);
    const found = await modelOf(job.id);
    expect(found).toMatchObject({
      version: 2,
      state: "CANDIDATE",
      algorithm: "IMPORTED",
      features: trained.features,
      evaluation: { signal: true, candidates: [{ algorithm: "IMPORTED" }], promotion: { promoted: false } },
    });
    // It is the same tree, judged on rows that it has seen.
    expect(found.evaluation.auc).toBeGreaterThan(trained.evaluation.auc - 0.01);
    expect(found.contributionRanking[0]).toEqual(trained.contributionRanking[0]);
  });

  test("it can be the champion, scores everybody, and its factors sum up", async () => {
    const { job } = await imported({
      definition: "quick",
      format: "XGBOOST",
      model: await exported("XGBOOST"),
      promote: "ALWAYS",
    });
    const found = await modelOf(job.id);
    expect(found.state).toBe("CHAMPION");
    const { users } = await app.graph(
      `{ users(first: 20, where: {churnProbability: {gte: 0}}) { nodes { churnScore { probability model { algorithm } logOdds baseLogOdds factors(first: 20) { contribution } } } } }`,
    );
    expect(users.nodes.length).toBeGreaterThan(10);
    for (const { churnScore } of users.nodes) {
      expect(churnScore.model.algorithm).toBe("IMPORTED");
      const sum = churnScore.factors.reduce(
        (total: number, { contribution }: any) => total + contribution,
        churnScore.baseLogOdds,
      );
      expect(Math.abs(sum - churnScore.logOdds)).toBeLessThan(1e-9);
    }
  });

  test("ml-random-forest's JSON comes in with the tags of its columns named, by the command line, and is kept back where the champion is better", async () => {
    const random = seededRandom(8);
    const rows = Array.from({ length: 300 }, () => [90 * random(), Math.floor(6 * random())]);
    const forest = new RandomForestClassifier({
      nEstimators: 10,
      maxFeatures: 2,
      replacement: false,
      useSampleBagging: true,
      seed: 3,
      noOOB: true,
      treeOptions: { maxDepth: 4, minNumSamples: 10 },
    });
    forest.train(
      rows,
      rows.map(([days, events]) => (days! / 30 - events! / 3 + random() > 1 ? 1 : 0)),
    );
    const folder = mkdtempSync(join(tmpdir(), "tidemark-model-"));
    try {
      const file = join(folder, "forest.json");
      writeFileSync(file, JSON.stringify(forest));
      const options = {
        definition: "quick",
        format: "ML_RANDOM_FOREST",
        features: "recency_days, events_30d",
        promote: "IF_BETTER",
      } as const;
      const lines = await importModel(app.store, file, options, PLANTED_NOW, () => {});
      expect(lines.join("\n")).toMatch(/quick version 4, IMPORTED, CANDIDATE/);
      expect(lines.join("\n")).toMatch(/A usable signal was found/);
      expect(lines.join("\n")).toMatch(/not better than the champion/);
      expect(JSON.parse(await exportModel(app.store, "quick/4", "XGBOOST")).learner.feature_names).toEqual([
        "recency_days",
        "events_30d",
      ]);
      await expect(exportModel(app.store, "quick/1", "ML_RANDOM_FOREST")).rejects.toThrow("cannot hold");
      await expect(exportModel(app.store, "quick/99", "XGBOOST")).rejects.toThrow("There is no model");
      await expect(importModel(app.store, join(folder, "none"), options, PLANTED_NOW, () => {})).rejects.toThrow(
        "There is no file",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [{ format: "XGBOOST", model: "{" }, "BAD_INPUT", /not JSON/],
    [{ format: "XGBOOST", model: "[]", features: ["recency_days"] }, "BAD_INPUT", /not the JSON of an XGBoost model/],
    [
      { format: "XGBOOST", model: '{"learner": {"gradient_booster": {"model": {"trees": [7]}}}}', features: ["recency_days"] },
      "BAD_INPUT",
      /objective/,
    ],
    [{ format: "ML_RANDOM_FOREST", model: "null", features: ["recency_days"] }, "BAD_INPUT", /RandomForestClassifier/],
    [{ format: "ML_RANDOM_FOREST", model: "{}" }, "BAD_INPUT", /does not name its features/],
    [{ format: "ML_RANDOM_FOREST", model: "{}", features: ["recency_days", "recency_days"] }, "BAD_INPUT", /named twice/],
  ])("is refused at once where it cannot be taken: %j", async (input, code, sentence) => {
    const { job, errors } = await imported({ definition: "quick", ...input });
    expect(job).toBeNull();
    expect(errors).toMatchObject([{ code, message: expect.stringMatching(sentence) }]);
  });

  test("a request exports two models, and is told so where it asks for more", async () => {
    const { data, errors } = await app.answer("{ churnModels { version exported(format: XGBOOST) } }");
    expect(errors![0]).toMatchObject({ extensions: { code: "TOO_COMPLEX" }, message: expect.stringMatching(/at most 2 models/) });
    expect(data).toBeDefined();
  });

  test("a column that names no tag is refused by its name", async () => {
    const model = (await exported("XGBOOST")).replace('"recency_days"', '"no_such_tag"');
    expect((await imported({ definition: "quick", format: "XGBOOST", model })).errors).toMatchObject([
      { code: "UNKNOWN_TAG", message: expect.stringMatching(/no_such_tag/) },
    ]);
  });
});
