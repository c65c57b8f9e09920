import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { entities } from "../src/entities.js";
import { openOrm } from "../src/store/orm.js";
import { openPool } from "../src/store/pool.js";
import type { Store } from "../src/store/store.js";

export interface TestStore extends Store {
  readonly database: string;
  /** Statements sent through the pool so far. */
  statements(): number;
}

/** A store of its own for one test file, empty but for the schema. Close it in afterAll. */
export async function openTestStore(): Promise<TestStore> {
  const socketDirectory = inject("socketDirectory");
  const database = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client({ host: socketDirectory, user: "postgres", database: "postgres" });
  await admin.connect();
  // Copying a template fails while another file copies it at the same moment: the lock makes them take turns.
  await admin.query("select pg_advisory_lock(1)");
  await admin.query(`create database ${database} template template_tidemark`);
  await admin.end();
  const target = { socketDirectory, user: "postgres", database };
  let statements = 0;
  const pool = openPool(target, () => {
    statements++;
  });
  const orm = openOrm(target, entities, "migrations");
  return {
    pool,
    orm,
    database,
    embedded: true,
    statements: () => statements,
    async close() {
      await Promise.allSettled([pool.end(), orm.close()]);
    },
  };
}
