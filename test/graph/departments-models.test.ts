import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toGlobalId } from "../../src/node.js";
import { raiseAlert } from "../../src/people/alert.step.js";
import { PERMISSIONS } from "../../src/people/permission.js";
import type { Role } from "../../src/request.js";
import { DEPARTMENTS, LEVELS, OWN, READ, startViewers, THINGS, type Thing, USE, type Viewers, visibilityOf } from "./viewers.js";

/** The matrix of departments.test.ts over models, with the scores that they made, and over tier schemes. */

const PROBABILITY = 0.123456;
let viewers: Viewers;
const models = new Map<Thing, { readonly id: number; readonly definition: string; readonly key: string }>();
const schemes = new Map<Thing, number>();
const schemeOf = (thing: Thing) => `scheme_${thing.toLowerCase()}`;

beforeAll(async () => {
  viewers = await startViewers();
  const { own, app } = viewers;
  const { pool } = app.store;
  const users = Array.from({ length: 40 }, (_, i) => ({ externalId: `u${i}`, firstSeenAt: "2020-01-01T00:00:00Z" }));
  await own("mutation ($users: [UpsertUserInput!]!) { upsertUsers(input: {users: $users}) { created } }", { users });
  for (const thing of THINGS) {
    const definition = `churn_${thing.toLowerCase()}`;
    await own("mutation ($input: ChurnDefinitionInput!) { saveChurnDefinition(input: $input) { errors { message } } }", {
      input: { key: definition, name: definition, kind: "INTERACTION", horizonDays: 30, lookbackDays: 90 },
    });
    // As a training leaves it: what is tried here is who is shown it, not what it says.
    const [model] = await pool.read<{ id: number }>(
      `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint, department, visibility)
       select id, 1, 'CHAMPION', 'LOGISTIC_REGRESSION', '{events_30d}', 1, now(), '{"rows": 0, "users": 0, "churned": 0, "observationDates": [], "constantTags": []}',
         '{"signal": true, "ranking": [], "rankedOver": 0}', '', $1, 'sales', $2 from churn_definition where key = $1 returning id`,
      [definition, visibilityOf(thing)],
    );
    models.set(thing, { id: model!.id, definition, key: `${definition}/1` });
    await pool.read(
      `insert into churn_score (user_id, definition_id, model_id, probability, scored_at)
       select u.id, d.id, $2, $3, now() from app_user u, churn_definition d where d.key = $1`,
      [definition, model!.id, PROBABILITY],
    );
    await raiseAlert(pool, {
      kind: "MODEL_DRIFT",
      subjectType: "CHURN_MODEL",
      subjectKey: `${definition}/1`,
      message: "it drifts",
      at: new Date(),
    });
    const { data } = await viewers.send(
      viewers.keyOf("sales", "ANALYST"),
      "mutation ($input: TierSchemeInput!) { saveTierScheme(input: $input) { scheme { key } errors { message } } }",
      { input: { key: schemeOf(thing), cuts: [0.5, 0.8] } },
    );
    expect(data.saveTierScheme).toEqual({ scheme: { key: schemeOf(thing) }, errors: [] });
    const [scheme] = await pool.read<{ id: number }>("select id from tier_scheme where key = $1", [schemeOf(thing)]);
    schemes.set(thing, scheme!.id);
    await pool.read(
      "insert into user_tier (user_id, scheme_id, tier, since, reason) select id, $1, 'LOW', now(), 'test' from app_user",
      [scheme!.id],
    );
    for (const [kind, key] of [
      ["CHURN_MODEL", `${definition}/1`],
      ["TIER_SCHEME", schemeOf(thing)],
    ]) {
      const set = await viewers.send(
        viewers.keyOf("sales", "ANALYST"),
        `mutation { setVisibility(kind: ${kind}, key: "${key}", visibility: ${visibilityOf(thing)}) { visibility errors { message } } }`,
      );
      expect(set.data.setVisibility).toEqual({ visibility: visibilityOf(thing), errors: [] });
    }
  }
  await viewers.grant("CHURN_MODEL", new Map([...models].map(([thing, { id }]) => [thing, id])));
  await viewers.grant("TIER_SCHEME", schemes);
});
afterAll(() => viewers.app.stop());

interface Probe {
  readonly name: string;
  readonly root: string;
  readonly takes: number;
  readonly ask: (thing: Thing) => string;
  readonly told: (data: any, thing: Thing) => boolean;
}

const modelId = (thing: Thing) => toGlobalId("ChurnModel", models.get(thing)!.id);
const definitionOf = (thing: Thing) => models.get(thing)!.definition;

const PROBES: readonly Probe[] = [
  {
    name: "churnModel",
    root: "churnModel",
    takes: READ,
    ask: (t) => `{ churnModel(id: "${modelId(t)}") { id fingerprint } }`,
    told: (d) => d?.churnModel != null,
  },
  {
    name: "churnModels",
    root: "churnModels",
    takes: READ,
    ask: () => "{ churnModels { id fingerprint } }",
    told: (d, t) => d?.churnModels?.some(({ id }: any) => id === modelId(t)),
  },
  {
    name: "the node of a model",
    root: "churnModel",
    takes: READ,
    ask: (t) => `{ nodes(ids: ["${modelId(t)}"]) { id ... on ChurnModel { fingerprint } } }`,
    told: (d) => d?.nodes?.[0] != null,
  },
  {
    name: "a score of the model",
    root: "user",
    takes: READ,
    ask: (t) =>
      `{ user(externalId: "u0") { churnScore(definition: "${definitionOf(t)}") { probability model { id version } } } }`,
    told: (d) => d?.user?.churnScore?.probability === PROBABILITY,
  },
  {
    name: "all scores of a user",
    root: "user",
    takes: READ,
    ask: () => '{ user(externalId: "u0") { churnScores { probability model { key } } } }',
    told: (d, t) => d?.user?.churnScores.some(({ model }: any) => model.key === models.get(t)!.key),
  },
  {
    name: "the distribution of the model's scores",
    root: "scoreDistribution",
    takes: READ,
    ask: (t) => `{ scoreDistribution(definition: "${definitionOf(t)}") { count } }`,
    told: (d) => d?.scoreDistribution?.count === 40,
  },
  {
    name: "cuts of the model's scores",
    root: "suggestTierCuts",
    takes: READ,
    ask: (t) => `{ suggestTierCuts(input: {method: FIXED, cuts: [0.5], definition: "${definitionOf(t)}"}) { users } }`,
    told: (d) => d?.suggestTierCuts?.users === 40,
  },
  {
    name: "alerts about the model",
    root: "alerts",
    takes: READ,
    ask: () => "{ alerts(first: 500) { nodes { subjectKey } } }",
    told: (d, t) => d?.alerts?.nodes.some(({ subjectKey }: any) => subjectKey === models.get(t)!.key),
  },
  {
    name: "promoting the model",
    root: "promoteChurnModel",
    takes: OWN,
    ask: (t) => `mutation { promoteChurnModel(id: "${modelId(t)}") { errors { code } } }`,
    told: (d) => d?.promoteChurnModel?.errors.length === 0,
  },
  {
    name: "tierSchemes",
    root: "tierSchemes",
    takes: READ,
    ask: () => "{ tierSchemes { key cuts } }",
    told: (d, t) => d?.tierSchemes?.some(({ key }: any) => key === schemeOf(t)),
  },
  {
    name: "a user's tier",
    root: "user",
    takes: READ,
    ask: (t) => `{ user(externalId: "u0") { riskTier(scheme: "${schemeOf(t)}") { tier { key } } } }`,
    told: (d) => d?.user?.riskTier?.tier.key === "LOW",
  },
  {
    name: "a user's tiers of before",
    root: "user",
    takes: READ,
    ask: (t) => `{ user(externalId: "u0") { riskTierHistory(scheme: "${schemeOf(t)}", first: 5) { nodes { reason } } } }`,
    told: (d) => d?.user?.riskTierHistory != null,
  },
  {
    name: "users of a tier",
    root: "users",
    takes: READ,
    ask: (t) => `{ users(where: {riskTier: {in: ["LOW"], scheme: "${schemeOf(t)}"}}) { totalCount } }`,
    told: (d) => d?.users?.totalCount === 40,
  },
  {
    name: "a count of a tier",
    root: "segmentPreview",
    takes: USE,
    ask: (t) => `{ segmentPreview(where: {riskTier: {in: ["LOW"], scheme: "${schemeOf(t)}"}}) { count } }`,
    told: (d) => d?.segmentPreview?.count === 40,
  },
  {
    name: "moves between tiers",
    root: "tierMigration",
    takes: READ,
    ask: (t) => `{ tierMigration(scheme: "${schemeOf(t)}", from: "2020-01-01T00:00:00Z", to: "2021-01-01T00:00:00Z") { tiers } }`,
    told: (d) => d?.tierMigration != null,
  },
  {
    name: "changing a scheme",
    root: "saveTierScheme",
    takes: OWN,
    ask: (t) => `mutation { saveTierScheme(input: {key: "${schemeOf(t)}", cuts: [0.5, 0.8]}) { errors { code } } }`,
    told: (d) => d?.saveTierScheme?.errors.length === 0,
  },
];

// What changes something comes last: it moves the tiers that are asked for before.
describe.each([
  ["seen", PROBES.filter(({ takes }) => takes < OWN)],
  ["changed", PROBES.filter(({ takes }) => takes === OWN)],
] as const)("nothing is %s that is not shared, and all that is", (_name, probes) => {
  describe.each(DEPARTMENTS)("viewers of %s", (department) => {
    test.each(["ANALYST", "CRM", "APP"] as const)("%s", async (role) => {
      const asked = probes.flatMap((probe) => THINGS.map((thing) => ({ ...probe, thing })));
      const wrong = await Promise.all(
        asked.map(async ({ name, root, takes, ask, told, thing }) => {
          const roles: readonly Role[] = (PERMISSIONS as any).Query[root] ?? (PERMISSIONS as any).Mutation[root];
          const { data, text } = await viewers.send(viewers.keyOf(department, role), ask(thing));
          const answered = told(data, thing) === true;
          const expected = roles.includes(role) && LEVELS[thing][department] >= takes;
          return answered === expected ? [] : [`${name} of ${thing}: ${answered ? "told" : "not told"}: ${text.slice(0, 300)}`];
        }),
      );
      expect(wrong.flat()).toEqual([]);
    });
  });
});

test("a model is more than its name only to whom models are answered", async () => {
  const ask = (role: string, field: string) =>
    viewers.send(
      viewers.keyOf("sales", role),
      `{ user(externalId: "u0") { churnScore(definition: "churn_public") { model { id version algorithm ${field} } } } }`,
    );
  for (const [role, field] of [
    ["APP", "exported(format: XGBOOST)"],
    ["APP", "fingerprint"],
    ["CRM", "sample { users }"],
    ["CRM", "features { key }"],
  ] as const) {
    const { errors } = await ask(role, field);
    expect(
      errors?.map(({ extensions }) => extensions.code),
      `${role} ${field}`,
    ).toEqual([errors?.[0].extensions.code === "GRAPHQL_VALIDATION_FAILED" ? "GRAPHQL_VALIDATION_FAILED" : "FORBIDDEN"]);
  }
  expect((await ask("APP", "key")).data.user.churnScore.model).toMatchObject({ version: 1, key: "churn_public/1" });
  expect((await ask("ANALYST", "fingerprint")).errors).toBe(undefined);
});
