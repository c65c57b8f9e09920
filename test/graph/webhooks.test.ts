import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Delivering, startDelivering } from "../../src/actions/delivering.step.js";
import { doctor } from "../../src/doctor.js";
import { fromGlobalId } from "../../src/node.js";
import { raiseAlert } from "../../src/people/alert.step.js";
import { runSegments } from "../../src/segments/run.step.js";
import { moveUsers } from "../../src/tiers/tier.step.js";
import { tierSchemes } from "../../src/tiers/tier-scheme.loader.js";
import { type Receiver, startReceiver, verifies } from "./receiver.js";
import { ADMIN, startViewers, type Viewers } from "./viewers.js";

const CLIENT = /mutation CreateWebhook[\s\S]*?\n}/.exec(readFileSync("schema/operations/crm.graphql", "utf8"))![0];
const FIELDS = "id url topics state disabledReason failures failingSince nextAttemptAt";

let viewers: Viewers;
let crm: string;
/** How far the clock of deliveries is ahead of the world's, so that no test waits for a retry. */
let aheadMs = 0;
const clock = () => new Date(Date.now() + aheadMs);
let delivering: Delivering[] = [];
let receivers: Receiver[] = [];
const failures: unknown[] = [];

beforeAll(async () => {
  viewers = await startViewers({ allowLoopbackWebhooks: true });
  crm = viewers.keyOf("sales", "CRM");
  for (const visibility of ["PRIVATE", "PUBLIC"])
    await viewers.own("mutation ($input: CreateTagInput!) { createTag(input: $input) { errors { message } } }", {
      input: {
        ...{ key: visibility.toLowerCase(), name: visibility, family: "CUSTOM", kind: "MANUAL", valueType: "NUMBER" },
        ...{ department: "sales", visibility },
      },
    });
  await viewers.own(
    'mutation { upsertUsers(input: {users: [{externalId: "ann", source: "crm"}, {externalId: "bob", source: "crm", firstSeenAt: "2020-01-01T00:00:00Z"}]}) { created } }',
  );
});
afterEach(async () => {
  await Promise.all(delivering.map((each) => each.stop()));
  await Promise.all(receivers.map((each) => each.close()));
  delivering = [];
  receivers = [];
  aheadMs = 0;
  await viewers.app.store.pool.read("delete from webhook");
  expect(failures).toEqual([]);
});
afterAll(() => viewers.app.stop());

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  receivers.push(started);
  return started;
}

function deliver(more: Partial<Parameters<typeof startDelivering>[1]> = {}): Delivering {
  const started = startDelivering(viewers.app.store.pool, {
    ...{ clock, now: clock, allowLoopback: true, pollMs: 20, onFailure: (error: unknown) => failures.push(error) },
    ...more,
  });
  delivering.push(started);
  return started;
}

async function create(url: string, topics: readonly string[] = ["TAG_CHANGED"], key = crm) {
  const { data, errors } = await viewers.send(key, CLIENT, { input: { url, topics } });
  if (errors) throw new Error(JSON.stringify(errors));
  expect(data.createWebhook.errors).toEqual([]);
  return { ...data.createWebhook.webhook, secret: data.createWebhook.secret } as { id: string; secret: string; state: string };
}

async function ask(query: string, variables: object = {}, key = crm) {
  const { data, errors } = await viewers.send(key, query, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const stateOf = async (id: string) => (await ask(`query ($id: ID!) { webhook(id: $id) { ${FIELDS} } }`, { id })).webhook;
const deliveriesOf = async (id: string) =>
  (
    await ask(
      "query ($id: ID!) { webhookDeliveries(webhook: $id) { nodes { messageId type state attempts lastStatus lastError nextAttemptAt cursor } } }",
      { id },
    )
  ).webhookDeliveries.nodes;

async function assign(value: number, tag = "public", externalId = "ann") {
  await viewers.own("mutation ($a: [TagAssignmentInput!]!) { assignTags(input: {assignments: $a}) { assigned } }", {
    a: [{ externalId, source: "crm", tag, value, since: "2020-01-01" }],
  });
}

async function until<T>(find: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const found = await find();
    if (holds(found)) return found;
    if (tries > 500) throw new Error(`It did not come to hold: ${JSON.stringify(found)}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const valuesOf = (endpoint: Receiver) => endpoint.received.map(({ message }) => message.data.after);
const idsOf = (endpoint: Receiver) => endpoint.received.map(({ id }) => id);

test("the client's own operation makes a webhook; its secret is shown once, and what is not shown is nowhere", async () => {
  const endpoint = await receiver();
  const { id, secret } = await create(endpoint.url, ["TAG_CHANGED", "ALERT", "TAG_CHANGED"]);
  expect(secret).toMatch(/^whsec_/);
  const again = await viewers.send(crm, `{ webhooks { nodes { ${FIELDS} department createdBy } } }`);
  expect(again.data.webhooks.nodes).toMatchObject([
    { id, url: endpoint.url, topics: ["TAG_CHANGED", "ALERT"], state: "ENABLED", department: "sales", createdBy: "CRM of sales" },
  ]);
  expect(again.text).not.toContain(secret.slice(6));
  const [{ noted }] = (await viewers.app.store.pool.read<{ noted: string }>(
    "select string_agg(row_to_json(a)::text, ' ') as noted from audit a where operation = 'createWebhook'",
  )) as [{ noted: string }];
  expect(noted).not.toContain("127.0.0.1");
});

test.each([
  ["http://crm.example.com/", "URL_REFUSED"],
  ["https://169.254.169.254/latest/meta-data/", "URL_REFUSED"],
  ["https://crm.example.com:5432/", "URL_REFUSED"],
])("%s is refused with its place in the input", async (url, code) => {
  const { data } = await viewers.send(crm, CLIENT, { input: { url, topics: ["ALERT"] } });
  expect(data.createWebhook).toEqual({
    webhook: null,
    secret: null,
    errors: [{ code, message: expect.stringMatching(/\.$/), path: ["input", "url"] }],
  });
});

test("a message says what `changes` says, is signed, and comes once", async () => {
  const endpoint = await receiver();
  const { id, secret } = await create(endpoint.url);
  deliver();
  await assign(1);
  const [message] = await endpoint.until(1);
  expect(message!.message).toEqual({
    type: "TAG_CHANGED",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    data: {
      cursor: expect.any(String),
      user: { id: expect.any(String), identifiers: [{ source: "crm", externalId: "ann" }] },
      tag: "public",
      before: null,
      after: 1,
    },
  });
  expect(message!.headers).toMatchObject({ "content-type": "application/json", "webhook-id": expect.stringMatching(/^msg_/) });
  expect(Math.abs(Number(message!.headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(60);
  expect(verifies(secret, message!)).toBe(true);
  expect(verifies("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message!)).toBe(false);
  const { changes } = await ask("query ($after: String) { changes(first: 5, after: $after) { nodes { at } } }", {
    after: message!.message.data.cursor,
  });
  expect(changes.nodes, "its cursor is one of `changes`").toEqual([]);
  await until(
    () => deliveriesOf(id),
    (found) => found.length === 1,
  );
  expect(await deliveriesOf(id)).toMatchObject([{ messageId: message!.id, state: "DELIVERED", attempts: 1, lastStatus: 204 }]);
  await new Promise((done) => setTimeout(done, 150));
  expect(endpoint.received).toHaveLength(1);
});

test("entries into segments, exits and tiers are told with their reasons", async () => {
  const [endpoint, service] = [await receiver(), await receiver()];
  const topics = ["SEGMENT_ENTERED", "SEGMENT_EXITED", "RISK_TIER_CHANGED"];
  await create(endpoint.url, topics);
  await create(service.url, topics, viewers.keyOf("service", "CRM"));
  const { saveSegment } = await viewers.own(
    'mutation { saveSegment(input: {key: "many", where: {text: "tag.public >= 1000"}, department: "sales", visibility: PRIVATE, mode: LIVE}) { errors { message } } }',
  );
  expect(saveSegment.errors).toEqual([]);
  await runSegments(viewers.app.store.pool, new Date());
  deliver();
  await assign(1_000, "public", "bob");
  await assign(6, "public", "bob");
  await endpoint.until(2);
  const { pool } = viewers.app.store;
  const [bob] = await pool.read<{ id: string }>("select user_id as id from user_identity where external_id = 'bob'");
  await pool.read("update churn_definition set is_default = key = 'retail'");
  await pool.read(
    "insert into churn_score (user_id, definition_id, model_id, probability, scored_at) select $1, id, 1, 0.9, now() from churn_definition where is_default",
    [bob!.id],
  );
  const [scheme] = await tierSchemes(pool);
  await pool.transaction((transaction) => moveUsers(transaction, scheme!, [bob!.id], new Date()));
  await Promise.all([endpoint.until(3), service.until(1)]);
  const user = { id: expect.any(String), identifiers: [{ source: "crm", externalId: "bob" }] };
  const flipped = (holds: boolean) => [{ text: "tag.public >= 1000", holds }];
  expect(endpoint.received.map(({ message: { type, data } }) => [type, { ...data, cursor: "" }])).toEqual([
    ["SEGMENT_ENTERED", { cursor: "", user, segment: "many", reason: expect.any(String), conditions: flipped(true) }],
    ["SEGMENT_EXITED", { cursor: "", user, segment: "many", reason: expect.any(String), conditions: flipped(false) }],
    ["RISK_TIER_CHANGED", { cursor: "", user, scheme: "default", from: null, to: "HIGH", reason: expect.any(String) }],
  ]);
  expect(
    service.received.map(({ message }) => message.type),
    "the segment is not theirs",
  ).toEqual(["RISK_TIER_CHANGED"]);
});

test("500 and then success: the same id, signed anew, and what came later waits its turn", async () => {
  const endpoint = await receiver();
  const { id, secret } = await create(endpoint.url);
  endpoint.reply(500, 503, 200);
  deliver();
  await assign(10);
  await assign(11);
  await endpoint.until(1);
  const failing = await until(
    () => stateOf(id),
    ({ failures }) => failures === 1,
  );
  expect(Date.parse(failing.nextAttemptAt) - Date.parse(failing.failingSince)).toBeGreaterThanOrEqual(4_500);
  expect(await deliveriesOf(id)).toMatchObject([{ state: "RETRYING", attempts: 1, lastStatus: 500 }]);
  aheadMs = 10_000;
  await until(
    () => stateOf(id),
    ({ failures }) => failures === 2,
  );
  aheadMs = 3_600_000;
  await endpoint.until(4);
  expect(valuesOf(endpoint)).toEqual([10, 10, 10, 11]);
  const [first, second, third, next] = idsOf(endpoint);
  expect([second, third]).toEqual([first, first]);
  expect(next).not.toBe(first);
  expect(endpoint.received.every((each) => verifies(secret, each))).toBe(true);
  expect(endpoint.received[2]!.headers["webhook-timestamp"]).not.toBe(endpoint.received[0]!.headers["webhook-timestamp"]);
  const [last, retried] = await until(
    () => deliveriesOf(id),
    (found) => found[0]?.state === "DELIVERED",
  );
  expect([last.attempts, retried.attempts]).toEqual([1, 3]);
  const PAGE =
    "query ($id: ID!, $after: String) { webhookDeliveries(webhook: $id, first: 1, after: $after, state: DELIVERED) { nodes { messageId } pageInfo { endCursor hasNextPage } } }";
  const { webhookDeliveries: newest } = await ask(PAGE, { id });
  expect(newest).toMatchObject({ nodes: [{ messageId: next }], pageInfo: { hasNextPage: true } });
  const { webhookDeliveries: oldest } = await ask(PAGE, { id, after: newest.pageInfo.endCursor });
  expect(oldest).toMatchObject({ nodes: [{ messageId: first }], pageInfo: { hasNextPage: false } });
  expect((await viewers.send(crm, PAGE, { id, after: "WyJ4Il0" })).errors![0].extensions.code).toBe("BAD_INPUT");
  expect(await stateOf(id)).toMatchObject({ state: "ENABLED", failures: 0, failingSince: null, nextAttemptAt: null });
  const { rows } = await viewers.app.store.pool.run("select from webhook_delivery where last_error like '%your user%'");
  expect(rows, "what an endpoint answers is not kept").toEqual([]);
});

test("a message that is taken ends the count: the next that fails is tried again after 5 seconds", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  endpoint.reply(500, 500, 200, 500, 200);
  deliver();
  await assign(15);
  await assign(16);
  for (const failures of [1, 2]) {
    await until(
      () => stateOf(id),
      (found) => found.failures === failures,
    );
    aheadMs += 3_600_000;
  }
  await endpoint.until(4);
  const failing = await until(
    () => stateOf(id),
    ({ failures }) => failures === 1,
  );
  expect(Date.parse(failing.nextAttemptAt) - Date.parse(failing.failingSince)).toBeLessThan(6_000);
  aheadMs += 3_600_000;
  await endpoint.until(5);
  expect(valuesOf(endpoint)).toEqual([15, 15, 15, 16, 16]);
});

test("no answer in time, no connection, and a redirect are failures; a redirect is not followed", async () => {
  const [slow, moved, elsewhere] = [await receiver(), await receiver(), await receiver()];
  slow.reply("silence");
  moved.reply({ location: elsewhere.url });
  const ids = [(await create(slow.url)).id, (await create(moved.url)).id, (await create("http://127.0.0.1:1/")).id];
  deliver({ withinMs: 100 });
  await assign(20);
  const told = await Promise.all(
    ids.map((id) =>
      until(
        () => deliveriesOf(id),
        (found) => found.length === 1,
      ),
    ),
  );
  expect(told.map(([{ state, lastStatus, lastError }]: any) => [state, lastStatus, lastError])).toEqual([
    ["RETRYING", null, "no answer within 0.1 s"],
    ["RETRYING", 302, null],
    ["RETRYING", null, "the connection failed (ECONNREFUSED)"],
  ]);
  expect(elsewhere.received).toEqual([]);
});

test("410 Gone disables a webhook, with a reason and an alert; enabled again it goes on where it stood", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  endpoint.reply(410, 200);
  deliver();
  await assign(30);
  const gone = await until(
    () => stateOf(id),
    ({ state }) => state === "DISABLED",
  );
  expect(gone).toMatchObject({ disabledReason: expect.stringContaining("410 Gone"), nextAttemptAt: null });
  const { alerts } = await ask("{ alerts(first: 1, subjectType: WEBHOOK) { nodes { kind subjectKey message } } }");
  expect(alerts.nodes).toEqual([
    { kind: "WEBHOOK_DISABLED", subjectKey: fromGlobalId(id).id, message: expect.not.stringContaining("127.0.0.1") },
  ]);
  const { lines } = await doctor(viewers.app.store, new Date());
  expect(lines.join("\n")).toContain(`webhook ${fromGlobalId(id).id} is disabled. Its endpoint answered 410 Gone.`);
  await assign(31);
  const { updateWebhook } = await ask(
    `mutation ($id: ID!) { updateWebhook(input: {id: $id, enabled: true}) { webhook { ${FIELDS} } errors { message } } }`,
    { id },
  );
  expect(updateWebhook).toMatchObject({ webhook: { state: "ENABLED", disabledReason: null }, errors: [] });
  await endpoint.until(3);
  expect(valuesOf(endpoint)).toEqual([30, 30, 31]);
});

test("an endpoint that fails for three days is disabled, and nothing of what it missed is lost", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  endpoint.reply(500);
  deliver();
  await assign(40);
  for (let failed = 1; failed <= 10; failed++) {
    await endpoint.until(failed);
    await until(
      () => stateOf(id),
      ({ failures }) => failures >= failed,
    );
    aheadMs += 27 * 3_600_000;
  }
  expect(await stateOf(id)).toMatchObject({
    state: "DISABLED",
    failures: 10,
    disabledReason: expect.stringContaining("10 times"),
  });
  endpoint.reply(200);
  await ask("mutation ($id: ID!) { updateWebhook(input: {id: $id, enabled: true}) { errors { message } } }", { id });
  await endpoint.until(11);
  expect(new Set(idsOf(endpoint)).size).toBe(1);
});

test("endpoints that are down or silent delay themselves alone", async () => {
  const [down, silent, up] = [await receiver(), await receiver(), await receiver()];
  down.reply(500);
  silent.reply("silence");
  for (let each = 0; each < 4; each++) {
    await create(`${down.url}/${each}`);
    await create(`${silent.url}/${each}`);
  }
  await create(up.url);
  deliver({ withinMs: 300 });
  for (let value = 50; value < 55; value++) await assign(value);
  await up.until(5);
  expect(valuesOf(up)).toEqual([50, 51, 52, 53, 54]);
  expect(new Set(valuesOf(silent))).toEqual(new Set([50]));
});

test("while an endpoint is silent, changes are read and told as ever: it holds nothing back", async () => {
  const [silent, up] = [await receiver(), await receiver()];
  silent.reply("silence");
  await create(silent.url);
  deliver();
  await assign(56);
  await silent.until(1);
  await create(up.url);
  await assign(57);
  await up.until(1);
  const { changes } = await ask("{ changes(first: 500) { nodes { ... on TagChange { after } } } }");
  expect(changes.nodes.at(-1)).toEqual({ after: 57 });
  expect(silent.received).toHaveLength(1);
});

test("several processes at once: every message once, in order", async () => {
  const endpoint = await receiver();
  await create(endpoint.url);
  for (let each = 0; each < 3; each++) deliver();
  for (let value = 60; value < 90; value++) await assign(value);
  await endpoint.until(30);
  await new Promise((done) => setTimeout(done, 150));
  expect(valuesOf(endpoint)).toEqual(Array.from({ length: 30 }, (_, index) => 60 + index));
});

test("what was under way when a process stopped is sent again with the same id, and counts as no failure", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  endpoint.reply("silence", 200);
  const stopped = deliver();
  await assign(90);
  await endpoint.until(1);
  await stopped.stop();
  expect(await deliveriesOf(id)).toEqual([]);
  deliver();
  await endpoint.until(2);
  expect(new Set(idsOf(endpoint)).size).toBe(1);
  expect(await stateOf(id)).toMatchObject({ failures: 0, state: "ENABLED" });
});

describe("rights", () => {
  test("a webhook tells what its role and department may read, and no more", async () => {
    const [sales, service, owner] = [await receiver(), await receiver(), await receiver()];
    await create(sales.url);
    await create(service.url, ["TAG_CHANGED"], viewers.keyOf("service", "CRM"));
    await create(owner.url, ["TAG_CHANGED"], ADMIN);
    deliver();
    await assign(1, "private");
    await assign(100);
    await Promise.all([sales.until(2), service.until(1), owner.until(2)]);
    const tagsOf = (endpoint: Receiver) => endpoint.received.map(({ message }) => message.data.tag);
    expect(tagsOf(sales)).toEqual(["private", "public"]);
    expect(tagsOf(owner)).toEqual(["private", "public"]);
    expect(tagsOf(service)).toEqual(["public"]);
  });

  test("a webhook is seen and changed by its role and department, and by the owner", async () => {
    const endpoint = await receiver();
    const { id } = await create(endpoint.url);
    const ofOwner = await create(endpoint.url, ["ALERT"], ADMIN);
    const service = viewers.keyOf("service", "CRM");
    for (const [key, hook, sees] of [
      [crm, id, true],
      [ADMIN, id, true],
      [service, id, false],
      [crm, ofOwner.id, false],
    ] as const) {
      const { webhook, webhooks } = await ask(
        "query ($id: ID!) { webhook(id: $id) { id } webhooks { nodes { id } } }",
        { id: hook },
        key,
      );
      expect(webhook !== null).toBe(sees);
      expect(webhooks.nodes.some((each: any) => each.id === hook)).toBe(sees);
      const changed = await ask(
        `mutation ($id: ID!, $url: String!) {
          updateWebhook(input: {id: $id, url: $url}) { errors { code } }
          rotateWebhookSecret(id: $id) { secret errors { code } }
          sendTestEvent(id: $id) { errors { code } }
          replayWebhook(id: $id, from: "2020-01-01T00:00:00Z") { errors { code } }
        }`,
        { id: hook, url: endpoint.url },
        key,
      );
      for (const payload of Object.values<any>(changed)) expect(payload.errors).toEqual(sees ? [] : [{ code: "NOT_FOUND" }]);
      expect(changed.rotateWebhookSecret.secret !== null).toBe(sees);
    }
    const remove = "mutation ($id: ID!) { deleteWebhook(id: $id) { deleted errors { code } } }";
    expect((await ask(remove, { id }, service)).deleteWebhook).toEqual({ deleted: false, errors: [{ code: "NOT_FOUND" }] });
    expect((await ask(remove, { id })).deleteWebhook).toEqual({ deleted: true, errors: [] });
    expect(
      await viewers.app.store.pool.read("select from webhook_delivery where webhook_id = $1", [fromGlobalId(id).id]),
    ).toEqual([]);
  });

  test("when the key that made it is revoked it tells nothing, until somebody of its department enables it", async () => {
    const endpoint = await receiver();
    const { createApiKey } = await viewers.own(
      'mutation { createApiKey(input: {name: "leaked", role: CRM, department: "sales"}) { apiKey { id } secret } }',
    );
    const { id } = await create(endpoint.url, ["TAG_CHANGED"], createApiKey.secret);
    await viewers.own("mutation ($id: ID!) { revokeApiKey(id: $id) { errors { message } } }", { id: createApiKey.apiKey.id });
    deliver();
    await assign(110);
    const { disabledReason } = await until(
      () => stateOf(id),
      ({ state }) => state === "DISABLED",
    );
    expect(disabledReason).toContain("revoked");
    expect(endpoint.received).toEqual([]);
    await ask("mutation ($id: ID!) { updateWebhook(input: {id: $id, enabled: true}) { errors { message } } }", { id });
    await endpoint.until(1);
    expect(valuesOf(endpoint)).toEqual([110]);
  });
});

test("a member who was removed answers for no webhook any more", async () => {
  const { id } = await create((await receiver()).url);
  const { pool } = viewers.app.store;
  await viewers.own(
    'mutation { saveMember(input: {subject: "jo", name: "Jo", role: CRM, department: "sales"}) { errors { message } } removeMember(subject: "jo") { errors { message } } }',
  );
  await pool.read("update webhook set viewer_id = 'person:jo'");
  deliver();
  await assign(120);
  const { disabledReason } = await until(
    () => stateOf(id),
    ({ state }) => state === "DISABLED",
  );
  expect(disabledReason).toContain("removed");
});

test("a webhook that stood still for longer than changes are kept goes on from what there is, and says so", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  const { pool } = viewers.app.store;
  await assign(130);
  await pool.read(
    `insert into setting (key, value) select 'changes', json_build_object('sweptXid', max(xid)::text) from change on conflict (key) do update set value = excluded.value`,
  );
  await assign(131);
  deliver();
  await endpoint.until(1);
  expect(valuesOf(endpoint)).toEqual([131]);
  const { alerts } = await ask("{ alerts(first: 1, subjectType: WEBHOOK) { nodes { kind subjectKey } } }");
  expect(alerts.nodes).toEqual([{ kind: "WEBHOOK_GAP", subjectKey: fromGlobalId(id).id }]);
  await pool.read("delete from setting where key = 'changes'");
});

describe("replay", () => {
  const REPLAY =
    "mutation ($id: ID!, $after: String, $from: DateTime) { replayWebhook(id: $id, after: $after, from: $from) { webhook { id } errors { code path } } }";

  test("sends again from an instant or after a cursor, in order and with the same ids", async () => {
    const endpoint = await receiver();
    const { id } = await create(endpoint.url);
    deliver();
    for (const value of [200, 201, 202]) await assign(value);
    await endpoint.until(3);
    const [first] = endpoint.received;
    expect((await ask(REPLAY, { id, after: first!.message.data.cursor })).replayWebhook.errors).toEqual([]);
    await endpoint.until(5);
    expect(valuesOf(endpoint)).toEqual([200, 201, 202, 201, 202]);
    expect(idsOf(endpoint).slice(3)).toEqual(idsOf(endpoint).slice(1, 3));
    const [{ at }] = (await viewers.app.store.pool.read<{ at: Date }>(
      "select recorded_at as at from change where after = '200'::jsonb",
    )) as [{ at: Date }];
    await ask(REPLAY, { id, from: at.toISOString() });
    await endpoint.until(8);
    expect(valuesOf(endpoint).slice(5)).toEqual([200, 201, 202]);
    const [last] = await until(
      () => deliveriesOf(id),
      (found) => found[0]?.attempts === 3,
    );
    expect(last).toMatchObject({ state: "DELIVERED" });
  });

  test("past a message that an endpoint never takes: its cursor goes on behind it", async () => {
    const endpoint = await receiver();
    const { id } = await create(endpoint.url);
    endpoint.reply(400, 200);
    deliver();
    await assign(210);
    await assign(211);
    const [{ cursor }] = await until(
      () => deliveriesOf(id),
      (found) => found.length === 1,
    );
    await ask(REPLAY, { id, after: cursor });
    await endpoint.until(2);
    expect(valuesOf(endpoint)).toEqual([210, 211]);
  });

  test.each([
    [{}, null],
    [{ after: "bm9uZQ" }, null],
    [{ after: "WyJ4IiwieSJd" }, ["after"]],
    [{ after: "WzEsMl0", from: "2020-01-01T00:00:00Z" }, null],
  ])("%j is refused", async (given, path) => {
    const { id } = await create((await receiver()).url);
    expect((await ask(REPLAY, { id, ...given })).replayWebhook).toEqual({
      webhook: null,
      errors: [{ code: "BAD_INPUT", path }],
    });
  });
});

test("alerts come among the changes, in the order in which they were raised", async () => {
  const endpoint = await receiver();
  await create(endpoint.url, ["ALERT", "TAG_CHANGED"]);
  await assign(300);
  await raiseAlert(viewers.app.store.pool, {
    kind: "TAG_DRIFT",
    subjectType: "TAG",
    subjectKey: "public",
    message: "It drifts.",
    at: new Date("2020-01-01"),
  });
  await raiseAlert(viewers.app.store.pool, {
    kind: "TAG_DRIFT",
    subjectType: "TAG",
    subjectKey: "private",
    message: "It drifts too.",
    at: new Date("2020-01-01"),
  });
  await assign(301);
  const service = await receiver();
  await create(service.url, ["ALERT"], viewers.keyOf("service", "CRM"));
  await viewers.app.store.pool.read(
    "update webhook set place_xid = 0, place_is_alert = false, place_id = 0 where department = 'service'",
  );
  deliver();
  await endpoint.until(4);
  expect(endpoint.received.map(({ message }) => message.data.after ?? message.data.message)).toEqual([
    300,
    "It drifts.",
    "It drifts too.",
    301,
  ]);
  await service.until(1);
  await new Promise((done) => setTimeout(done, 100));
  const drifted = service.received.filter(({ message }) => message.data.kind === "TAG_DRIFT");
  expect(drifted.map(({ message }) => message.data.subjectKey)).toEqual(["public"]);
});

test("a test event is answered at once, and a new secret signs beside the former for a day", async () => {
  const endpoint = await receiver();
  const { id, secret } = await create(endpoint.url);
  const TEST =
    "mutation ($id: ID!) { sendTestEvent(id: $id) { delivery { type state lastStatus lastError } errors { message } } }";
  expect((await ask(TEST, { id })).sendTestEvent).toEqual({
    delivery: { type: "TEST", state: "DELIVERED", lastStatus: 204, lastError: null },
    errors: [],
  });
  const { rotateWebhookSecret } = await ask("mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }", { id });
  expect(rotateWebhookSecret.secret).not.toBe(secret);
  endpoint.reply(500);
  expect((await ask(TEST, { id })).sendTestEvent.delivery).toMatchObject({ state: "FAILED", lastStatus: 500 });
  for (const each of [secret, rotateWebhookSecret.secret]) expect(verifies(each, endpoint.received[1]!)).toBe(true);
  expect(await stateOf(id)).toMatchObject({ state: "ENABLED", failures: 0 });
  aheadMs = 25 * 3_600_000;
  endpoint.reply(200);
  deliver();
  await assign(400);
  await endpoint.until(3);
  expect(verifies(secret, endpoint.received[2]!)).toBe(false);
  expect(verifies(rotateWebhookSecret.secret, endpoint.received[2]!)).toBe(true);
});

test("of an erased person nothing stays with the deliveries, and what was not told yet is not told any more", async () => {
  const endpoint = await receiver();
  const { id } = await create(endpoint.url);
  await viewers.own('mutation { upsertUsers(input: {users: [{externalId: "canary-5e1", source: "crm"}]}) { created } }');
  endpoint.reply(200, 500);
  deliver();
  await assign(777_001, "public", "canary-5e1");
  await endpoint.until(1);
  await assign(777_002, "public", "canary-5e1");
  await endpoint.until(2);
  await until(
    () => stateOf(id),
    ({ failures }) => failures === 1,
  );
  await viewers.own('mutation { eraseUser(input: {externalId: "canary-5e1", source: "crm"}) { erased } }');
  const kept = await viewers.app.store.pool.read<{ text: string }>(
    "select row_to_json(d)::text as text from webhook_delivery d union all select row_to_json(w)::text from webhook w",
  );
  expect(kept.length).toBeGreaterThan(1);
  for (const { text } of kept) expect(text).not.toMatch(/canary-5e1|777001|777002/);
  endpoint.reply(200);
  aheadMs = 3_600_000;
  await assign(500);
  await endpoint.until(3);
  expect(valuesOf(endpoint)).toEqual([777_001, 777_002, 500]);
});
