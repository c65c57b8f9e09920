import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { moveUsers } from "../../src/tiers/tier.step.js";
import { tierSchemes } from "../../src/tiers/tier-scheme.loader.js";
import { startTestApp, type TestApp } from "./harness.js";

const ADMIN = "an-admin-key-of-many-characters";
const NOW = new Date("2020-06-01T12:00:00Z");
let app: TestApp;

async function post(query: string, variables: object = {}): Promise<any> {
  const response = await fetch(app.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${ADMIN}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
const keyOf = async (role: string) =>
  (await post(`mutation { createApiKey(input: {name: "k", role: ${role}}) { secret apiKey { id } } }`)).createApiKey;

beforeAll(async () => {
  app = await startTestApp({ adminKey: ADMIN, asOf: NOW });
  await post(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: { users: ["ann", "bob"].map((externalId) => ({ externalId, source: "crm", firstSeenAt: "2020-01-01T00:00:00Z" })) },
  });
});
afterAll(() => app.stop());

let score = 0;
/** Gives ann a satisfaction that she did not have yet. */
const give = () =>
  post(`mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned } }`, {
    input: { assignments: [{ externalId: "ann", tag: "satisfaction", value: ++score }] },
  });
/** Moves bob to a tier, as the pipeline does. */
async function move(tier: number): Promise<void> {
  const { pool } = app.store;
  const [bob] = await pool.read<{ id: string }>("select user_id as id from user_identity where external_id = 'bob'");
  const scheme = (await tierSchemes(pool))[0]!;
  await pool.read(
    `insert into churn_score (user_id, definition_id, model_id, probability, scored_at)
     select $1, coalesce((select id from churn_definition where is_default), (select min(id) from churn_definition)), 1, $2, $3
     on conflict (user_id, definition_id) do update set probability = excluded.probability`,
    [bob!.id, [0.1, 0.6, 0.9][tier], NOW],
  );
  await pool.read(
    "update churn_definition set is_default = true where id = (select min(id) from churn_definition) and not exists (select from churn_definition where is_default)",
  );
  await pool.transaction((transaction) => moveUsers(transaction, scheme, [bob!.id], NOW));
}

const TAGS = {
  query: 'subscription { tagChanged(tags: ["satisfaction"]) { before after tag { key } user { identifiers { externalId } } } }',
};
const TIERS = {
  query:
    "subscription ($tiers: [String!]) { riskTierChanged(tiers: $tiers) { user { identifiers { externalId } } from { key } to { key } } }",
};
const sse = (key: string) => createSseClient({ url: app.url, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });
const ws = (key: string) =>
  createWsClient({
    url: app.url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
const until = async (holds: () => boolean) => {
  for (const end = Date.now() + 10_000; !holds(); ) {
    if (Date.now() > end) throw new Error("It did not come to that within ten seconds.");
    await new Promise((done) => setTimeout(done, 20));
  }
};

describe.each([
  ["Server-Sent Events", sse],
  ["WebSocket", ws],
] as const)("over %s", (_name, connect) => {
  test("changes are told as they come, each once, and no others", async () => {
    const client = connect(ADMIN);
    const told: any[] = [];
    const tiers: any[] = [];
    const stop = client.subscribe(TAGS, {
      next: ({ data }: any) => told.push(data.tagChanged),
      error: () => {},
      complete: () => {},
    });
    const stopTiers = client.subscribe(
      { ...TIERS, variables: { tiers: ["HIGH"] } },
      { next: ({ data }: any) => tiers.push(data.riskTierChanged), error: () => {}, complete: () => {} },
    );
    await listening(2);
    const before = score;
    await give();
    await move(1);
    await give();
    await move(2);
    await until(() => told.length === 2 && tiers.length === 1);
    expect(told.map(({ after }) => after)).toEqual([before + 1, before + 2]);
    expect(told[0]).toMatchObject({ tag: { key: "satisfaction" }, user: { identifiers: [{ externalId: "ann" }] } });
    expect(tiers).toEqual([{ user: { identifiers: [{ externalId: "bob" }] }, from: { key: "MEDIUM" }, to: { key: "HIGH" } }]);
    stop();
    stopTiers();
    await listening(0);
    await move(0);
  });

  test("a query is answered too, and what is wrong with an operation is said", async () => {
    const client = connect(ADMIN);
    const answers: any[] = [];
    for await (const answer of client.iterate({ query: "{ service { simulated } }" })) answers.push(answer);
    expect(answers).toEqual([{ data: { service: { simulated: false } } }]);
    expect(await firstAnswer(client, { query: 'subscription { tagChanged(tags: ["nothing"]) { at } }' })).toContain(
      "UNKNOWN_TAG",
    );
    expect(await firstAnswer(client, { query: "{ nothing }" })).toContain("GRAPHQL_VALIDATION_FAILED");
    expect(await firstAnswer(client, { query: "{ service { simulated } }".repeat(3) })).toContain("operationName");
    expect(await firstAnswer(client, { query: `{ ${"a { ".repeat(60)} b ${"} ".repeat(60)} }` })).toMatch(/TOO_COMPLEX|400/);
  });

  test("a role that may not listen is refused before anything is told, and does not learn the schema", async () => {
    const { secret } = await keyOf("APP");
    const client = connect(secret);
    expect(await firstAnswer(client, TAGS)).toContain("FORBIDDEN");
    expect(await firstAnswer(client, { query: "{ __schema { queryType { name } } }" })).toMatch(/FORBIDDEN|403/);
    const unfit = await firstAnswer(client, { query: "{ servce { simulated } }" });
    expect(unfit).toContain("GRAPHQL_VALIDATION_FAILED");
    expect(unfit).not.toContain("service");
  });

  test("nobody unknown is let in", async () => {
    expect(await firstAnswer(connect("tm_0000000000000000.wrong"), TAGS)).toMatch(/401|403|Forbidden/);
  });

  test("a key that is revoked hears nothing more", async () => {
    const { secret, apiKey } = await keyOf("ANALYST");
    let ended = false;
    const told: any[] = [];
    connect(secret).subscribe(TAGS, {
      next: (each) => told.push(each),
      error: () => (ended = true),
      complete: () => (ended = true),
    });
    await listening(1);
    await post(`mutation { revokeApiKey(id: "${apiKey.id}") { errors { message } } }`);
    // What was read of a key counts for two seconds.
    await new Promise((done) => setTimeout(done, 2_100));
    await give();
    await until(() => ended);
    expect(told).toEqual([]);
    await listening(0);
  });
});

test("a service that stops ends what is open, and is not held up by it", async () => {
  const other = await startTestApp({ asOf: NOW });
  const ends: string[] = [];
  const url = other.url;
  createSseClient({ url, retryAttempts: 0 }).subscribe(TAGS, {
    next: () => {},
    error: () => ends.push("sse"),
    complete: () => ends.push("sse"),
  });
  createWsClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 }).subscribe(TAGS, {
    next: () => {},
    error: () => ends.push("ws"),
    complete: () => ends.push("ws"),
  });
  await listening(2, other);
  await other.app.stop();
  await until(() => ends.length === 2);
  await other.store.close();
});

test("a page of another site cannot listen as the local owner", async () => {
  const other = await startTestApp({ asOf: NOW });
  try {
    const socket = new WebSocket(other.url.replace("http", "ws"), "graphql-transport-ws", { origin: "http://evil.example" });
    const closed = new Promise<number>((done) => socket.on("close", done));
    await new Promise((done) => socket.once("open", done));
    socket.send('{"type":"connection_init"}');
    expect(await closed).toBe(4403);
  } finally {
    await other.stop();
  }
});

async function firstAnswer(
  client: ReturnType<typeof sse> | ReturnType<typeof ws>,
  operation: { query: string },
): Promise<string> {
  return new Promise((resolve) => {
    client.subscribe(operation, {
      next: (answer) => resolve(JSON.stringify(answer)),
      error: (error: any) =>
        resolve(JSON.stringify([error?.message, error?.code, error?.reason, error?.response?.status, error])),
      complete: () => resolve("nothing"),
    });
  });
}

/** Until so many subscriptions are open: the service polls the feed only while there are any. */
async function listening(count: number, { app: { live } }: TestApp = app): Promise<void> {
  await until(() => live.subscriptions() === count);
}
