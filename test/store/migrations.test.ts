import { afterAll, beforeAll, expect, test } from "vitest";
import { distribution } from "../../src/entities.js";
import { openTestStore, type TestStore } from "../database.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

test("the migrations make exactly the schema that the entities describe", async () => {
  expect(await store.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe("");
});

test("every table says how it would be spread over Citus, and every unique key of a per-user table contains the user", async () => {
  const tables = await store.pool.read<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'schema_migration'",
  );
  expect(tables.map(({ name }) => name).sort()).toEqual(Object.keys(distribution).sort());
  const perUser = Object.entries(distribution).filter(([, column]) => !["reference", "local"].includes(column));
  for (const [table, column] of perUser) {
    const missing = await store.pool.read<{ name: string }>(
      `select i.indexrelid::regclass::text as name from pg_index i
       where i.indrelid = $1::regclass and i.indisunique
         and not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey) and a.attname = $2)`,
      [table, column],
    );
    expect(missing, table).toEqual([]);
  }
});
