import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T12:00:00Z");
const CANARY = "canary-7f3a";
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
});
afterAll(() => app.stop());

const erase = async (input: object) =>
  (
    await app.graph(
      `mutation ($input: EraseUserInput!) { eraseUser(input: $input) { erased receipt { id at } errors { code message path } } }`,
      {
        input,
      },
    )
  ).eraseUser;

async function live(name: string, source: string) {
  const person = { externalId: `${CANARY}-${name}`, source };
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: { users: [{ ...person, channel: `${CANARY}-channel`, attributes: { email: `${CANARY}@example.org` } }] },
  });
  const event = (day: number, more: object) => ({
    ...person,
    type: "order",
    occurredAt: `2020-05-${String(day).padStart(2, "0")}T10:00:00Z`,
    amount: "9.90",
    eventId: `${CANARY}-${source}-${day}`,
    ...more,
  });
  const { recordEvents } = await app.graph(
    `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted rejected { code } } }`,
    {
      input: {
        events: [event(1, { properties: { note: CANARY } }), event(9, {}), event(12, { amount: "none of your business" })],
      },
    },
  );
  expect(recordEvents).toMatchObject({ accepted: 2, rejected: [{ code: "BAD_AMOUNT" }] });
  for (const value of [3, 8])
    await app.graph(`mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned rejected { message } } }`, {
      input: { assignments: [{ ...person, tag: "satisfaction", value, since: `2020-05-0${value}` }] },
    });
  return person;
}

/** Every table in which a text or a number occurs, by the text of its rows. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await app.store.pool.read<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await app.store.pool.run(
      `select from "${name}" t where row_to_json(t)::text like '%' || $1 || '%' limit 1`,
      [text],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const rowsOf = async (userId: string) => {
  const tables = await app.store.pool.read<{ name: string; column: string }>(
    `select c.table_name::text as name, c.column_name::text as column from information_schema.columns c
     where c.table_schema = 'public' and (c.column_name like '%user_id' or c.column_name = 'survivor_id' or (c.table_name, c.column_name) = ('app_user', 'id'))`,
  );
  const found: string[] = [];
  for (const { name, column } of tables) {
    const { rows } = await app.store.pool.run(`select from "${name}" where "${column}" = $1`, [userId]);
    if (rows.length > 0) found.push(name);
  }
  return [...new Set(found)].sort();
};

test("an erased person is in no table any more, nor is whom they were merged with; only the receipt's number is", async () => {
  const shop = await live("shop", "shop");
  const crm = await live("crm", "crm");
  const bystander = { externalId: "bystander", source: "shop" };
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: { users: [{ ...bystander, attributes: { age: 4 } }] },
  });
  await app.graph(`mutation ($input: MergeUsersInput!) { mergeUsers(input: $input) { errors { message } } }`, {
    input: { into: shop, from: [crm] },
  });
  await refreshAll(app.store.pool, NOW);
  const ids = await app.store.pool.read<{ id: string }>(
    "select id::text from app_user where attributes ->> 'email' like $1 union select user_id::text from user_merge",
    [`${CANARY}%`],
  );
  expect(ids).toHaveLength(2);
  expect(await tablesWith(CANARY)).toEqual(["app_user", "event", "quarantine", "user_identity", "user_merge"]);

  const gone = await erase({ ...crm, reason: "asked for it" });
  expect(gone).toMatchObject({ erased: true, receipt: { at: NOW.toISOString() }, errors: [] });
  expect(await tablesWith(CANARY)).toEqual([]);
  for (const { id } of ids) expect(await rowsOf(id)).toEqual(["erasure"]);
  expect((await app.graph("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: [gone.receipt.id] })).nodes).toEqual([null]);
  expect((await app.graph('{ user(externalId: "bystander") { attributes } }')).user).toEqual({ attributes: { age: 4 } });
  expect(await erase(shop)).toMatchObject({
    erased: false,
    receipt: null,
    errors: [{ code: "UNKNOWN_USER", path: ["input", "externalId"] }],
  });
});

test("the same name sent again is somebody new, and a writer beside an erasure writes to nobody who is gone", async () => {
  const person = { externalId: "again", source: "shop" };
  const record = (day: number) =>
    app.graph(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted rejected { message } } }`, {
      input: {
        events: [
          { ...person, type: "order", occurredAt: `2020-03-${String(day).padStart(2, "0")}T10:00:00Z`, eventId: `again-${day}` },
        ],
      },
    });
  await record(1);
  const first = (await app.graph('{ user(externalId: "again") { id } }')).user.id;
  await Promise.all([...Array.from({ length: 10 }, (_, day) => record(day + 2)), erase(person)]);
  await record(20);
  const second = (await app.graph('{ user(externalId: "again") { id } }')).user.id;
  expect(second).not.toBe(first);
  expect(await app.store.pool.read("select from event where user_id not in (select id from app_user)")).toEqual([]);
  expect(await app.store.pool.read("select from user_metric where user_id not in (select id from app_user)")).toEqual([]);
});

test("a reason that is too long is refused before anything is done", async () => {
  expect(await erase({ externalId: "again", reason: "x".repeat(501) })).toMatchObject({
    erased: false,
    errors: [{ path: ["input", "reason"] }],
  });
  expect((await app.graph('{ user(externalId: "again") { id } }')).user).not.toBe(null);
});
