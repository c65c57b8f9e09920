import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventInput } from "../../src/events/clean.js";
import { seedEventTypes } from "../../src/events/event-type.step.js";
import { recordEvents } from "../../src/events/record.step.js";
import { openTestStore, type TestStore } from "../database.js";
import { daysThatDiffer } from "./recount.js";

const now = new Date("2011-09-10T00:00:00Z");
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seedEventTypes(store.pool);
});
afterAll(() => store.close());

const DAY = 86_400_000;
function order(externalId: string, day: number, more: EventInput = {}): EventInput {
  return { externalId, type: "order", occurredAt: new Date(now.getTime() - day * DAY).toISOString(), amount: "10.01", ...more };
}

async function userOf(externalId: string) {
  const rows = await store.pool.read<any>(
    `select u.first_seen_at as first, u.last_seen_at as last, (select count(*)::int from event e where e.user_id = u.id) as events,
       (select coalesce(sum(amount), 0)::text from event_day d where d.user_id = u.id) as amount, exists(select from user_change c where c.user_id = u.id) as marked
     from app_user u join user_identity i on i.user_id = u.id where i.external_id = $1`,
    [externalId],
  );
  return rows[0];
}

test("events, roll-up, first and last seen and the mark come together; late events widen what is known", async () => {
  expect(await recordEvents(store.pool, [order("ann", 3), order("ann", 1), order("ann", 1)], now)).toEqual({
    accepted: 3,
    duplicates: 0,
    rejected: [],
  });
  await recordEvents(store.pool, [order("ann", 9)], now);
  expect(await userOf("ann")).toEqual({
    first: new Date(now.getTime() - 9 * DAY),
    last: new Date(now.getTime() - DAY),
    events: 4,
    amount: "40.0400",
    marked: true,
  });
  expect(await daysThatDiffer(store)).toEqual([]);
});

test("an event id is taken once per user and source, within a call and over calls", async () => {
  const batch = [
    order("bob", 5, { eventId: "1" }),
    order("bob", 5, { eventId: "1" }),
    order("bob", 4, { eventId: "2" }),
    order("bob", 5, { eventId: "1", source: "app" }),
  ];
  expect(await recordEvents(store.pool, batch, now)).toMatchObject({ accepted: 3, duplicates: 1 });
  expect(await recordEvents(store.pool, [...batch, order("bob", 2, { eventId: "3" })], now)).toMatchObject({
    accepted: 1,
    duplicates: 4,
  });
  expect(await daysThatDiffer(store)).toEqual([]);
});

test("a user known only by complaints and returns has not been seen", async () => {
  await recordEvents(store.pool, [order("eve", 5, { type: "complaint" }), order("eve", 4, { type: "return", amount: -5 })], now);
  expect(await userOf("eve")).toMatchObject({ first: null, last: null, events: 2 });
});

test("refused rows go to the quarantine with the reason, and the report per source adds up", async () => {
  const result = await recordEvents(
    store.pool,
    [
      order("q", 1, { source: "shop" }),
      order("q", 1, { source: "shop", amount: "x" }),
      order("q", -3, { source: "shop" }),
      { externalId: "q", source: "\0" },
    ],
    now,
  );
  expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
    [1, "BAD_AMOUNT"],
    [2, "BAD_DATE"],
    [3, "BAD_CHARACTER"],
  ]);
  const kept = await store.pool.read<any>(
    "select s.key, q.row_index::int as at, q.code, q.origin, q.row from quarantine q join source s on s.id = q.source_id order by q.id",
  );
  expect(kept).toMatchObject([
    { key: "shop", at: 1, code: "BAD_AMOUNT", origin: "recordEvents", row: { externalId: "q", amount: "x" } },
    { key: "shop", at: 2, code: "BAD_DATE" },
    { key: "default", at: 3, code: "BAD_CHARACTER", row: { source: "\ufffd" } },
  ]);
});

test("a quarantined row is kept whatever is in it, within its bound", async () => {
  const rows = fc.sample(
    fc.object({ key: fc.string({ unit: "binary" }), values: [fc.string({ unit: "binary" }), fc.integer()] }),
    100,
  );
  const before = await store.pool.read<{ n: number }>("select count(*)::int as n from quarantine");
  await recordEvents(store.pool, [...rows, { externalId: "\ud800\0".repeat(9_999), properties: { "\0": "\udfff" } }], now);
  const [after] = await store.pool.read<{ n: number; longest: number }>(
    "select count(*)::int as n, max(length(row::text)) as longest from quarantine",
  );
  expect(after!.n).toBe(before[0]!.n + 101);
  expect(after!.longest).toBeLessThan(10_000);
});

test("writers of the same users at once neither lock each other out nor count anything twice", async () => {
  const writers = 6;
  const users = Array.from({ length: 60 }, (_, i) => `crowd ${i}`);
  const batchOf = (writer: number) => {
    const events = users.flatMap((user, i) => [
      order(user, (i % 7) + 1, { eventId: "shared" }),
      order(user, (i % 5) + 1, { eventId: `own ${writer}`, type: "login" }),
    ]);
    return writer % 2 ? events.toReversed() : events;
  };
  const results = await Promise.all(
    Array.from({ length: writers }, (_, writer) => recordEvents(store.pool, batchOf(writer), now)),
  );
  expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(users.length * (writers + 1));
  expect(results.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(users.length * (writers - 1));
  expect(await daysThatDiffer(store)).toEqual([]);
});

test("a connection that is lost in the middle leaves nothing of its call", async () => {
  const before = await store.pool.read<any>(
    "select (select count(*)::int from event) as events, (select count(*)::int from event_day) as days, (select count(*)::int from app_user) as users",
  );
  const killed = Array.from({ length: 12 }, (_, i) =>
    recordEvents(
      store.pool,
      Array.from({ length: 3_000 }, (_, j) => order(`lost ${j}`, 1, { eventId: "once", category: `c${i}` })),
      now,
    ).then(
      () => "stored",
      () => "lost",
    ),
  );
  let ended = 0;
  for (let attempt = 0; attempt < 400 && ended < 6; attempt++) {
    const rows = await store.pool
      .read<{ ok: boolean }>(
        "select pg_terminate_backend(pid) as ok from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and xact_start < now() limit 1",
      )
      .catch(() => []);
    ended += rows.length;
  }
  const outcomes = await Promise.all(killed);
  expect(outcomes).toContain("lost");
  expect(await daysThatDiffer(store)).toEqual([]);
  const [after] = await store.pool.read<any>(
    "select (select count(*)::int from event where event_id = 'once') as events, (select count(*)::int from app_user) as users",
  );
  expect([0, 3_000]).toContain(after.events);
  expect(after.users - before[0].users).toBe(after.events);
});
