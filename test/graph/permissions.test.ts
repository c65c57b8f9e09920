import { readFileSync } from "node:fs";
import {
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeFetcher, toGlobalId } from "../../src/node.js";
import { EXPORT_PERMISSIONS, NODE_PERMISSIONS, PERMISSIONS } from "../../src/people/permission.js";
import { ROLES, type Role } from "../../src/request.js";
import { buildGraph } from "../../src/schema.js";
import { startTestApp, type TestApp } from "./harness.js";

const ADMIN = "an-admin-key-of-many-characters";
const schema = buildGraph();
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  type ? [type] : [],
);
let app: TestApp;
const keys = new Map<Role, { readonly secret: string; readonly id: string }>();

beforeAll(async () => {
  app = await startTestApp({ adminKey: ADMIN });
  for (const role of ROLES) keys.set(role, await create(role));
});
afterAll(() => app.stop());

async function send(key: string | undefined, query: string, variables: object = {}) {
  const response = await fetch(app.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as { data?: any; errors?: any[] }) };
}

async function create(role: Role, expiresAt?: string): Promise<{ secret: string; id: string }> {
  const { data } = await send(
    ADMIN,
    "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id role } secret errors { message } } }",
    { input: { name: `a ${role}`, role, expiresAt } },
  );
  expect(data.createApiKey).toMatchObject({ apiKey: { role }, errors: [] });
  return { secret: data.createApiKey.secret, id: data.createApiKey.apiKey.id };
}

/** The first answer to a subscription that is refused; nothing where it was let in and waits for events. */
async function listen(key: string, query: string): Promise<{ data?: any; errors?: any[] }> {
  const stopping = new AbortController();
  const response = await fetch(app.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
    signal: stopping.signal,
  });
  let text = "";
  const waited = setTimeout(() => stopping.abort(), 300);
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("event: complete")) break;
    }
  } catch {
    // Let in: it was ended by the clock.
  } finally {
    clearTimeout(waited);
    stopping.abort();
  }
  return JSON.parse(/^data: (\{.*\})$/m.exec(text)?.[1] ?? "{}");
}

/** The smallest operation that reaches a root field: required arguments with values of their types, one field of the answer. */
function operationOn(type: string, name: string): string {
  const root = schema.getType(type);
  if (!root || !("getFields" in root)) throw new Error(`There is no type ${type}.`);
  const field: any = root.getFields()[name];
  const given = field.args.filter(isRequiredArgument).map((arg: any) => `${arg.name}: ${literal(arg.type)}`);
  const answer = getNamedType(field.type);
  const kind = type === "Query" ? "query" : type === "Mutation" ? "mutation" : "subscription";
  return `${kind} { ${name}${given.length > 0 ? `(${given.join(", ")})` : ""} ${isCompositeType(answer) ? "{ __typename }" : ""} }`;
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    if (type.isOneOf) return '{tag: {key: "x"}}';
    return `{${Object.values(type.getFields())
      .filter(isRequiredInputField)
      .map((field) => `${field.name}: ${literal(field.type)}`)
      .join(", ")}}`;
  }
  switch (String(type)) {
    case "Int":
    case "Float":
      return "1";
    case "Boolean":
      return "true";
    case "JSONObject":
      return "{x: 1}";
    case "DateTime":
      return '"2026-01-01T00:00:00Z"';
    case "ID":
      return `"${toGlobalId("User", 1)}"`;
    default:
      return '"x"';
  }
}

test("the table names every root field of the graph once, and nothing else", () => {
  for (const root of roots)
    expect(Object.keys(PERMISSIONS[root.name as keyof typeof PERMISSIONS]).sort(), root.name).toEqual(
      Object.keys(root.getFields()).sort(),
    );
  expect(Object.keys(PERMISSIONS).sort()).toEqual(roots.map(({ name }) => name).sort());
  for (const type of Object.keys(NODE_PERMISSIONS)) expect(nodeFetcher(type), type).toBeDefined();
});

test("docs/permissions.md is that table", () => {
  const text = readFileSync("docs/permissions.md", "utf8");
  const listed = [...text.matchAll(/^\| `(\w+)\.(\w+)` \| (.*) \|$/gm)].map(([, type, field, marks]) => [
    `${type}.${field}`,
    ROLES.filter((_, place) => marks!.split(" | ")[place] === "yes"),
  ]);
  const wanted = [
    ...Object.entries(PERMISSIONS).flatMap(([type, fields]) =>
      Object.entries(fields).map(([field, roles]) => [`${type}.${field}`, [...roles]]),
    ),
    ...Object.entries(NODE_PERMISSIONS).map(([type, roles]) => [`node.${type}`, [...roles]]),
    ...Object.entries(EXPORT_PERMISSIONS).map(([name, roles]) => [`exports.${name}`, [...roles]]),
  ];
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(wanted));
});

describe.each([...ROLES])("a key of the role %s, over HTTP", (role) => {
  const fields = roots.flatMap((root) => Object.keys(root.getFields()).map((name) => ({ type: root.name, name })));

  test("reaches what the table allows, and nothing that it forbids", async () => {
    const wrong: string[] = [];
    for (const { type, name } of fields) {
      const roles: readonly Role[] = (PERMISSIONS as any)[type][name];
      const key = keys.get(role)!.secret;
      const asked = operationOn(type, name);
      const { data, errors = [] } = type === "Subscription" ? await listen(key, asked) : await send(key, asked);
      const forbidden = errors.some(({ extensions }: any) => extensions.code === "FORBIDDEN");
      const unfit = errors.some(({ extensions }: any) => extensions.code === "GRAPHQL_VALIDATION_FAILED");
      if (unfit) wrong.push(`${name} was not asked rightly: ${errors[0].message}`);
      else if (forbidden === roles.includes(role)) wrong.push(`${name}: ${forbidden ? "forbidden" : "answered"}`);
      else if (forbidden && data?.[name]) wrong.push(`${name} answered beside its refusal`);
    }
    expect(wrong).toEqual([]);
  });

  test("fetches by id only what it may reach, also beside what it may", async () => {
    for (const [type, roles] of Object.entries(NODE_PERMISSIONS)) {
      const { data, errors = [] } = await send(keys.get(role)!.secret, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
        ids: [toGlobalId("User", 1), toGlobalId(type, 1)],
      });
      const forbidden = errors.some(({ extensions }: any) => extensions.code === "FORBIDDEN");
      expect(forbidden, type).toBe(!roles.includes(role));
      if (forbidden) expect(data).toBe(null);
    }
  });

  test("sees the schema only where it explores", async () => {
    const { errors } = await send(keys.get(role)!.secret, "{ __schema { queryType { name } } }");
    expect(errors === undefined).toBe(role === "OWNER" || role === "ANALYST");
  });
});

describe("attributes", () => {
  const CITY = '{attribute: {name: "city", op: EQ, value: "Delft"}}';
  const save = async (input: object) =>
    (
      await send(
        ADMIN,
        "mutation ($input: SaveAttributeInput!) { saveAttribute(input: $input) { attribute { key type personal department { key } } errors { code path } } }",
        { input },
      )
    ).data.saveAttribute;
  beforeAll(async () => {
    const { data } = await send(
      keys.get("CRM")!.secret,
      'mutation { upsertUsers(input: {users: [{externalId: "ada", firstSeenAt: "2020-01-01T00:00:00Z", attributes: {city: "Delft", plan: "basic", email: "ada@delft.example"}}]}) { created rejected { message } } }',
    );
    expect(data.upsertUsers).toEqual({ created: 1, rejected: [] });
    const saved = await send(ADMIN, `mutation { saveSegment(input: {key: "in_delft", where: ${CITY}}) { errors { message } } }`);
    expect(saved.data.saveSegment.errors).toEqual([]);
    expect(await save({ key: "plan", type: "TEXT", personal: false })).toEqual({
      attribute: { key: "plan", type: "TEXT", personal: false, department: { key: "company" } },
      errors: [],
    });
    expect((await save({ key: "email", type: "TEXT", personal: true })).errors).toEqual([]);
  });
  const all = { city: "Delft", plan: "basic", email: "ada@delft.example" };
  const SHOWN: Readonly<Record<Role, object>> = { OWNER: all, CRM: all, ANALYST: { plan: "basic" }, APP: {} };

  test.each([...ROLES])("%s reads by every way to a user those that are not personal, or all, or none", async (role) => {
    const key = keys.get(role)!.secret;
    const shown = SHOWN[role];
    const { data } = await send(
      key,
      '{ user(externalId: "ada") { id attributes } users(first: 1) { nodes { attributes } edges { node { attributes } } } }',
    );
    expect(data.user.attributes).toEqual(shown);
    expect(data.users).toEqual({ nodes: [{ attributes: shown }], edges: [{ node: { attributes: shown } }] });
    const byId = await send(
      key,
      "query ($id: ID!) { node(id: $id) { ... on User { attributes } } nodes(ids: [$id]) { ... on User { attributes } } }",
      { id: data.user.id },
    );
    expect(byId.data).toEqual({ node: { attributes: shown }, nodes: [{ attributes: shown }] });
  });

  describe.each(["APP", "ANALYST"] as const)("%s cannot find out personal ones", (role) => {
    test.each([CITY, '{text: "not attribute.city = \\"Delft\\""}', `{not: ${CITY}}`, `{all: [{any: [${CITY}]}]}`])(
      "by asking %s",
      async (where) => {
        const count = `{ users(where: ${where}) { totalCount } }`;
        const refused = await send(keys.get(role)!.secret, count);
        expect(refused.data ?? null).toBe(null);
        expect(refused.errors!.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
        expect(refused.errors![0].message).not.toContain("Delft");
        expect((await send(keys.get("CRM")!.secret, count)).errors).toBe(undefined);
      },
    );

    test("by asking for a group that it is part of, in any operation", async () => {
      const where = '{attribute: {name: "email", op: IS_SET}}';
      const queries = [
        `{ segmentPreview(where: ${where}) { count } }`,
        `{ tagComparison(a: ${where}, b: {not: ${where}}) { countA } }`,
        `{ numberComparison(a: ${where}) { definedA } }`,
        `{ valueComparison(tag: "core_category", a: ${where}) { value } }`,
        `{ contributionRanking(where: ${where}) { rank } }`,
        `{ segmentEstimate(input: {key: "x", where: ${where}}) { count } }`,
        '{ previewTag(definition: {isSet: {attribute: "email", as: "ANY"}}) { count } }',
        '{ previewTag(definition: {text: "isSet(attribute.email)"}) { count } }',
      ];
      for (const query of queries) {
        const { errors } = await send(keys.get(role)!.secret, query);
        expect(
          errors?.map(({ extensions }) => extensions.code),
          query,
        ).toEqual(["FORBIDDEN"]);
      }
      for (const mutation of [
        `saveSegment(input: {key: "x", where: ${where}}) { errors { code } }`,
        'createTag(input: {key: "x", name: "x", family: CUSTOM, kind: RULE, department: "company", definition: {text: "isSet(attribute.email)"}}) { errors { code } }',
      ]) {
        const { data, errors } = await send(keys.get(role)!.secret, `mutation { made: ${mutation} }`);
        expect(errors ? errors[0].extensions.code : data.made.errors[0].code, mutation).toBe("FORBIDDEN");
      }
    });

    test("in a file", async () => {
      const url = new URL("/exports/segment?key=in_delft&attributes=city", app.url);
      const response = await fetch(url, { headers: { authorization: `Bearer ${keys.get(role)!.secret}` } });
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain("Delft");
    });
  });

  test("analysts ask by those that were declared not to be", async () => {
    const { data } = await send(
      keys.get("ANALYST")!.secret,
      '{ users(where: {attribute: {name: "plan", op: EQ, value: "basic"}}) { totalCount } attributes { key type personal } }',
    );
    expect(data.users.totalCount).toBe(1);
    expect(data.attributes).toEqual(
      expect.arrayContaining([
        { key: "email", type: "TEXT", personal: true },
        { key: "plan", type: "TEXT", personal: false },
      ]),
    );
  });

  test.each(["APP", "ANALYST"] as const)(
    "%s may ask for a segment that somebody with the right saved over them",
    async (role) => {
      const { data } = await send(keys.get(role)!.secret, '{ users(where: {segment: {key: "in_delft"}}) { totalCount } }');
      expect(data.users.totalCount).toBe(1);
    },
  );

  test("have to be of the type that was declared, and no message repeats what was sent", async () => {
    for (const [key, type] of [
      ["age", "NUMBER"],
      ["born", "DATE"],
      ["member", "BOOLEAN"],
    ])
      expect((await save({ key, type, personal: true })).errors).toEqual([]);
    const row = (attributes: object, i: number) => ({ externalId: `typed${i}`, attributes });
    const users = [
      { age: 30, born: "1990-02-28", member: true },
      { age: "secret-30" },
      { born: "secret-1990" },
      { member: "secret-yes" },
      { born: "1990-02-28T08:00:00Z", age: null, other: "anything" },
    ].map(row);
    const { data } = await send(
      keys.get("CRM")!.secret,
      "mutation ($users: [UpsertUserInput!]!) { upsertUsers(input: {users: $users}) { created rejected { index code message } } }",
      { users },
    );
    expect(data.upsertUsers.created).toBe(2);
    expect(data.upsertUsers.rejected.map(({ index, code }: any) => [index, code])).toEqual(
      [1, 2, 3].map((index) => [index, "BAD_ROW"]),
    );
    expect(JSON.stringify(data)).not.toContain("secret");
    expect((await save({ key: "", type: "TEXT", personal: true })).errors).toEqual([
      { code: "BAD_INPUT", path: ["input", "key"] },
    ]);
    expect((await save({ key: "x", type: "TEXT", personal: true, department: "nowhere" })).errors).toEqual([
      { code: "NOT_FOUND", path: ["input", "department"] },
    ]);
  });
});

describe("keys", () => {
  test("are shown once, kept as a hash, and found by their beginning", async () => {
    const [{ stored }] = (await app.store.pool.read<{ stored: string }>(
      "select string_agg(row_to_json(k)::text, ' ') as stored from api_key k",
    )) as [{ stored: string }];
    for (const { secret } of keys.values()) {
      expect(secret).toMatch(/^tdm_[a-z0-9]{12}\.[\w-]{43}$/);
      expect(stored).not.toContain(secret.split(".")[1]);
    }
    const roles: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page: { data?: any } = await send(
        ADMIN,
        "query ($after: String) { apiKeys(first: 2, after: $after) { nodes { name role lastUsedAt } pageInfo { hasNextPage endCursor } } }",
        { after },
      );
      const { nodes, pageInfo } = page.data.apiKeys;
      const made = nodes.filter(({ name }: any) => name.startsWith("a "));
      for (const { lastUsedAt } of made) expect(lastUsedAt).not.toBe(null);
      roles.push(...made.map(({ role }: any) => role));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(roles, "the newest first").toEqual([...ROLES].reverse());
  });

  test("what is done with one stands under its name", async () => {
    await send(
      keys.get("ANALYST")!.secret,
      'mutation { createTag(input: {key: "mine", name: "Mine", family: CUSTOM, kind: MANUAL, department: "company"}) { errors { message } } }',
    );
    const { data } = await send(ADMIN, '{ tag(key: "mine") { lifecycle { by } } }');
    expect(data.tag.lifecycle).toEqual([{ by: "a ANALYST" }]);
  });

  test.each([
    ["another secret", (secret: string) => `${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}`],
    ["another beginning", (secret: string) => secret.replace(/^tdm_./, "tdm_!")],
    ["the beginning alone", (secret: string) => secret.split(".")[0]!],
    ["a beginning that nobody has", (secret: string) => `tdm_000000000000.${secret.split(".")[1]}`],
  ])("%s is turned away as unknown", async (_name, changed) => {
    const { status, errors } = await send(changed(keys.get("OWNER")!.secret), "{ __typename }");
    expect(status).toBe(401);
    expect(errors).toEqual([{ message: expect.stringContaining("not known here"), extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test("one that is revoked, or has expired, is turned away with the reason", async () => {
    const { secret, id } = await create("CRM");
    expect((await send(secret, "{ __typename }")).status).toBe(200);
    const { data } = await send(
      ADMIN,
      "mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { revokedAt } errors { message } } }",
      { id },
    );
    expect(data.revokeApiKey.apiKey.revokedAt).not.toBe(null);
    await new Promise((done) => setTimeout(done, 2_100));
    const revoked = await send(secret, "{ __typename }");
    expect([revoked.status, revoked.errors![0].message]).toEqual([401, "That key has been revoked; ask the owner for another."]);
    const short = await create("APP", new Date(Date.now() + 300).toISOString());
    await new Promise((done) => setTimeout(done, 350));
    expect((await send(short.secret, "{ __typename }")).errors![0].message).toContain("has expired");
  });

  test("without a name, or expired from the start, none is made; one that is not there cannot be revoked", async () => {
    const make = async (input: object) =>
      (
        await send(ADMIN, "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret errors { path } } }", {
          input,
        })
      ).data.createApiKey;
    expect(await make({ name: " ", role: "CRM" })).toEqual({ secret: null, errors: [{ path: ["input", "name"] }] });
    expect(await make({ name: "x", role: "CRM", expiresAt: "2020-01-01T00:00:00Z" })).toEqual({
      secret: null,
      errors: [{ path: ["input", "expiresAt"] }],
    });
    const { data } = await send(ADMIN, "mutation ($id: ID!) { revokeApiKey(id: $id) { errors { code } } }", {
      id: toGlobalId("ApiKey", 999),
    });
    expect(data.revokeApiKey.errors).toEqual([{ code: "NOT_FOUND" }]);
  });
});

describe("a key that is bound to sources", () => {
  let shop: string;
  beforeAll(async () => {
    const { data } = await send(
      ADMIN,
      'mutation { createApiKey(input: {name: "shop", role: CRM, sources: ["shop"], department: "marketing"}) { apiKey { sources department } secret errors { message } } }',
    );
    expect(data.createApiKey.apiKey).toEqual({ sources: ["shop"], department: "marketing" });
    shop = data.createApiKey.secret;
    await send(
      ADMIN,
      'mutation { upsertUsers(input: {users: [{externalId: "eve", source: "shop"}, {externalId: "eve2", source: "shop"}, {externalId: "eve", source: "other"}]}) { created } createTag(input: {key: "noted", name: "Noted", family: CUSTOM, kind: MANUAL, department: "company"}) { errors { message } } }',
    );
  });

  test("writes rows of those, and has the others rejected by their places", async () => {
    const rows = (extra: object) =>
      [{ source: "other" }, { source: "shop" }, {}, { source: " shop" }].map((each) => ({
        externalId: "eve",
        ...each,
        ...extra,
      }));
    for (const [mutation, type, list] of [
      ["upsertUsers", "UpsertUserInput", "users"],
      ["recordEvents", "RecordEventInput", "events"],
      ["assignTags", "TagAssignmentInput", "assignments"],
      ["removeTags", "TagRemovalInput", "assignments"],
    ] as const) {
      const extra =
        mutation === "recordEvents"
          ? { type: "visit", occurredAt: "2020-01-01T00:00:00Z", eventId: "e1" }
          : mutation.endsWith("Tags")
            ? { tag: "noted" }
            : {};
      const { data, errors } = await send(
        shop,
        `mutation ($rows: [${type}!]!) { ${mutation}(input: {${list}: $rows}) { rejected { index code } } }`,
        { rows: rows(extra) },
      );
      expect(errors, mutation).toBe(undefined);
      const forbidden = data[mutation].rejected.filter(({ code }: any) => code === "FORBIDDEN").map(({ index }: any) => index);
      expect(forbidden, mutation).toEqual([0, 2, 3]);
      expect(
        data[mutation].rejected.map(({ index }: any) => index),
        mutation,
      ).not.toContain(1);
    }
  });

  test("reads of refused rows those of its sources alone, in the graph and as a file", async () => {
    for (const source of ["shop", "other"])
      await send(
        ADMIN,
        `mutation { recordEvents(input: {events: [{externalId: "eve", source: "${source}", type: "no_such_type", occurredAt: "2020-01-01"}]}) { accepted } }`,
      );
    const { data } = await send(shop, "{ quarantine(first: 10) { nodes { source } } }");
    expect(new Set(data.quarantine.nodes.map(({ source }: any) => source))).toEqual(new Set(["shop"]));
    for (const asked of ['quarantine(source: "other") { nodes { source } }', 'dataQuality(source: "other") { rejected }'])
      expect((await send(shop, `{ ${asked} }`)).errors![0].extensions.code, asked).toBe("FORBIDDEN");
    const file = (path: string) =>
      fetch(new URL(`/exports/quarantine${path}`, app.url), { headers: { authorization: `Bearer ${shop}` } });
    const lines = (await (await file("")).text()).trim().split("\r\n").slice(1);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => line.startsWith("shop,"))).toBe(true);
    expect((await file("?source=other")).status).toBe(403);
  });

  test("merges and erases nobody of another, nor by a name that no source is named for", async () => {
    const codes = async (query: string) => {
      const { data } = await send(shop, `mutation { done: ${query} { errors { code } } }`);
      return data.done.errors.map(({ code }: any) => code);
    };
    const eve = '{externalId: "eve", source: "shop"}';
    expect(await codes(`mergeUsers(input: {into: ${eve}, from: [{externalId: "eve", source: "other"}]})`)).toEqual(["FORBIDDEN"]);
    expect(await codes('eraseUser(input: {externalId: "eve", source: "other"})')).toEqual(["FORBIDDEN"]);
    expect(await codes('eraseUser(input: {externalId: "eve2"})')).toEqual(["FORBIDDEN"]);
    expect(await codes(`unmergeUser(id: "${toGlobalId("User", 1)}")`)).toEqual(["FORBIDDEN"]);
    expect(await codes(`mergeUsers(input: {into: ${eve}, from: [{externalId: "eve2", source: "shop"}]})`)).toEqual([]);
    expect(await codes(`eraseUser(input: ${eve})`)).toEqual([]);
  });

  test("is made with sources only", async () => {
    const { data } = await send(
      ADMIN,
      'mutation { none: createApiKey(input: {name: "x", role: CRM, sources: []}) { errors { code path } } nowhere: createApiKey(input: {name: "x", role: CRM, department: "nowhere"}) { errors { code path } } }',
    );
    expect(data).toEqual({
      none: { errors: [{ code: "BAD_INPUT", path: ["input", "sources"] }] },
      nowhere: { errors: [{ code: "NOT_FOUND", path: ["input", "department"] }] },
    });
  });
});

describe("the log of changes", () => {
  const log = async (operation: string) =>
    (
      await send(
        ADMIN,
        "query ($operation: String) { auditLog(operation: $operation, first: 100) { nodes { name viewerId role department subject codes rejected endedAt } } }",
        { operation },
      )
    ).data.auditLog.nodes;

  test("says who asked for what, and what became of it", async () => {
    const analyst = keys.get("ANALYST")!.secret;
    await send(analyst, 'mutation { moveTag(key: "no_such_tag", to: RETIRED, reason: "a secret reason") { errors { code } } }');
    const [entry] = await log("moveTag");
    expect(entry).toEqual({
      name: "a ANALYST",
      viewerId: expect.stringMatching(/^key:\d+$/),
      role: "ANALYST",
      department: "company",
      subject: { key: "no_such_tag", to: "RETIRED" },
      codes: ["NOT_FOUND"],
      rejected: 0,
      endedAt: expect.any(String),
    });
  });

  test("has of what is written about persons how many rows it were", async () => {
    const users = [{ externalId: "canary-person", attributes: { email: "canary@example.org" } }, { attributes: {} }];
    await send(
      keys.get("CRM")!.secret,
      'mutation ($users: [UpsertUserInput!]!) { upsertUsers(input: {users: $users}) { created } eraseUser(input: {externalId: "canary-person", source: "default", reason: "canary-reason"}) { erased } }',
      { users },
    );
    expect((await log("upsertUsers"))[0]).toMatchObject({ subject: { users: 2 }, codes: [], rejected: 1 });
    expect((await log("eraseUser"))[0]).toMatchObject({ subject: { source: "default" }, codes: [] });
    const [{ stored }] = (await app.store.pool.read<{ stored: string }>(
      "select string_agg(row_to_json(a)::text, ' ') as stored from audit a",
    )) as [{ stored: string }];
    expect(stored).not.toContain("canary");
  });

  test("has every mutation that was reached, and no key's secret", async () => {
    const logged = new Set(
      (await app.store.pool.read<{ operation: string }>("select distinct operation from audit")).map((row) => row.operation),
    );
    expect(Object.keys(PERMISSIONS.Mutation).filter((name) => !logged.has(name))).toEqual([]);
    const { data } = await send(ADMIN, "{ auditLog(first: 500) { nodes { subject } } }");
    for (const { secret } of keys.values()) expect(JSON.stringify(data)).not.toContain(secret.split(".")[1]);
  });
});
