import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.js";
import { entities } from "./entities.js";
import type { Progress } from "./progress.js";
import { seed } from "./seed.js";
import { openStore, type Store } from "./store/store.js";

const MIGRATIONS = join(fileURLToPath(new URL(".", import.meta.url)), "..", "migrations");

/** The store that the settings name, its schema and its built-in rows up to date. */
export async function openTidemark(config: Config, progress: Progress): Promise<Store> {
  const store = await openStore({
    ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
    dataDirectory: config.dataDirectory,
    entities,
    migrationsDirectory: MIGRATIONS,
    report: (line) => progress.line(line),
  });
  try {
    await store.pool.transaction(seed);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
