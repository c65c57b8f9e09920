import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { openTestStore, type TestStore } from "../database.js";
import { type Receiver, startReceiver } from "../graph/receiver.js";
import { startService } from "./service.js";

const MESSAGES = 60;
const KILLS = 3;
/** Messages between one kill and the next. */
const TAKEN = 10;

let store: TestStore;
let endpoint: Receiver;
beforeAll(async () => {
  store = await openTestStore();
  endpoint = await startReceiver();
});
afterAll(async () => {
  await endpoint.close();
  await store.close();
});

test("the service is killed -9 again and again while it tells a webhook: every message comes, in order, with one id, and a double is the same message", async () => {
  const environment = {
    DATABASE_URL: `postgresql://postgres@/${store.database}?host=${encodeURIComponent(inject("socketDirectory"))}`,
    TIDEMARK_ADMIN_KEY: "an-admin-key-of-many-characters",
    TIDEMARK_WEBHOOK_ALLOW_LOOPBACK: "yes",
    TIDEMARK_DRAIN_MS: "0",
  };
  const headers = { authorization: `Bearer ${environment.TIDEMARK_ADMIN_KEY}` };
  answerSome(true);
  let service = await startService(environment, ["--empty"]);
  const { createWebhook } = await service.graph(
    "mutation ($url: String!) { createWebhook(input: {url: $url, topics: [TAG_CHANGED]}) { errors { message } } }",
    { url: endpoint.url },
    headers,
  );
  expect(createWebhook.errors).toEqual([]);
  const users = Array.from({ length: MESSAGES }, (_, index) => ({ externalId: `u${index}` }));
  const assignments = users.map(({ externalId }, value) => ({ externalId, tag: "satisfaction", value, since: "2020-01-01" }));
  await service.graph(
    "mutation ($users: [UpsertUserInput!]!) { upsertUsers(input: {users: $users}) { created } }",
    { users },
    headers,
  );
  await service.graph(
    "mutation ($a: [TagAssignmentInput!]!) { assignTags(input: {assignments: $a}) { assigned rejected { message } } }",
    { a: assignments },
    headers,
  );
  for (let kill = 1; kill <= KILLS; kill++) {
    // Killed while the tenth is on its way: it was taken in, and not noted.
    await endpoint.until(kill * TAKEN);
    await service.end("SIGKILL");
    answerSome(kill < KILLS);
    service = await startService(environment, ["--empty"]);
  }
  const told = () => new Set(endpoint.received.map(({ message }) => message.data.user.identifiers[0].externalId));
  for (const deadline = Date.now() + 20_000; told().size < MESSAGES && Date.now() < deadline; )
    await new Promise((done) => setTimeout(done, 20));
  expect(await service.end("SIGTERM")).toBe(0);

  const ids = endpoint.received.map(({ id }) => id);
  const firsts = new Map(endpoint.received.map((each) => [each.id, each.body]));
  const changes = await store.pool.read<{ id: string }>("select id from change where kind = 'TagChange' order by xid, id");
  expect(told().size).toBe(MESSAGES);
  expect([...firsts.keys()].map((id) => id.split("_").at(-1))).toEqual(changes.map(({ id }) => id).slice(0, firsts.size));
  const doubled = ids.filter((id, place) => ids.indexOf(id) !== place);
  expect(doubled, "only those that were on their way").toEqual(
    Array.from({ length: KILLS }, (_, kill) => ids[(kill + 1) * TAKEN - 1]),
  );
  for (const { id, body } of endpoint.received) expect(body).toBe(firsts.get(id));
});

/** Takes some messages and says nothing to the last of them; or takes all. */
function answerSome(some: boolean): void {
  if (some) endpoint.reply(...Array.from({ length: TAKEN - 1 }, () => 204), "silence");
  else endpoint.reply(204);
}
