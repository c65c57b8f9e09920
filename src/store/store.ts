import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { MikroORM } from "@mikro-orm/postgresql";
import pg from "pg";
import { TidemarkError } from "../errors.js";
import { startEmbedded } from "./embedded.js";
import { openOrm } from "./orm.js";
import { type ConnectionTarget, openPool, type Pool } from "./pool.js";

/** Everything that reaches Postgres: the pool for statements, the ORM for catalogues. */
export interface Store {
  readonly pool: Pool;
  readonly orm: MikroORM;
  readonly embedded: boolean;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A Postgres of one's own; absent, the embedded one is started in `dataDirectory`. */
  readonly databaseUrl?: string;
  readonly dataDirectory: string;
  readonly entities: Parameters<typeof openOrm>[1];
  readonly migrationsDirectory: string;
  /** Told what is being done, one line each. */
  readonly report?: (line: string) => void;
  /** Called once for every statement sent through the pool. */
  readonly onStatement?: () => void;
}

const DATABASE = "tidemark";
// Any number, the same for all processes of Tidemark: whoever holds it migrates, the others wait.
const MIGRATION_LOCK = 7_406_011;

/** Starts or joins the database, brings its schema up to date under a lock, and opens the pool. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const report = options.report ?? (() => {});
  const embedded = options.databaseUrl === undefined ? await startEmbedded(options.dataDirectory, report) : undefined;
  try {
    const target: ConnectionTarget = embedded
      ? { socketDirectory: embedded.socketDirectory, user: "postgres", database: DATABASE }
      : { url: options.databaseUrl! };
    if (embedded) await createDatabase(embedded.socketDirectory);
    const orm = openOrm(target, options.entities, options.migrationsDirectory);
    await migrate(orm, target, options.migrationsDirectory, report);
    const pool = openPool(target, options.onStatement);
    return {
      pool,
      orm,
      embedded: embedded !== undefined,
      async close() {
        await Promise.allSettled([pool.end(), orm.close()]);
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function createDatabase(socketDirectory: string): Promise<void> {
  const client = new pg.Client({ host: socketDirectory, user: "postgres", database: "postgres" });
  await client.connect();
  try {
    const found = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    // 42P04: another process that joined the same server made it meanwhile.
    if (!(error instanceof Error && "code" in error && (error.code === "42P04" || error.code === "23505"))) throw error;
  } finally {
    await client.end();
  }
}

async function migrate(
  orm: MikroORM,
  target: ConnectionTarget,
  migrationsDirectory: string,
  report: (line: string) => void,
): Promise<void> {
  const client = new pg.Client(
    target.url === undefined
      ? { host: target.socketDirectory, user: target.user, database: target.database }
      : {
          connectionString: target.url,
          connectionTimeoutMillis: 5_000,
          ...(target.database === undefined ? {} : { database: target.database }),
        },
  );
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause);
    throw new TidemarkError(
      "STORE_UNAVAILABLE",
      `The database cannot be reached (${text}). Check that Postgres runs there and that DATABASE_URL is right, or unset it to use the embedded one.`,
    );
  }
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await refuseNewer(client, migrationsDirectory);
    const pending = await orm.migrator.getPending();
    if (pending.length > 0) {
      report(`bringing the schema up to date (${pending.length} migration${pending.length === 1 ? "" : "s"})`);
      await orm.migrator.up();
    }
  } finally {
    // Closing the connection releases the lock.
    await client.end();
  }
}

/** An older program on a newer schema would write what the newer one cannot read. */
async function refuseNewer(client: pg.Client, migrationsDirectory: string): Promise<void> {
  const known = new Set(readdirSync(migrationsDirectory).map((file) => basename(file).replace(/\.(js|ts)$/, "")));
  const found = await client.query<{ exists: boolean }>("select to_regclass('schema_migration') is not null as exists");
  if (!found.rows[0]?.exists) return;
  const applied = await client.query<{ name: string }>("select name from schema_migration order by id");
  const unknown = applied.rows.map(({ name }) => name.replace(/\.(js|ts)$/, "")).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new TidemarkError(
      "STORE_NEWER",
      `The store was written by a newer version of Tidemark (it has ${unknown.join(", ")}, which this one does not know). Start the newer version, or point TIDEMARK_DATA_DIR or DATABASE_URL at another store.`,
    );
  }
}
