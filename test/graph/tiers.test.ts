import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRuled } from "../../src/segments/tier-rule.step.js";
import { assignTiers } from "../../src/tiers/tier.step.js";
import { startTestApp, type TestApp } from "./harness.js";

const DAY_1 = new Date("2026-01-01T00:00:00Z");
const DAY_2 = new Date("2026-01-02T00:00:00Z");
const DAY_3 = new Date("2026-01-03T00:00:00Z");

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: DAY_3 });
  const { pool } = app.store;
  await pool.read("update churn_definition set is_default = true where key = 'retail'");
  await pool.read(
    "insert into app_user (id, first_seen_at, created_at, updated_at) select i, $1, $1, $1 from generate_series(1, 100) i",
    [DAY_1],
  );
});
afterAll(() => app?.stop());

/** Gives users scores as though they had been computed at a day, and carries their tiers there. Null: no score any more. */
async function score(scores: Readonly<Record<string, number | null>>, asOf: Date): Promise<void> {
  await app.store.pool.transaction(async (tx) => {
    for (const [id, probability] of Object.entries(scores)) {
      await tx.read("delete from churn_score where user_id = $1", [id]);
      if (probability === null) continue;
      await tx.read(
        "insert into churn_score (user_id, definition_id, model_id, probability, scored_at) select $1, id, 1, $2, $3 from churn_definition where key = 'retail'",
        [id, probability, asOf],
      );
    }
    await assignTiers(tx, Object.keys(scores), asOf, findRuled);
  });
}

const globalId = (id: number | string) => Buffer.from(`User:${id}`).toString("base64url");
const TIER =
  "riskTier { tier { key name rank } since previous { key } } riskTierHistory(first: 20) { nodes { tier { key } from to reason } pageInfo { hasNextPage } }";

async function user(id: number, fields = TIER): Promise<any> {
  return (await app.graph(`query ($id: ID!) { node(id: $id) { ... on User { ${fields} } } }`, { id: globalId(id) })).node;
}

describe("a score becomes a tier", () => {
  beforeAll(async () => {
    await score({ 1: 0.83, 2: 0.8, 3: 0.79996, 4: 0.5, 5: 0.1, 6: 0.9 }, DAY_1);
    await score({ 1: 0.83, 2: 0.4, 6: null }, DAY_2);
    await score({ 2: 0.6 }, DAY_3);
  });

  test("at the cuts 0.5 and 0.8, each cut belonging to the tier above", async () => {
    const tiers = await Promise.all([1, 3, 4, 5].map(async (id) => (await user(id)).riskTier.tier.key));
    expect(tiers).toEqual(["HIGH", "MEDIUM", "MEDIUM", "LOW"]);
    expect(await user(1)).toMatchObject({
      riskTier: { tier: { key: "HIGH", name: "High risk", rank: 3 }, since: DAY_1.toISOString(), previous: null },
      riskTierHistory: {
        nodes: [{ tier: { key: "HIGH" }, from: DAY_1.toISOString(), to: null, reason: "score 0.83 is at or above 0.8" }],
      },
    });
  });

  test("a reason never contradicts itself by rounding", async () => {
    expect((await user(3)).riskTierHistory.nodes[0].reason).toBe("score 0.7999 is at or above 0.5");
    expect((await user(5)).riskTierHistory.nodes[0].reason).toBe("score 0.1 is below 0.5");
  });

  test("every stay is kept, the latest first, each ending where the next begins", async () => {
    const { riskTier, riskTierHistory } = await user(2);
    expect(riskTier).toMatchObject({ tier: { key: "MEDIUM" }, since: DAY_3.toISOString(), previous: { key: "LOW" } });
    expect(riskTierHistory.nodes.map(({ tier, from, to }: any) => [tier.key, from, to])).toEqual([
      ["MEDIUM", DAY_3.toISOString(), null],
      ["LOW", DAY_2.toISOString(), DAY_3.toISOString()],
      ["HIGH", DAY_1.toISOString(), DAY_2.toISOString()],
    ]);
  });

  test("who loses the score leaves the scheme, and the stay ends", async () => {
    const { riskTier, riskTierHistory } = await user(6);
    expect(riskTier).toBeNull();
    expect(riskTierHistory.nodes).toMatchObject([{ tier: { key: "HIGH" }, to: DAY_2.toISOString() }]);
  });

  test("asOf shows the history as it was then, and pages go on where they ended", async () => {
    const then = await user(2, `riskTierHistory(asOf: "${DAY_2.toISOString()}") { nodes { tier { key } to } }`);
    expect(then.riskTierHistory.nodes).toEqual([
      { tier: { key: "LOW" }, to: null },
      { tier: { key: "HIGH" }, to: DAY_2.toISOString() },
    ]);
    const first = await user(2, "riskTierHistory(first: 2) { nodes { tier { key } } pageInfo { hasNextPage endCursor } }");
    expect(first.riskTierHistory.pageInfo.hasNextPage).toBe(true);
    const rest = await user(
      2,
      `riskTierHistory(first: 2, after: "${first.riskTierHistory.pageInfo.endCursor}") { nodes { tier { key } } pageInfo { hasNextPage } }`,
    );
    expect(rest.riskTierHistory).toEqual({ nodes: [{ tier: { key: "HIGH" } }], pageInfo: { hasNextPage: false } });
  });

  test("brought to one day twice, the day has one entry: the later answer", async () => {
    await score({ 7: 0.9 }, DAY_1);
    await score({ 7: 0.1 }, DAY_2);
    await score({ 7: 0.6 }, DAY_2);
    const { riskTier, riskTierHistory } = await user(7);
    expect(riskTier).toMatchObject({ tier: { key: "MEDIUM" }, previous: { key: "HIGH" } });
    expect(riskTierHistory.nodes.map(({ tier }: any) => tier.key)).toEqual(["MEDIUM", "HIGH"]);
    await score({ 7: null }, DAY_3);
  });

  test("the migration counts who went where", async () => {
    const { tierMigration } = await app.graph(
      "query ($from: DateTime!, $to: DateTime!) { tierMigration(from: $from, to: $to) { tiers counts } }",
      {
        from: DAY_1,
        to: DAY_3,
      },
    );
    // 5 stayed LOW; 3 and 4 stayed MEDIUM; 1 stayed HIGH, 2 fell to MEDIUM, 6 and 7 left.
    expect(tierMigration).toEqual({
      tiers: ["LOW", "MEDIUM", "HIGH", "NONE"],
      counts: [
        [1, 0, 0, 0],
        [0, 2, 0, 0],
        [0, 1, 1, 2],
        [0, 0, 0, 0],
      ],
    });
  });
});

describe("schemes", () => {
  const SAVE =
    "mutation SaveTierScheme($input: TierSchemeInput!) { saveTierScheme(input: $input) { scheme { key cuts tiers { key rank } } changed { from to count } errors { code message path } } }";

  test("a saved scheme moves everybody at once, and says how many went where", async () => {
    const { saveTierScheme } = await app.graph(SAVE, {
      input: { key: "service", cuts: [0.55], tiers: [{ key: "CALM" }, { key: "CALL", name: "To be called" }] },
    });
    expect(saveTierScheme).toEqual({
      scheme: {
        key: "service",
        cuts: [0.55],
        tiers: [
          { key: "CALM", rank: 1 },
          { key: "CALL", rank: 2 },
        ],
      },
      changed: [
        { from: null, to: "CALL", count: 3 },
        { from: null, to: "CALM", count: 2 },
      ],
      errors: [],
    });
    const again = await app.graph(SAVE, { input: { key: "service", cuts: [0.65], tiers: [{ key: "CALM" }, { key: "CALL" }] } });
    expect(again.saveTierScheme.changed).toEqual([{ from: "CALL", to: "CALM", count: 1 }]);
    expect((await user(2, 'riskTier(scheme: "service") { tier { key } previous { key } }')).riskTier).toEqual({
      tier: { key: "CALM" },
      // Both moves were made at one instant, so the user never stood in CALL.
      previous: null,
    });
    // The default scheme is another one.
    expect((await user(2)).riskTier.tier.key).toBe("MEDIUM");
  });

  test("cuts can be computed from today's scores", async () => {
    const { saveTierScheme } = await app.graph(SAVE, { input: { key: "natural", method: "NATURAL_BREAKS" } });
    expect(saveTierScheme.errors).toEqual([]);
    expect(saveTierScheme.scheme.cuts).toEqual([0.5, 0.79996]);
  });

  test.each([
    [{ key: "Bad key", cuts: [0.5, 0.8] }, "BAD_INPUT", "key"],
    [{ key: "x", cuts: [0.8, 0.5] }, "BAD_INPUT", "cuts"],
    [{ key: "x", cuts: [0.5], tiers: [{ key: "A" }, { key: "B" }, { key: "C" }] }, "BAD_INPUT", "cuts"],
    [{ key: "x", cuts: [0.5], tiers: [{ key: "A" }, { key: "A" }] }, "BAD_INPUT", "tiers"],
    [{ key: "x", method: "GOAL" }, "BAD_INPUT", "goal"],
  ])("a scheme that cannot be is refused by its field: %j", async (input, code, field) => {
    const { saveTierScheme } = await app.graph(SAVE, { input });
    expect(saveTierScheme.scheme).toBeNull();
    expect(saveTierScheme.errors[0]).toMatchObject({ code, path: ["input", field] });
    expect(saveTierScheme.errors[0].message).toMatch(/\.$/);
  });

  describe("second-level rules", () => {
    const RULED =
      "mutation SaveTierScheme($input: TierSchemeInput!) { saveTierScheme(input: $input) { scheme { key rules { text then reason error where } } changed { from to count } errors { code message path } } }";
    const tag = { tag: { key: "satisfaction", op: "LTE", value: 3 } };
    const rules = [
      { where: { text: "probability in [0.82, 1)" }, then: "VIP", reason: "the account manager calls" },
      { where: tag, then: "CALL" },
    ];
    const tiers = [{ key: "CALM" }, { key: "CALL" }, { key: "VIP" }];
    const layered = (id: number) => user(id, 'riskTier(scheme: "layered") { tier { key } reason }');
    const give = (id: number, value: number) =>
      app.store.pool.read(
        `insert into user_tag (user_id, tag_id, number_value, since, source) select $1, id, $2, $3, 'crm' from tag where key = 'satisfaction'
         on conflict (user_id, tag_id) do update set number_value = excluded.number_value`,
        [id, value, DAY_1],
      );

    test("put users into a tier whatever their score, the first that holds, with its reason; the others stand by their score", async () => {
      await give(5, 2);
      await give(1, 2);
      const { saveTierScheme } = await app.graph(RULED, { input: { key: "layered", cuts: [0.5, 0.99], tiers, rules } });
      expect(saveTierScheme.errors).toEqual([]);
      expect(saveTierScheme.scheme.rules).toEqual([
        {
          text: "probability in [0.82, 1)",
          then: "VIP",
          reason: "the account manager calls",
          error: null,
          where: rules[0]!.where,
        },
        { text: "tag.satisfaction <= 3", then: "CALL", reason: null, error: null, where: tag },
      ]);
      expect((await layered(1)).riskTier).toEqual({ tier: { key: "VIP" }, reason: "rule: the account manager calls" });
      expect((await layered(5)).riskTier).toEqual({ tier: { key: "CALL" }, reason: "rule: tag.satisfaction <= 3" });
      expect((await layered(4)).riskTier.tier.key).toBe("CALL");
      // Whoever has no score stands nowhere, whatever a rule says.
      await give(6, 1);
      await score({ 6: null }, DAY_3);
      expect((await layered(6)).riskTier).toBeNull();
    });

    test("are asked anew as users are carried forward, and leave where they hold no more", async () => {
      await give(5, 9);
      await score({ 5: 0.1 }, DAY_3);
      expect((await layered(5)).riskTier).toEqual({ tier: { key: "CALM" }, reason: "score 0.1 is below 0.5" });
    });

    test("that ask for tiers, for what there is not, or name no tier are refused by their place", async () => {
      const refused = async (rule: object) => {
        const { saveTierScheme } = await app.graph(RULED, { input: { key: "layered", cuts: [0.5, 0.99], tiers, rules: [rule] } });
        expect(saveTierScheme.scheme).toBeNull();
        return saveTierScheme.errors[0];
      };
      expect(await refused({ where: { riskTier: { in: ["HIGH"] } }, then: "VIP" })).toMatchObject({
        code: "BAD_INPUT",
        path: ["input", "rules", "0", "where"],
      });
      expect(await refused({ where: { tag: { key: "nothing" } }, then: "VIP" })).toMatchObject({ code: "UNKNOWN_TAG" });
      expect(await refused({ where: tag, then: "HIGH" })).toMatchObject({ code: "BAD_INPUT", path: ["input", "rules"] });
    });

    test("keep the tags they ask for from being retired, and one that cannot be asked any more says so instead of stopping the others", async () => {
      await app.graph('mutation { moveTag(key: "satisfaction", to: DEPRECATED) { errors { message } } }');
      const { moveTag } = await app.graph(
        'mutation { moveTag(key: "satisfaction", to: RETIRED) { tag { dependants { __typename key } } errors { message } } }',
      );
      expect(moveTag.errors[0].message).toContain("layered");
      await app.store.pool.read(
        "update tier_scheme set rules = jsonb_set(rules, '{1,where,tag,key}', '\"gone\"') where key = 'layered'",
      );
      await score({ 1: 0.83, 5: 0.1 }, DAY_3);
      expect((await layered(1)).riskTier.tier.key).toBe("VIP");
      const { alerts } = await app.graph("{ alerts(first: 5, subjectType: TIER_SCHEME) { nodes { kind subjectKey message } } }");
      expect(alerts.nodes).toEqual([
        { kind: "TIER_RULE_BROKEN", subjectKey: "layered", message: expect.stringContaining("gone") },
      ]);
    });
  });

  test("an unknown scheme is named, with those that there are", async () => {
    const { errors } = await app.answer(
      'query ($id: ID!) { node(id: $id) { ... on User { riskTier(scheme: "no") { since } } } }',
      { id: globalId(1) },
    );
    expect(errors?.[0]).toMatchObject({ extensions: { code: "NOT_FOUND" }, message: expect.stringMatching(/default/) });
  });

  test("suggestions over scores: fixed cuts, and what a team of two can call", async () => {
    const suggest = async (input: object) =>
      (
        await app.graph(
          "query SuggestCuts($input: TierCutsInput!) { suggestTierCuts(input: $input) { cuts tiers { key from to count expectedChurnRate } } }",
          { input },
        )
      ).suggestTierCuts;
    const fixed = await suggest({ method: "FIXED" });
    expect(fixed.cuts).toEqual([0.5, 0.8]);
    expect(fixed.tiers.map(({ key, from, to, count }: any) => [key, from, to, count])).toEqual([
      ["LOW", 0, 0.5, 1],
      ["MEDIUM", 0.5, 0.8, 3],
      ["HIGH", 0.8, 1, 1],
    ]);
    expect(fixed.tiers[1].expectedChurnRate).toBeCloseTo((0.5 + 0.6 + 0.79996) / 3, 12);
    const goal = await suggest({ method: "GOAL", tiers: 2, goal: { capacity: 2 } });
    expect(goal.tiers[1]).toMatchObject({ count: 2, from: 0.79996 });
  });
});

describe("with a hysteresis", () => {
  const SAVE = `mutation ($input: TierSchemeInput!) { saveTierScheme(input: $input) { scheme { key cuts hysteresis } errors { code path } } }`;
  const tiersOf = async (id: number) =>
    (await user(id, 'riskTierHistory(scheme: "calm", first: 20) { nodes { tier { key } reason } }')).riskTierHistory.nodes;

  test("a score that wavers about a cut does not move its user; a clear fall does", async () => {
    const { saveTierScheme } = await app.graph(SAVE, { input: { key: "calm", cuts: [0.5, 0.8], hysteresis: 0.05 } });
    expect(saveTierScheme).toEqual({ scheme: { key: "calm", cuts: [0.5, 0.8], hysteresis: 0.05 }, errors: [] });
    const day = (n: number) => new Date(Date.UTC(2026, 0, 3 + n));
    for (const [n, probability] of [0.79, 0.81, 0.76, 0.83, 0.75, 0.7].entries()) await score({ 60: probability }, day(n + 1));
    expect((await tiersOf(60)).map(({ tier }: any) => tier.key)).toEqual(["MEDIUM", "HIGH", "MEDIUM"]);
    // The plain scheme followed every waver.
    expect((await user(60)).riskTierHistory.nodes).toHaveLength(5);
    // Computed anew for the same day, the answer is that of a single computation.
    await score({ 61: 0.9 }, day(1));
    await score({ 61: 0.1 }, day(2));
    await score({ 61: 0.77 }, day(2));
    expect((await tiersOf(61))[0]).toMatchObject({ tier: { key: "HIGH" }, reason: "score 0.77 is less than 0.05 below 0.8" });
    await score({ 60: null, 61: null }, day(9));
  });

  test("one that is no share of probability is refused", async () => {
    const { saveTierScheme } = await app.graph(SAVE, { input: { key: "calm", cuts: [0.5, 0.8], hysteresis: 0.5 } });
    expect(saveTierScheme).toEqual({ scheme: null, errors: [{ code: "BAD_INPUT", path: ["input", "hysteresis"] }] });
  });
});
