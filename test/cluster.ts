import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { entities } from "../src/entities.js";
import { startEmbedded } from "../src/store/embedded.js";
import { openStore } from "../src/store/store.js";

declare module "vitest" {
  export interface ProvidedContext {
    socketDirectory: string;
  }
}

/** One cluster for the whole run; a migrated database that every test file copies (140 ms). */
export default async function setup(project: TestProject) {
  const dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-test-"));
  const postgres = await startEmbedded(dataDirectory);
  const store = await openStore({ dataDirectory, entities, migrationsDirectory: join(process.cwd(), "migrations") });
  await store.close();
  const client = new pg.Client({ host: postgres.socketDirectory, user: "postgres", database: "postgres" });
  await client.connect();
  await client.query("alter database tidemark rename to template_tidemark");
  await client.end();
  project.provide("socketDirectory", postgres.socketDirectory);
  return async () => {
    await postgres.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  };
}
