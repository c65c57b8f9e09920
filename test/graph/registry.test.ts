import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs } from "../../src/jobs.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { runQueuedJobs } from "../../src/store/job.js";
import { insertEvents } from "../scores/plain-events.js";
import { PLANTED_NOW, plantedEvents } from "../scores/planted.js";
import { startTestApp, type TestApp } from "./harness.js";

const OBSERVED = "2025-10-01T00:00:00.000Z";
const TRAIN =
  "mutation ($input: TrainChurnModelInput!) { trainChurnModel(input: $input) { job { id } errors { code message } } }";
const MODEL = `id version state codeVersion dataFingerprint fingerprint
  history { from to by reason }
  sample { observationDates censoredDates censoredUsers allowedLeaks users }
  evaluation { promotion { promoted reason checks { check passed sentence } } laterDate { rows auc calibrationError }
    intervals { auc { lower upper } brier { lower upper } } baselines { kind auc brier saved standardError } auc }
  contributionRanking(first: 50) { rank tag { key } meanContribution permutationImportance }
  groups: contributionRanking(first: 50, grouped: true) { rank tag { key } tags { key } share permutationImportance }`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: PLANTED_NOW });
  await insertEvents(app.store.pool, plantedEvents(600, 3));
  await refreshAll(app.store.pool, PLANTED_NOW);
  await app.graph("mutation ($input: ChurnDefinitionInput!) { saveChurnDefinition(input: $input) { errors { code } } }", {
    input: { key: "quick", kind: "TRANSACTION", horizonDays: 30, lookbackDays: 90 },
  });
});
afterAll(() => app?.stop());

/** Trains, works off the queue as the service would, and gives the job with its model. */
async function train(input: object): Promise<any> {
  const { trainChurnModel } = await app.graph(TRAIN, { input: { definition: "quick", ...input } });
  expect(trainChurnModel.errors).toEqual([]);
  await runQueuedJobs(app.store.pool, jobs, { advance: async () => void (await advance(app.store.pool, PLANTED_NOW)) });
  const { job } = await app.graph(
    `query ($id: ID!) { job(id: $id) { state error { code message } result { ... on ChurnModel { ${MODEL} } } } }`,
    { id: trainChurnModel.job.id },
  );
  return job;
}

describe("a feature from the future", () => {
  // Written back to the day before the observation date for those who were gone afterwards: what a CRM does that books a cancellation late.
  beforeAll(async () => {
    const gone = await app.store.pool.read<{ externalId: string }>(
      `select i.external_id as "externalId" from user_identity i
       where exists (select from event e where e.user_id = i.user_id and e.occurred_at >= $1::timestamptz - interval '90 days' and e.occurred_at < $1)
         and not exists (select from event e where e.user_id = i.user_id and e.occurred_at >= $1 and e.occurred_at < $1::timestamptz + interval '30 days')`,
      [OBSERVED],
    );
    expect(gone.length).toBeGreaterThan(30);
    const events = gone.map(({ externalId }) => ({
      externalId,
      source: "test",
      type: "cancellation",
      occurredAt: "2025-09-30T12:00:00Z",
      eventId: `late-${externalId}`,
    }));
    await app.graph("mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }", { input: { events } });
  });

  test("is refused by name, and no model comes of it", async () => {
    const job = await train({ observationDates: [OBSERVED], algorithm: "LOGISTIC_REGRESSION" });
    expect(job).toMatchObject({ state: "FAILED", result: null, error: { code: "LEAK_SUSPECTED" } });
    expect(job.error.message).toMatch(/cancellations_90d \(AUC 1\.0000\)/);
    expect(job.error.message).toMatch(/allowLeaks/);
    expect((await app.graph('{ churnModels(definition: "quick") { id } }')).churnModels).toEqual([]);
  });

  test("is taken where it is allowed by name, and such a model does not come to serve by itself", async () => {
    const { result } = await train({
      observationDates: [OBSERVED],
      algorithm: "LOGISTIC_REGRESSION",
      allowLeaks: ["cancellations_90d", "negative_events_30d", "negative_events_90d"],
    });
    expect(result.state).toBe("CANDIDATE");
    expect(result.sample.allowedLeaks).toContain("cancellations_90d");
    expect(result.evaluation.promotion.checks.find(({ passed }: any) => !passed).check).toBe("NO_LEAK");
  });

  test("does no harm where it is left out", async () => {
    const { result } = await train({
      observationDates: [OBSERVED],
      algorithm: "LOGISTIC_REGRESSION",
      tags: ["recency_days", "gap_mean_days", "orders_30d"],
      promote: "NEVER",
    });
    expect(result.evaluation.auc).toBeLessThan(0.97);
  });
});

describe("the registry", () => {
  const input = {
    algorithm: "LOGISTIC_REGRESSION",
    tags: ["recency_days", "gap_mean_days", "orders_30d", "orders_90d", "tenure_days"],
  };
  let first: any;
  beforeAll(async () => {
    first = (await train(input)).result;
  });

  test("a model says what it was made from, and everything that was asked of it", async () => {
    expect(first).toMatchObject({ state: "CHAMPION", codeVersion: expect.stringMatching(/^0\.\d+\.\d+\+[0-9a-f]{12}$/) });
    expect(first.dataFingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(first.evaluation.promotion.checks.map(({ check, passed }: any) => [check, passed])).toEqual([
      ["SIGNAL", true],
      ["NO_LEAK", true],
      ["CALIBRATED", true],
      ["BETTER", true],
    ]);
    const { auc, intervals, baselines, laterDate } = first.evaluation;
    expect(intervals.auc.lower).toBeLessThan(auc);
    expect(intervals.auc.upper).toBeGreaterThan(auc);
    expect(baselines.map(({ kind }: any) => kind)).toEqual(["RECENCY", "OVERALL_RATE", "EVERYONE_CHURNS"]);
    expect(baselines[0].auc).toBeLessThanOrEqual(auc + 0.02);
    expect(laterDate.rows).toBeGreaterThan(100);
    expect(laterDate.auc).toBeGreaterThan(0.6);
    expect(first.contributionRanking.every(({ permutationImportance }: any) => typeof permutationImportance === "number")).toBe(
      true,
    );
    const grouped = first.groups.flatMap(({ tags }: any) => tags.map(({ key }: any) => key));
    expect(grouped.toSorted()).toEqual(input.tags.toSorted());
  });

  test("a tier's ranking is signed, grouped as the model's, with what the model loses beside it", async () => {
    const RANK = `query ($where: SegmentExpression) { contributionRanking(where: $where, first: 10, grouped: true) {
      tag { key } tags { key } meanContribution meanAbsoluteContribution share permutationImportance users } }`;
    const of = async (tier: string) => (await app.graph(RANK, { where: { riskTier: { in: [tier] } } })).contributionRanking;
    const [high, low] = [await of("HIGH"), await of("LOW")];
    expect(high[0].users).toBeGreaterThan(10);
    const sum = (ranks: any[]) => ranks.reduce((total, { meanContribution }) => total + meanContribution, 0);
    // Together the tags raise the risk of those at high risk above everybody's, and lower that of the others.
    expect(sum(high)).toBeGreaterThan(0.5);
    expect(sum(low)).toBeLessThan(0);
    const members = (ranks: any[]) =>
      ranks
        .map(({ tags }) =>
          tags
            .map(({ key }: any) => key)
            .toSorted()
            .join(),
        )
        .toSorted();
    expect(members(high)).toEqual(members(first.groups));
    for (const { permutationImportance } of high) expect(typeof permutationImportance).toBe("number");
  });

  test("the same sample has the same fingerprint, another one another", async () => {
    const again = (await train({ ...input, promote: "NEVER" })).result;
    expect([again.dataFingerprint, again.fingerprint, again.codeVersion]).toEqual([
      first.dataFingerprint,
      first.fingerprint,
      first.codeVersion,
    ]);
    const other = (await train({ ...input, observationDates: ["2025-08-01T00:00:00Z"], promote: "NEVER" })).result;
    expect(other.dataFingerprint).not.toBe(first.dataFingerprint);
  });

  test("users whose outcome is not known yet are left out and counted", async () => {
    const { result } = await train({
      ...input,
      observationDates: ["2025-08-01T00:00:00Z", "2025-12-20T00:00:00Z"],
      promote: "NEVER",
    });
    expect(result.sample.observationDates).toEqual(["2025-08-01T00:00:00.000Z"]);
    expect(result.sample.censoredDates).toEqual(["2025-12-20T00:00:00.000Z"]);
    // Nobody is new after January in this population, so those who are eligible at the end and were not in August came back since.
    const [known] = await app.store.pool.read<{ users: number }>(
      `with last as (select (max(day) + 1)::timestamp at time zone 'UTC' as at from event_day)
       select count(*)::int as users from app_user u, last
       where exists (select from event e where e.user_id = u.id and e.type_id = (select id from event_type where key = 'order') and e.occurred_at >= last.at - interval '90 days' and e.occurred_at < last.at)
         and not exists (select from event e where e.user_id = u.id and e.type_id = (select id from event_type where key = 'order') and e.occurred_at >= timestamptz '2025-08-01Z' - interval '90 days' and e.occurred_at < timestamptz '2025-08-01Z')`,
    );
    expect(result.sample.censoredUsers).toBe(known!.users);
    const { churnSample } = await app.graph(
      'query { churnSample(definition: "quick", asOf: "2025-12-20T00:00:00Z") { eligible churned censored censoredUsers } }',
    );
    expect(churnSample).toMatchObject({ churned: null, censoredUsers: churnSample.eligible });
  });

  test("a promotion and a roll-back say who and why, and the models' states follow", async () => {
    const second = (await train({ ...input, seed: 2, promote: "NEVER" })).result;
    const { promoteChurnModel } = await app.graph(
      `mutation ($id: ID!) { promoteChurnModel(id: $id, reason: "Wanted for a trial") { model { ${MODEL} } errors { code message } } }`,
      { id: second.id },
    );
    expect(promoteChurnModel.errors).toEqual([]);
    expect(promoteChurnModel.model).toMatchObject({ id: second.id, state: "CHAMPION" });
    expect(promoteChurnModel.model.history).toEqual([
      { from: "CANDIDATE", to: "CHAMPION", by: "local owner", reason: "Wanted for a trial" },
      { from: null, to: "CANDIDATE", by: "local owner", reason: "It was trained with the seed 2." },
    ]);
    const BACK = `mutation { rollBackChurnModel(definition: "quick", reason: "It worried the team") { model { ${MODEL} } errors { code message path } } }`;
    const { rollBackChurnModel } = await app.graph(BACK);
    expect(rollBackChurnModel.errors).toEqual([]);
    expect(rollBackChurnModel.model).toMatchObject({ id: first.id, state: "CHAMPION" });
    expect(rollBackChurnModel.model.history[0]).toEqual({
      from: "RETIRED",
      to: "CHAMPION",
      by: "local owner",
      reason: `Version ${second.version} was rolled back: It worried the team`,
    });
    const { churnModel } = await app.graph("query ($id: ID!) { churnModel(id: $id) { state history { to reason } } }", {
      id: second.id,
    });
    expect(churnModel.state).toBe("RETIRED");
    expect(churnModel.history[0].reason).toMatch(/^Version \d+ took its place/);
    expect((await app.graph(BACK)).rollBackChurnModel).toMatchObject({
      model: null,
      errors: [{ code: "CONFLICT", path: ["definition"] }],
    });
  });
});
