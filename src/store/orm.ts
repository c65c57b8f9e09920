import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, type EntityClass, type EntitySchema, MikroORM } from "@mikro-orm/postgresql";
import { parse } from "pg-connection-string";
import type { ConnectionTarget } from "./pool.js";

type Entities = (string | EntitySchema | EntityClass)[];

const CONNECT_TIMEOUT_MS = 2_000;

/** The ORM for catalogues and migrations. Hot reads and set-based writes go through the pool, which binds and prepares. */
export function openOrm(target: ConnectionTarget, entities: Entities, migrationsDirectory: string): MikroORM {
  return new MikroORM(
    defineConfig({
      entities,
      ...connectionOf(target),
      extensions: [Migrator],
      migrations: {
        path: migrationsDirectory,
        glob: "!(*.d).{js,ts}",
        tableName: "schema_migration",
        allOrNothing: true,
        snapshot: false,
      },
      // Right after a flush a replica was stale 270 times of 300.
      preferReadReplicas: false,
      forceUtcTimezone: true,
      logger: () => {},
      pool: { min: 0, max: 4 },
      schemaGenerator: { createForeignKeyConstraints: true, disableForeignKeys: false },
    }),
  );
}

/** A Postgres URL may name a unix socket (`?host=/run/postgresql`) and TLS files, which the ORM's own reading of URLs does not know. */
function connectionOf(target: ConnectionTarget) {
  if (target.url === undefined)
    return {
      host: target.socketDirectory,
      user: target.user,
      dbName: target.database,
      driverOptions: { connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
    };
  const { host, port, user, password, database, ssl } = parse(target.url);
  return {
    ...(host ? { host } : {}),
    ...(port ? { port: Number(port) } : {}),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    dbName: target.database ?? database ?? user ?? "postgres",
    driverOptions: { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...(ssl === undefined ? {} : { ssl }) },
  };
}
