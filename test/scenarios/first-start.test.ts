import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kind, parse, print } from "graphql";
import { createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/commands.js";
import { SETTINGS } from "../../src/config.js";
import { type Receiver, startReceiver } from "../graph/receiver.js";
import { type RunningService, startService } from "./service.js";

/** Each operation that clients send, as they wrote it. */
const operations = new Map<string, string>();
for (const file of readdirSync("schema/operations").filter((name) => name.endsWith(".graphql"))) {
  for (const definition of parse(readFileSync(join("schema/operations", file), "utf8")).definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.name)
      operations.set(definition.name.value, print(definition));
}

const readme = readFileSync("README.md", "utf8");
const block = (language: string) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)![1]!;
const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));

let dataDirectory: string;
let service: RunningService;
let receiver: Receiver;
const sent = new Set<string>();
function send(name: string, variables: Record<string, unknown> = {}): Promise<any> {
  sent.add(name);
  return service.graph(operations.get(name)!, variables);
}

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-clients-"));
  receiver = await startReceiver();
  service = await startService({ TIDEMARK_DATA_DIR: dataDirectory, TIDEMARK_WEBHOOK_ALLOW_LOOPBACK: "yes" });
}, 300_000);
afterAll(async () => {
  await service?.end("SIGTERM");
  await receiver?.close();
  rmSync(dataDirectory, { recursive: true, force: true });
});

/** What is told to whoever listens to moves into the highest tier, when a scheme is cut lower. */
async function firstTold(variables: Record<string, unknown>, move: () => Promise<unknown>): Promise<any> {
  sent.add("RiskTierChanges");
  const live = createClient({ url: service.url, retryAttempts: 0 }).iterate<any>({
    query: operations.get("RiskTierChanges")!,
    variables,
  });
  const told = live.next();
  // A listener hears from the moment on at which it is let in.
  await new Promise((done) => setTimeout(done, 1_000));
  await move();
  const { value } = await told;
  await live.return?.();
  return value.data.riskTierChanged;
}

const HIGH = { riskTier: { in: ["HIGH"] } };
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS).toISOString();

describe("the README", () => {
  test("the first start fills the store, names it as simulated, and the README's query answers in the README's shape", async () => {
    const { service: told } = await service.graph("{ service { simulated refreshedAt } }");
    expect(told.simulated).toBe(true);
    expect(told.refreshedAt).not.toBeNull();
    const expected = JSON.parse(block("json")).data;
    const answered = await service.graph(block("graphql"));
    expect(shapeOf(answered)).toEqual(shapeOf(expected));
    expect(answered.user.churnScore.probability).toBeGreaterThan(0);
    expect(answered.user.declineTags.length).toBeGreaterThan(0);
  });

  test("the commands, settings, scripts and examples that the README names exist", () => {
    const known = commands({}, ".").commands.map((command) => command.name());
    const named = [...readme.matchAll(/npx tidemark (\w+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    for (const [, script] of readme.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(script!);
    for (const [, file] of readme.matchAll(/(examples\/[\w.-]+)/g)) expect(existsSync(file!), file).toBe(true);
    for (const [, setting] of readme.matchAll(/^\| `([A-Z_]+)` \|/gm))
      expect(SETTINGS.map(({ name }) => name)).toContain(setting);
  });
});

describe("the clients' operations on the simulated population, over HTTP", () => {
  test("a frontend app reads profiles", async () => {
    const { user } = await send("RiskProfile", { externalId: "sim-00001", source: "simulated" });
    expect(user.identifiers).toEqual([{ source: "simulated", externalId: "sim-00001" }]);
    expect(user.churnScore.factors).toHaveLength(5);
    expect(user.tags.nodes.length).toBeGreaterThan(20);
    expect(user.declineTags.length).toBeGreaterThan(0);
    expect(user.rfm.layer).toEqual(expect.any(String));
    const page = (await send("AtRiskUsers", { tier: "HIGH", first: 3 })).users;
    expect(page.edges).toHaveLength(3);
    expect(page.totalCount).toBeGreaterThan(3);
    const next = (await send("AtRiskUsers", { tier: "HIGH", first: 3, after: page.pageInfo.endCursor })).users;
    expect(next.edges[0].node.churnScore.probability).toBeLessThanOrEqual(page.edges[2].node.churnScore.probability);
    const { nodes } = await send("UsersByIds", { ids: page.edges.map(({ node }: any) => node.id) });
    expect(nodes.map(({ riskTier }: any) => riskTier.tier.key)).toEqual(["HIGH", "HIGH", "HIGH"]);
    const past = (await send("UserAt", { externalId: "sim-00001", asOf: daysAgo(60) })).user;
    expect(past.rfm.recencyDays).toBeLessThan(user.rfm.recencyDays);
  });

  test("analysts ask for segments, comparisons, rankings, distributions", async () => {
    const { segmentPreview } = await send("PreviewSegment", { where: HIGH });
    expect(segmentPreview.members.nodes.length).toBeGreaterThan(0);
    expect(segmentPreview.portrait).toHaveLength(10);
    const past = (await send("PreviewSegment", { where: { tag: { key: "freq_drop_50" } }, asOf: daysAgo(60) })).segmentPreview;
    expect(past.count).toBeGreaterThan(0);
    expect(past.count).toBeLessThan(past.populationCount);
    expect((await send("CompareTags", { a: HIGH, b: { not: HIGH } })).tagComparison.length).toBeGreaterThan(0);
    const ranking = (await send("ContributionRanking", { first: 100 })).contributionRanking;
    expect(ranking.reduce((sum: number, { share }: any) => sum + share, 0)).toBeCloseTo(1, 6);
    const { scoreDistribution } = await send("Scores", { bins: 20 });
    expect(scoreDistribution.bins.reduce((sum: number, { count }: any) => sum + count, 0)).toBe(scoreDistribution.count);
    const cuts = (await send("SuggestCuts", { input: { method: "NATURAL_BREAKS", tiers: 3 } })).suggestTierCuts;
    expect(cuts.tiers.reduce((sum: number, { count }: any) => sum + count, 0)).toBe(scoreDistribution.count);
    expect((await send("Migration", { from: daysAgo(1), to: new Date().toISOString() })).tierMigration.tiers).toContain("HIGH");
    expect((await send("TagLibrary", { family: "TRANSACTION" })).tags.nodes.length).toBeGreaterThan(5);
    const { churnSample } = await send("Sample", { definition: "retail", asOf: daysAgo(120) });
    expect(churnSample.churned / churnSample.eligible).toBeCloseTo(churnSample.baseRate, 6);
  });

  test("a CRM writes users, events and tags, writing again changes nothing, and a webhook tells it of what changed", async () => {
    const hook = await send("CreateWebhook", { input: { url: receiver.url, topics: ["TAG_CHANGED"] } });
    expect(hook.createWebhook).toMatchObject({
      webhook: { url: receiver.url, topics: ["TAG_CHANGED"], state: "ENABLED" },
      secret: expect.stringMatching(/^whsec_/),
      errors: [],
    });
    const person = { externalId: "crm-1", source: "crm" };
    const users = { input: { users: [{ ...person, attributes: { city: "Lyon" }, channel: "web" }] } };
    expect((await send("UpsertUsers", users)).upsertUsers).toMatchObject({ created: 1, rejected: [] });
    expect((await send("UpsertUsers", users)).upsertUsers).toMatchObject({ created: 0, unchanged: 1 });
    const events = { input: { events: [{ ...person, type: "order", occurredAt: daysAgo(3), eventId: "o-1", amount: 12.5 }] } };
    expect((await send("RecordEvents", events)).recordEvents).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect((await send("RecordEvents", events)).recordEvents).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    const tag = {
      input: { key: "spring_guest", name: "Spring guest", family: "CUSTOM", kind: "MANUAL", department: "marketing" },
    };
    expect((await send("CreateTag", tag)).createTag).toMatchObject({ tag: { key: "spring_guest", state: "ACTIVE" }, errors: [] });
    const assignments = { input: { assignments: [{ ...person, tag: "spring_guest" }] } };
    expect((await send("AssignTags", assignments)).assignTags).toEqual({ assigned: 1, unchanged: 0, rejected: [] });
    const [told] = await receiver.until(1);
    expect(told!.message).toMatchObject({ type: "TAG_CHANGED", data: { user: { identifiers: [person] } } });
    const { user } = await send("RiskProfile", person);
    expect(user.tags.nodes.map(({ tag: { key } }: any) => key)).toContain("spring_guest");
    expect(user.lifecycleStage).toBe("NEW");
    const { changes } = await send("Changes", { first: 500 });
    expect(changes.edges.length).toBeGreaterThan(0);
    const twin = { externalId: "crm-1b", source: "crm" };
    await send("UpsertUsers", { input: { users: [{ ...twin, attributes: { phone: "+33 1" } }] } });
    const { mergeUsers } = await send("MergeUsers", { input: { into: person, from: [twin] } });
    expect(mergeUsers).toEqual({ user: { id: user.id, identifiers: [person, twin] }, errors: [] });
    expect((await send("RemoveTags", assignments)).removeTags).toEqual({ removed: 1, unchanged: 0, rejected: [] });
    expect((await send("EraseUser", { input: { ...person, reason: "asked for it" } })).eraseUser).toMatchObject({
      erased: true,
      receipt: { id: user.id },
      errors: [],
    });
    expect((await send("RiskProfile", person)).user).toBe(null);
    expect((await send("MoveTag", { key: "spring_guest", to: "DEPRECATED", reason: "over" })).moveTag.tag.state).toBe(
      "DEPRECATED",
    );
  });

  test("an analyst defines churn, trains, promotes, cuts tiers and saves segments", async () => {
    const definition = {
      key: "month",
      name: "No order for a month",
      kind: "TRANSACTION",
      eventTypes: ["order"],
      horizonDays: 30,
      lookbackDays: 90,
      leadDays: 0,
    };
    expect((await send("SaveChurnDefinition", { input: definition })).saveChurnDefinition).toEqual({
      definition: { key: "month" },
      errors: [],
    });
    const { trainChurnModel } = await send("TrainChurnModel", {
      input: { definition: "month", algorithm: "LOGISTIC_REGRESSION", promote: "NEVER", seed: 7 },
    });
    expect(trainChurnModel.errors).toEqual([]);
    let job: any;
    do {
      await new Promise((done) => setTimeout(done, 200));
      ({ job } = await send("Job", { id: trainChurnModel.job.id }));
    } while (job.state === "QUEUED" || job.state === "RUNNING");
    expect(job).toMatchObject({ state: "DONE", error: null, result: { __typename: "ChurnModel" } });
    const { churnModel } = await send("Model", { id: job.result.id });
    expect(churnModel).toMatchObject({ version: 1, state: "CANDIDATE", algorithm: "LOGISTIC_REGRESSION", horizonDays: 30 });
    expect(churnModel.evaluation.auc).toBeGreaterThan(0.6);
    expect((await send("Promote", { id: churnModel.id })).promoteChurnModel).toMatchObject({
      model: { state: "CHAMPION" },
      errors: [],
    });
    const scheme = {
      key: "campaign",
      method: "FIXED",
      cuts: [0.3, 0.6],
      tiers: [
        { key: "CALM", name: "Calm" },
        { key: "WATCH", name: "Watch" },
        { key: "ACT", name: "Act" },
      ],
    };
    expect((await send("SaveTierScheme", { input: scheme })).saveTierScheme).toMatchObject({
      scheme: { cuts: [0.3, 0.6] },
      errors: [],
    });
    const lower = { key: "default", method: "FIXED", cuts: [0.2, 0.4] };
    const told = await firstTold({ tiers: ["HIGH"] }, () => send("SaveTierScheme", { input: lower }));
    expect(told).toMatchObject({ to: { key: "HIGH" }, user: { identifiers: [{ externalId: expect.stringMatching(/^sim-/) }] } });
    const own = { key: "guest", name: "Guest", family: "CUSTOM", kind: "MANUAL", department: "company" };
    await send("CreateTag", { input: own });
    expect((await send("ShareTag", { key: "guest", with: "marketing" })).shareTag).toEqual({ tag: { key: "guest" }, errors: [] });
    for (const [key, where] of [
      ["at_risk", HIGH],
      ["dormant", { tag: { key: "dormant_30_in_90" } }],
    ] as const)
      expect((await send("SaveSegment", { input: { key, name: key, where } })).saveSegment).toMatchObject({
        segment: { key },
        errors: [],
      });
    const { segmentOverlap } = await send("Overlap", { segments: ["at_risk", "dormant"] });
    expect(segmentOverlap.counts[0][1]).toBe(segmentOverlap.counts[1][0]);
  });

  test("none of the committed operations was left out", () => {
    expect([...operations.keys()].filter((name) => !sent.has(name))).toEqual([]);
  });
});

/** Names and kinds of values, with lists by their first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [shapeOf(value[0])];
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
  return typeof value;
}
