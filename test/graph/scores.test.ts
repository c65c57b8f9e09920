import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs } from "../../src/jobs.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { runQueuedJobs } from "../../src/store/job.js";
import { insertEvents } from "../scores/plain-events.js";
import { PLANTED_NOW, plantedEvents } from "../scores/planted.js";
import { startTestApp, type TestApp } from "./harness.js";

const USERS = 600;
const TRAIN =
  "mutation ($input: TrainChurnModelInput!) { trainChurnModel(input: $input) { job { id } errors { code message path } } }";
const DEFINITION = { key: "quick", kind: "TRANSACTION", horizonDays: 30, lookbackDays: 90 };
const SAVE =
  "mutation ($input: ChurnDefinitionInput!) { saveChurnDefinition(input: $input) { definition { key isDefault } errors { code message path } } }";

let app: TestApp;
let ids: string[];
beforeAll(async () => {
  app = await startTestApp({ asOf: PLANTED_NOW });
  const known = await insertEvents(app.store.pool, plantedEvents(USERS, 3));
  ids = [...known.values()];
  await refreshAll(app.store.pool, PLANTED_NOW);
});
afterAll(() => app?.stop());

/** Trains, works off the queue as the service would, and gives the job. */
async function train(input: object): Promise<any> {
  const { trainChurnModel } = await app.graph(TRAIN, { input });
  expect(trainChurnModel.errors).toEqual([]);
  await runQueuedJobs(app.store.pool, jobs, { advance: async () => void (await advance(app.store.pool, PLANTED_NOW)) });
  const { job } = await app.graph(
    "query ($id: ID!) { job(id: $id) { state error { code message } result { ... on ChurnModel { id version state algorithm fingerprint evaluation { signal promotion { reason } } contributionRanking(first: 3) { tag { key } direction } } } } }",
    { id: trainChurnModel.job.id },
  );
  return job;
}

const globalId = (id: string) => Buffer.from(`User:${id}`).toString("base64url");
const globalIds = (count: number) => ids.slice(0, count).map(globalId);

describe("before there is a champion", () => {
  test("nobody has a score or a tier, and a ranking says what to do", async () => {
    const { nodes } = await app.graph(
      "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { churnScore { probability } riskTier { tier { key } } } } }",
      {
        ids: globalIds(2),
      },
    );
    expect(nodes).toEqual([
      { churnScore: null, riskTier: null },
      { churnScore: null, riskTier: null },
    ]);
    const { scoreDistribution } = await app.graph(
      "{ scoreDistribution(bins: 2) { count mean bins { count } naturalBreaks(classes: 3) } }",
    );
    expect(scoreDistribution).toEqual({ count: 0, mean: null, bins: [{ count: 0 }, { count: 0 }], naturalBreaks: [] });
    const { errors } = await app.answer("{ suggestTierCuts(input: {method: NATURAL_BREAKS}) { cuts } }");
    expect(errors![0]).toMatchObject({ extensions: { code: "NO_SAMPLE" }, message: expect.stringContaining("trainChurnModel") });
  });

  test("a definition is checked, each fault by its field", async () => {
    const { saveChurnDefinition } = await app.graph(SAVE, {
      input: { key: "Bad key", kind: "TRANSACTION", eventTypes: ["order", "no_such_type"], horizonDays: 0, lookbackDays: 90 },
    });
    expect(saveChurnDefinition.definition).toBeNull();
    expect(saveChurnDefinition.errors.map(({ code, path }: any) => [code, path[1]])).toEqual([
      ["BAD_INPUT", "key"],
      ["BAD_INPUT", "horizonDays"],
      ["UNKNOWN_EVENT_TYPE", "eventTypes"],
    ]);
  });

  test.each([
    [{}, "BAD_INPUT", /template/],
    [{ template: "nothing" }, "NOT_FOUND", /retail, grocery/],
    [
      { template: "retail", algorithm: "RULES", tags: ["gap_sd_days"] },
      "BAD_INPUT",
      /standard rules ask for tags that were not chosen/,
    ],
    [
      { template: "retail", algorithm: "RULES", rules: [{ all: [{ tag: "nope", op: "GTE", value: 1 }] }] },
      "UNKNOWN_TAG",
      /no METRIC tag "nope"/,
    ],
    [
      { template: "retail", algorithm: "LOGISTIC_REGRESSION", rules: [{ all: [{ tag: "recency_days", op: "GTE", value: 1 }] }] },
      "BAD_INPUT",
      /counted by the algorithm RULES/,
    ],
    [{ template: "retail", algorithm: "RULES", rules: [{ all: [] }] }, "BAD_INPUT", /rules\[0\]: .* each of 1 to 8 tests/],
    [{ template: "retail", tags: ["no_such_tag"] }, "UNKNOWN_TAG", /no_such_tag/],
    [{ template: "retail", tags: ["favourite_brand"] }, "BAD_INPUT", /learns from computed tags/],
    [{ template: "retail", observationDates: ["2025-12-01T00:00:00Z"] }, "NO_SAMPLE", /on or before 2025-10-0/],
  ])("a training that cannot be is refused at once: %j", async (input, code, sentence) => {
    const { trainChurnModel } = await app.graph(TRAIN, { input });
    expect(trainChurnModel.job).toBeNull();
    expect(trainChurnModel.errors).toMatchObject([{ code, message: expect.stringMatching(sentence) }]);
  });

  test("too few users of one outcome make a job that says so", async () => {
    const job = await train({ template: "retail", observationDates: ["2025-01-03T00:00:00Z"] });
    expect(job).toMatchObject({
      state: "FAILED",
      error: { code: "NO_SAMPLE", message: expect.stringMatching(/eligible users/) },
    });
  });
});

describe("from a definition to a champion", () => {
  let first: any;
  beforeAll(async () => {
    await app.graph(SAVE, { input: DEFINITION });
    first = (await train({ definition: "quick", algorithm: "RANDOM_FOREST", seed: 7 })).result;
  });

  test("the first model with a signal is promoted, and its definition becomes the default", async () => {
    expect(first).toMatchObject({ version: 1, state: "CHAMPION", algorithm: "RANDOM_FOREST", evaluation: { signal: true } });
    const { churnDefinitions } = await app.graph("{ churnDefinitions { key isDefault } }");
    expect(churnDefinitions.filter(({ isDefault }: any) => isDefault)).toEqual([{ key: "quick", isDefault: true }]);
  });

  test("the planted cause comes first", () => {
    expect(first.contributionRanking[0].tag.key).toMatch(/recency|since_last|gap/);
  });

  test("the same seed gives the same bytes, and an equal model does not depose the champion", async () => {
    const { result } = await train({ definition: "quick", algorithm: "RANDOM_FOREST", seed: 7 });
    expect(result.fingerprint).toBe(first.fingerprint);
    expect(result).toMatchObject({
      version: 2,
      state: "CANDIDATE",
      evaluation: { promotion: { reason: expect.stringMatching(/not better/) } },
    });
  });

  test("what a definition counts cannot change under its models", async () => {
    const { saveChurnDefinition } = await app.graph(SAVE, { input: { ...DEFINITION, horizonDays: 60 } });
    expect(saveChurnDefinition.errors).toMatchObject([{ code: "CONFLICT" }]);
    expect((await app.graph(SAVE, { input: { ...DEFINITION, name: "Quick" } })).saveChurnDefinition.errors).toEqual([]);
  });

  const PROFILE = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id
    riskTier { tier { key name rank } since previous { key } }
    riskTierHistory(first: 5) { nodes { tier { key } from to reason } }
    churnScore { probability horizonDays scoredAt baseLogOdds logOdds model { id version algorithm }
      factors(first: 100) { tag { key name family } value contribution sentence } } } } }`;

  async function holdFactors(): Promise<void> {
    // A page of 20 users with a hundred factors each is what a document may ask for.
    const pages = [0, 1, 2, 3, 4].map((page) => ids.slice(20 * page, 20 * (page + 1)).map(globalId));
    const answers = await Promise.all(pages.map((page) => app.graph(PROFILE, { ids: page })));
    const scored = answers.flatMap(({ nodes }) => nodes).filter(({ churnScore }: any) => churnScore);
    expect(scored.length).toBeGreaterThan(40);
    for (const { churnScore } of scored) {
      const { probability, baseLogOdds, logOdds, factors } = churnScore;
      const sum = factors.reduce((total: number, { contribution }: any) => total + contribution, baseLogOdds);
      expect(Math.abs(sum - Math.log(probability / (1 - probability)))).toBeLessThan(1e-9);
      expect(Math.abs(sum - logOdds)).toBeLessThan(1e-9);
      for (const { sentence, tag } of factors) {
        expect(sentence).toMatch(/risk( as it is)?\.$/);
        expect(tag.name).toBeTruthy();
      }
      const sizes = factors.map(({ contribution }: any) => Math.abs(contribution));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    }
  }

  test("factors sum to the score in log-odds, of a forest as of a logistic regression", async () => {
    await holdFactors();
    const { result } = await train({ definition: "quick", algorithm: "LOGISTIC_REGRESSION", promote: "ALWAYS" });
    expect(result).toMatchObject({ state: "CHAMPION", algorithm: "LOGISTIC_REGRESSION" });
    await holdFactors();
    const { churnModels } = await app.graph('{ churnModels(definition: "quick") { version state } }');
    expect(churnModels.map(({ version, state }: any) => `${version} ${state}`)).toEqual([
      "3 CHAMPION",
      "2 CANDIDATE",
      "1 RETIRED",
    ]);
  });

  test("those who are eligible have scores, and nobody else", async () => {
    const { churnSample } = await app.graph(
      'query { churnSample(definition: "quick", asOf: "2026-01-01T00:00:00Z") { eligible churned censored } }',
    );
    expect(churnSample).toMatchObject({ churned: null, censored: expect.stringMatching(/choose a date on or before 2025-1/) });
    const { scoreDistribution } = await app.graph(
      "{ scoreDistribution(bins: 10) { count mean bins { from to count } naturalBreaks(classes: 3) } }",
    );
    expect(scoreDistribution.count).toBe(churnSample.eligible);
    expect(scoreDistribution.bins.reduce((sum: number, { count }: any) => sum + count, 0)).toBe(churnSample.eligible);
    expect(scoreDistribution.naturalBreaks).toHaveLength(2);
    expect(scoreDistribution.naturalBreaks[0]).toBeLessThan(scoreDistribution.naturalBreaks[1]);
  });

  test("scoring again writes nothing", async () => {
    const stamps = () =>
      app.store.pool.read(
        "select xmin::text, ctid::text from churn_score union all select xmin::text, ctid::text from user_tier order by 1, 2",
      );
    const before = await stamps();
    await refreshAll(app.store.pool, PLANTED_NOW);
    expect(await stamps()).toEqual(before);
  });

  test("the statement count of a profile does not depend on its users", async () => {
    const scored = await app.store.pool.read<{ userId: string }>(
      'select distinct user_id as "userId" from churn_score order by 1 limit 50',
    );
    const profile = PROFILE.replace("first: 100", "first: 5");
    const count = (users: number) =>
      app.statementsOf(() => app.graph(profile, { ids: scored.slice(0, users).map(({ userId }) => globalId(userId)) }));
    await count(1);
    const one = await count(1);
    expect(await count(50)).toBe(one);
    // User, definitions, score, scheme, tier, history, model, tags' version, numbers.
    expect(one).toBeLessThanOrEqual(10);
  });

  test("several definitions stand side by side in a profile, each by its own champion", async () => {
    await app.graph(SAVE, { input: { ...DEFINITION, key: "slow", name: "Slow", horizonDays: 45 } });
    const second = (await train({ definition: "slow", algorithm: "LOGISTIC_REGRESSION", seed: 7 })).result;
    expect(second.state).toBe("CHAMPION");
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User {
      churnScores { probability horizonDays definition { key isDefault } model { id } factors(first: 1) { contribution } }
      churnScore { probability } slow: churnScore(definition: "slow") { probability } } } }`;
    const { nodes } = await app.graph(document, { ids: globalIds(100) });
    const both = nodes.filter(({ churnScores }: any) => churnScores.length === 2);
    expect(both.length).toBeGreaterThan(20);
    for (const { churnScores, churnScore, slow } of both) {
      expect(churnScores.map(({ definition }: any) => definition)).toEqual([
        { key: "quick", isDefault: true },
        { key: "slow", isDefault: false },
      ]);
      expect(churnScores.map(({ probability }: any) => probability)).toEqual([churnScore.probability, slow.probability]);
      expect(churnScores[1].model.id).toBe(second.id);
    }
    const ids = globalIds(100).filter((_, place) => nodes[place]?.churnScores.length === 2);
    await app.graph(document, { ids: ids.slice(0, 2) });
    const few = await app.statementsOf(() => app.graph(document, { ids: ids.slice(0, 2) }));
    expect(await app.statementsOf(() => app.graph(document, { ids }))).toBe(few);
  });

  test("promoting an older model scores everybody by it at once", async () => {
    const { promoteChurnModel } = await app.graph(
      "mutation ($id: ID!) { promoteChurnModel(id: $id) { model { id state } errors { code message path } } }",
      { id: first.id },
    );
    expect(promoteChurnModel).toEqual({ model: { id: first.id, state: "CHAMPION" }, errors: [] });
    const { nodes } = await app.graph(
      "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { churnScore { model { id } } } } }",
      {
        ids: globalIds(100),
      },
    );
    for (const { churnScore } of nodes) if (churnScore) expect(churnScore.model.id).toBe(first.id);
  });

  test("a cancelled job that has not begun never runs", async () => {
    const { trainChurnModel } = await app.graph(TRAIN, { input: { definition: "quick" } });
    const { cancelJob } = await app.graph("mutation ($id: ID!) { cancelJob(id: $id) { job { state } errors { code } } }", {
      id: trainChurnModel.job.id,
    });
    expect(cancelJob).toEqual({ job: { state: "CANCELLED" }, errors: [] });
    expect(await runQueuedJobs(app.store.pool, jobs, { advance: async () => {} })).toBe(0);
  });
});
