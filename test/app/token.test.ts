import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.js";
import type { TokenSettings } from "../../src/token-settings.js";
import { startTestApp, type TestApp } from "../graph/harness.js";

const ADMIN = "an-admin-key-of-many-characters";
const SETTINGS: Omit<TokenSettings, "keys"> = {
  issuer: "https://id.example",
  audience: "tidemark",
  algorithms: ["ES256"],
  claims: { role: "role", department: "department", user: "sub", source: "source" },
};
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

interface Made {
  readonly key?: KeyObject | Uint8Array;
  readonly alg?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string | null;
  readonly expires?: string | number | null;
  readonly kid?: string;
}

function tokenOf(claims: Record<string, unknown>, made: Made = {}): Promise<string> {
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: made.alg ?? "ES256", ...(made.kid ? { kid: made.kid } : {}) })
    .setIssuer(made.issuer ?? SETTINGS.issuer)
    .setAudience(made.audience ?? SETTINGS.audience);
  if (made.subject !== null) token.setSubject(made.subject ?? "ada");
  if (made.expires !== null) token.setExpirationTime(made.expires ?? "1h");
  return token.sign(made.key ?? privateKey);
}

async function send(app: TestApp, credential: string, query: string, variables: object = {}) {
  const response = await fetch(app.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as { data?: any; errors?: any[] }) };
}

describe("people with tokens", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ adminKey: ADMIN, tokens: { ...SETTINGS, keys: publicKey } });
    await send(
      app,
      ADMIN,
      'mutation { upsertUsers(input: {users: [{externalId: "ada", source: "shop", firstSeenAt: "2020-01-01"}, {externalId: "bob", source: "shop", firstSeenAt: "2020-01-01"}, {externalId: "bob", source: "game", firstSeenAt: "2020-01-01"}]}) { created } }',
    );
    await send(
      app,
      ADMIN,
      'mutation { createTag(input: {key: "vip", name: "VIP", family: CUSTOM, kind: MANUAL, department: "company"}) { tag { key } } assignTags(input: {assignments: [{externalId: "ada", tag: "vip"}]}) { assigned } saveSegment(input: {key: "vips", where: {tag: {key: "vip"}}}) { errors { message } } }',
    );
  });
  afterAll(() => app.stop());

  test("are let in with the role and department that the token claims", async () => {
    const analyst = await tokenOf({ role: ["staff", "ANALYST"], department: "marketing", name: "Ada" });
    const make = (department: string) =>
      `mutation { createTag(input: {key: "of_${department}", name: "x", family: CUSTOM, kind: MANUAL, department: "${department}"}) { tag { lifecycle { by } } errors { code } } }`;
    expect((await send(app, analyst, make("marketing"))).data.createTag).toEqual({
      tag: { lifecycle: [{ by: "Ada" }] },
      errors: [],
    });
    expect((await send(app, analyst, make("service"))).data.createTag.errors).toEqual([{ code: "FORBIDDEN" }]);
    expect((await send(app, analyst, "{ apiKeys { nodes { id } } }")).errors![0].extensions.code).toBe("FORBIDDEN");
    const crm = await tokenOf({ role: "CRM" });
    expect((await send(app, crm, make("marketing"))).errors![0].extensions.code).toBe("FORBIDDEN");
  });

  test.each<[string, Record<string, unknown>, Made]>([
    ["signed by another", { role: "ANALYST" }, { key: stranger }],
    [
      "signed with the public key as a secret",
      { role: "ANALYST" },
      { alg: "HS256", key: Buffer.from(publicKey.export({ type: "spki", format: "pem" })) },
    ],
    ["of another issuer", { role: "ANALYST" }, { issuer: "https://other.example" }],
    ["for another service", { role: "ANALYST" }, { audience: "payroll" }],
    ["without an end", { role: "ANALYST" }, { expires: null }],
    ["without a subject", { role: "ANALYST" }, { subject: null }],
    ["past its end", { role: "ANALYST" }, { expires: 1_700_000_000 }],
    ["not valid yet", { role: "ANALYST", nbf: 4_000_000_000 }, {}],
  ])("one %s is turned away", async (_name, claims, made) => {
    const { status, errors } = await send(app, await tokenOf(claims, made), "{ __typename }");
    expect([status, errors![0].extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("one without a signature is turned away", async () => {
    const [, body] = (await tokenOf({ role: "ANALYST" })).split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`;
    expect((await send(app, none, "{ __typename }")).status).toBe(401);
  });

  test.each(["OWNER", "BOSS", 7, null])("the role %s is nobody's by a claim", async (role) => {
    const { status, errors } = await send(app, await tokenOf({ role }), "{ __typename }");
    expect([status, errors![0].extensions.code]).toEqual([403, "FORBIDDEN"]);
  });

  test("what the owner entered stands above the token, and whoever was removed stays out", async () => {
    const token = await tokenOf({ role: "CRM", department: "service" }, { subject: "grace" });
    const save =
      "mutation ($input: SaveMemberInput!) { saveMember(input: $input) { member { subject role department } errors { code path } } }";
    const input = { subject: "grace", name: "Grace", role: "OWNER", department: "marketing" };
    expect((await send(app, token, save, { input })).errors![0].extensions.code).toBe("FORBIDDEN");
    expect((await send(app, ADMIN, save, { input })).data.saveMember).toEqual({
      member: { subject: "grace", role: "OWNER", department: "marketing" },
      errors: [],
    });
    const { data } = await send(app, token, "{ members { nodes { subject name removedAt } } }");
    expect(data.members.nodes).toEqual([{ subject: "grace", name: "Grace", removedAt: null }]);
    expect((await send(app, ADMIN, save, { input: { ...input, department: "nowhere" } })).data.saveMember.errors).toEqual([
      { code: "NOT_FOUND", path: ["input", "department"] },
    ]);
    await send(app, ADMIN, 'mutation { removeMember(subject: "grace") { errors { code } } }');
    expect((await send(app, token, "{ __typename }")).status).toBe(401);
    const none = await send(app, ADMIN, 'mutation { removeMember(subject: "nobody") { errors { code } } }');
    expect(none.data.removeMember.errors).toEqual([{ code: "NOT_FOUND" }]);
  });

  describe("of the role APP", () => {
    const ask = async (claims: Record<string, unknown>, query: string, variables: object = {}, subject = "ada") =>
      send(app, await tokenOf({ role: "APP", ...claims }, { subject }), query, variables);

    test("see themselves", async () => {
      const { data } = await ask(
        {},
        '{ user(externalId: "ada") { id tags(first: 1) { nodes { tag { key name } value } } segments { key name } } }',
      );
      expect(data.user).toMatchObject({
        tags: { nodes: [{ tag: { key: "vip", name: "VIP" }, value: true }] },
        segments: [{ key: "vips" }],
      });
      expect((await ask({}, "query ($id: ID!) { node(id: $id) { id } }", { id: data.user.id })).data.node).toEqual({
        id: data.user.id,
      });
    });

    test("see nobody else, by no way", async () => {
      const { data: found } = await send(app, ADMIN, '{ user(externalId: "bob", source: "shop") { id } }');
      expect((await ask({}, '{ user(externalId: "bob", source: "shop") { id } }')).data).toEqual({ user: null });
      expect((await ask({}, '{ user(externalId: "bob") { id } }')).data, "not even that there are two").toEqual({ user: null });
      const { data } = await ask({}, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: [found.user.id] });
      expect(data.nodes).toEqual([null]);
      expect((await ask({}, "{ users { nodes { id } } }")).errors![0].extensions.code).toBe("FORBIDDEN");
    });

    test("see of tags, segments and models what they are called, and nothing about others", async () => {
      for (const field of [
        "segments { count }",
        "segments { members { nodes { since } } }",
        "segments { where }",
        "tags { nodes { tag { coverage } } }",
        "tags { nodes { tag { valueDistribution { count } } } }",
      ]) {
        const { errors } = await ask({}, `{ user(externalId: "ada") { ${field} } }`);
        expect(
          errors?.map(({ extensions }) => extensions.code),
          field,
        ).toContain("FORBIDDEN");
      }
    });

    test("whom two sources call by one name name the source, or see nobody", async () => {
      const query = '{ user(externalId: "bob", source: "game") { identifiers { source } } }';
      expect((await ask({}, query, {}, "bob")).data.user).toBe(null);
      expect((await ask({ source: "game" }, query, {}, "bob")).data.user).toEqual({ identifiers: [{ source: "game" }] });
    });
  });
});

describe("an identity provider's own keys", () => {
  let provider: Server;
  let app: TestApp;
  let answers = true;
  beforeAll(async () => {
    const jwk = { ...(await exportJWK(publicKey)), kid: "first", alg: "ES256", use: "sig" };
    provider = createServer((_request, response) => {
      if (!answers) response.destroy();
      else response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((done) => provider.listen(0, "127.0.0.1", done));
    const keys = new URL(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`);
    app = await startTestApp({ adminKey: ADMIN, tokens: { ...SETTINGS, keys } });
  });
  afterAll(async () => {
    await app.stop();
    provider.closeAllConnections();
    await new Promise((done) => provider.close(done));
  });

  test("are read from its address; while they cannot be read nobody is let in, and told to try again", async () => {
    const token = await tokenOf({ role: "ANALYST" }, { kid: "first" });
    answers = false;
    const { status, errors } = await send(app, token, "{ __typename }");
    expect([status, errors![0].extensions.code]).toEqual([503, "UNAVAILABLE"]);
    answers = true;
    expect((await send(app, token, "{ __typename }")).status).toBe(200);
    expect((await send(app, await tokenOf({ role: "ANALYST" }, { kid: "other" }), "{ __typename }")).status).toBe(401);
    expect((await send(app, ADMIN, "{ __typename }")).status, "keys go on being taken").toBe(200);
  });
});

test("settings of tokens are refused where they would let strangers in", () => {
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const read = (environment: Record<string, string>) => () => readConfig(environment, "/tmp");
  const whole = { TIDEMARK_JWT_PUBLIC_KEY: pem.replaceAll("\n", "\\n"), TIDEMARK_JWT_ISSUER: "i", TIDEMARK_JWT_AUDIENCE: "a" };
  expect(read(whole)().tokens).toMatchObject({ issuer: "i", audience: "a", algorithms: ["RS256", "ES256", "EdDSA"] });
  expect(read({})().tokens).toBe(undefined);
  for (const [name, value] of [
    ["TIDEMARK_JWT_ISSUER", ""],
    ["TIDEMARK_JWT_AUDIENCE", ""],
    ["TIDEMARK_JWT_ALGORITHMS", "HS256"],
    ["TIDEMARK_JWT_ALGORITHMS", "none"],
    ["TIDEMARK_JWT_PUBLIC_KEY", "not a key"],
    ["TIDEMARK_JWKS_URL", "https://id.example/keys"],
  ] as const)
    expect(read({ ...whole, [name]: value }), `${name}=${value}`).toThrow(/TIDEMARK_/);
  expect(read({ TIDEMARK_JWKS_URL: "http://id.example/keys" })).toThrow(/https/);
});
