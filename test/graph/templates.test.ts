import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordEvents } from "../../src/events/record.step.js";
import { jobs } from "../../src/jobs.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { TEMPLATES } from "../../src/scores/template.js";
import { runQueuedJobs } from "../../src/store/job.js";
import { INDUSTRIES, industryEvents } from "../scores/industries.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2026-01-01T00:00:00Z");
const USERS = 500;
const ROWS = 8_000;

describe.each(INDUSTRIES)("one click for $template, on a simulated population", (industry) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ asOf: NOW });
    const events = industryEvents(industry, USERS, NOW, 5);
    for (let from = 0; from < events.length; from += ROWS)
      await recordEvents(app.store.pool, events.slice(from, from + ROWS), NOW);
    await refreshAll(app.store.pool, NOW);
  });
  afterAll(() => app?.stop());

  test("makes a champion that can be trusted, scores, and tiers at the template's cuts", async () => {
    const { trainChurnModel } = await app.graph(
      "mutation ($input: TrainChurnModelInput!) { trainChurnModel(input: $input) { job { id } errors { message } } }",
      { input: { template: industry.template, algorithm: "LOGISTIC_REGRESSION" } },
    );
    expect(trainChurnModel.errors).toEqual([]);
    await runQueuedJobs(app.store.pool, jobs, { advance: async () => void (await advance(app.store.pool, NOW)) });
    const { job, tierSchemes, scoreDistribution } = await app.graph(
      `query ($id: ID!) {
         job(id: $id) { error { message } result { ... on ChurnModel { state features { key } 
           evaluation { signal signalSentence brier baselines { kind brier } } } } }
         tierSchemes { key cuts } scoreDistribution(bins: 10) { count } }`,
      { id: trainChurnModel.job.id },
    );
    expect(job.error).toBeNull();
    const { result: model } = job;
    const template = TEMPLATES.find(({ key }) => key === industry.template)!;
    expect(model.evaluation.signal, model.evaluation.signalSentence).toBe(true);
    expect(model.state).toBe("CHAMPION");
    expect(model.evaluation.brier).toBeLessThan(model.evaluation.baselines.at(-2).brier);
    if (template.tags) expect(template.tags).toEqual(expect.arrayContaining(model.features.map(({ key }: any) => key)));
    expect(scoreDistribution.count).toBeGreaterThan(100);
    expect(tierSchemes).toContainEqual({ key: "default", cuts: [...template.cuts] });
  });
});

test("every template is told at length", () => {
  expect(existsSync("docs/templates.md")).toBe(true);
  const text = readFileSync("docs/templates.md", "utf8");
  for (const { key, horizonDays, lookbackDays, leadDays, cuts, meantFor } of TEMPLATES)
    expect(text).toContain(`| \`${key}\` | ${meantFor} | ${horizonDays} | ${lookbackDays} | ${leadDays} | ${cuts.join(", ")} |`);
});
