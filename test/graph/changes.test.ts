import { afterAll, beforeAll, expect, test } from "vitest";
import { sweepChanges } from "../../src/people/change.step.js";
import { advance } from "../../src/pipeline.js";
import { DAY_MS } from "../../src/tags/history.js";
import { sweepExpired } from "../../src/tags/sweep.step.js";
import { moveUsers } from "../../src/tiers/tier.step.js";
import { tierSchemes } from "../../src/tiers/tier-scheme.loader.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. */
const clock = new Date("2020-06-01T12:00:00Z");
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: { users: ["ann", "bob", "cyd"].map((externalId) => ({ externalId, source: "crm" })) },
  });
});
afterAll(() => app.stop());

const CHANGES = `query Changes($after: String, $first: Int!) { changes(after: $after, first: $first) {
  edges { cursor node { __typename at
    ... on RiskTierChange { user { identifiers { externalId } } scheme from { key } to { key } reason }
    ... on TagChange { user { identifiers { externalId } } tag { key } before after } } }
  pageInfo { hasNextPage endCursor } } }`;
let cursor: string | null = null;

/** What is new since the last call, by pages of two. */
async function news(): Promise<any[]> {
  const found: any[] = [];
  for (let more = true; more; ) {
    const { changes } = await app.graph(CHANGES, { after: cursor, first: 2 });
    found.push(...changes.edges.map(({ node }: any) => node));
    cursor = changes.pageInfo.endCursor;
    more = changes.pageInfo.hasNextPage;
  }
  // The rule that is made from satisfaction is told as well, as any computed tag.
  return found.filter(({ tag }) => tag?.key !== "dissatisfied");
}
const told = async () =>
  (await news()).map(({ user, tag, before, after }: any) => [user.identifiers[0].externalId, tag.key, before, after]);

const assign = async (externalId: string, value: unknown, more: object = {}) =>
  (
    await app.graph(
      `mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned unchanged rejected { message } } }`,
      {
        input: { assignments: [{ externalId, tag: "satisfaction", value, since: "2020-05-01", ...more }] },
      },
    )
  ).assignTags;

test("a tag that is given, changed, taken or runs out is told once each, and the same again is not", async () => {
  await assign("ann", 3);
  await assign("ann", 3);
  await assign("ann", 8, { since: "2020-05-02" });
  await assign("bob", 5, { expiresAt: new Date(clock.getTime() + DAY_MS) });
  expect(await told()).toEqual([
    ["ann", "satisfaction", null, 3],
    ["ann", "satisfaction", 3, 8],
    ["bob", "satisfaction", null, 5],
  ]);
  expect(await news(), "nothing more").toEqual([]);
  const remove = `mutation ($input: RemoveTagsInput!) { removeTags(input: $input) { removed } }`;
  await app.graph(remove, { input: { assignments: [{ externalId: "ann", tag: "satisfaction" }] } });
  await app.graph(remove, { input: { assignments: [{ externalId: "ann", tag: "satisfaction" }] } });
  clock.setTime(clock.getTime() + 2 * DAY_MS);
  await sweepExpired(app.store.pool, clock);
  const last = await news();
  expect(last.map(({ user, before, after, at }: any) => [user.identifiers[0].externalId, before, after, at])).toEqual([
    ["ann", 8, null, "2020-06-01T12:00:00.000Z"],
    ["bob", 5, null, "2020-06-02T12:00:00.000Z"],
  ]);
});

test("of computed tags it is told who came to hold one and who holds it no more, but not what a new user begins with", async () => {
  const visit = (daysAgo: number) =>
    app.graph(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }`, {
      input: {
        events: [
          {
            externalId: "dan",
            source: "crm",
            type: "visit",
            occurredAt: new Date(clock.getTime() - daysAgo * DAY_MS).toISOString(),
          },
        ],
      },
    });
  for (const day of [40, 38, 36, 34]) await visit(day);
  const first = (await told()).filter(([who]) => who === "dan");
  expect(first.length, "only what later events changed").toBeLessThan(10);
  clock.setTime(clock.getTime() + 60_000);
  await visit(0.01);
  const changed = await told();
  expect(changed).toEqual(["dormant_30_in_90", "gap_break_2x_mean", "gap_break_mean_2sd"].map((key) => ["dan", key, true, null]));
  const { rows } = await app.store.pool.run(
    "insert into user_change (user_id, marked_at) select id, now() from app_user on conflict do nothing",
  );
  expect(rows).toEqual([]);
  await advance(app.store.pool, clock);
  expect(await news(), "computed again, nothing is new").toEqual([]);
});

test("a user who comes into another tier is told with both tiers and the reason", async () => {
  const { pool } = app.store;
  const [user] = await pool.read<{ id: string }>("select user_id as id from user_identity where external_id = 'cyd'");
  await pool.read("update churn_definition set is_default = key = 'retail'");
  const [scheme] = await tierSchemes(pool);
  for (const probability of [0.3, 0.9, 0.9]) {
    await pool.read(
      `insert into churn_score (user_id, definition_id, model_id, probability, scored_at) select $1, id, 1, $2, $3 from churn_definition where is_default
       on conflict (user_id, definition_id) do update set probability = excluded.probability`,
      [user!.id, probability, clock],
    );
    await pool.transaction((transaction) => moveUsers(transaction, scheme!, [user!.id], clock));
    clock.setTime(clock.getTime() + 60_000);
  }
  const moves = await news();
  expect(moves).toMatchObject([
    { __typename: "RiskTierChange", scheme: "default", from: null, to: { key: "LOW" } },
    { __typename: "RiskTierChange", from: { key: "LOW" }, to: { key: "HIGH" }, reason: expect.stringContaining("0.9") },
  ]);
});

test("what commits late is not passed over: a reader waits for it", async () => {
  const { pool } = app.store;
  let commit = () => {};
  const held = new Promise<void>((go) => (commit = go));
  let begun = () => {};
  const isBegun = new Promise<void>((go) => (begun = go));
  const late = pool.transaction(async (transaction) => {
    await transaction.read(
      `insert into change (xid, recorded_at, kind, at, user_id, subject_id, after)
       select pg_current_xact_id()::text::bigint, now(), 'TagChange', $1, i.user_id, g.id, '1' from user_identity i, tag g where i.external_id = 'ann' and g.key = 'satisfaction'`,
      [clock],
    );
    begun();
    await held;
  });
  await isBegun;
  await assign("bob", 1);
  expect(await news()).toEqual([]);
  commit();
  await late;
  expect((await told()).map(([who]) => who)).toEqual(["ann", "bob"]);
});

test("many writers at once: everything once, in one order for all readers", async () => {
  const people = ["ann", "bob", "cyd"];
  const start = cursor;
  const seen: any[] = [];
  let writing = true;
  const reading = (async () => {
    while (writing) seen.push(...(await news()));
  })();
  await Promise.all(
    people.flatMap((externalId) =>
      Array.from({ length: 12 }, (_, value) => assign(externalId, 100 + value, { since: `2020-05-${10 + value}` })),
    ),
  );
  writing = false;
  await reading;
  seen.push(...(await news()));
  const [stored] = await app.store.pool.read<{ count: number }>(
    "select count(*)::int as count from change c join tag g on g.id = c.subject_id where g.key = 'satisfaction' and case when jsonb_typeof(after) = 'number' then (after #>> '{}')::float8 >= 100 end",
  );
  expect(seen).toHaveLength(stored!.count);
  cursor = start;
  expect(await news(), "another reader reads the same").toEqual(seen);
  for (const who of people) {
    const values = seen.filter(({ user }: any) => user.identifiers[0].externalId === who);
    for (const [place, change] of values.entries()) if (place > 0) expect(change.before).toBe(values[place - 1].after);
  }
});

test("changes are kept for 30 days; a cursor from before is refused, not answered with a gap", async () => {
  const { changes } = await app.graph(CHANGES, { first: 1 });
  await app.store.pool.read(
    "update change set recorded_at = recorded_at - interval '31 days' where id < (select max(id) - 5 from change)",
  );
  await sweepChanges(app.store.pool);
  expect(await app.store.pool.read("select from change")).toHaveLength(6);
  const { errors } = await app.answer(CHANGES, { first: 1, after: changes.pageInfo.endCursor });
  expect(errors![0]).toMatchObject({
    message: expect.stringContaining("older than the 30 days"),
    extensions: { code: "BAD_INPUT" },
  });
  expect(await news(), "whoever is up to date reads on").toEqual([]);
  expect((await app.graph(CHANGES, { first: 10 })).changes.edges).toHaveLength(6);
  expect((await app.answer(CHANGES, { first: 1, after: "bm9uZQ" })).errors![0]!.extensions.code).toBe("BAD_INPUT");
});
