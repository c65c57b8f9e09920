import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, type EntityClass, type EntitySchema, MikroORM } from "@mikro-orm/postgresql";
import type { ConnectionTarget } from "./pool.js";

type Entities = (string | EntitySchema | EntityClass)[];

/** The ORM for catalogues and migrations. Hot reads and set-based writes go through the pool, which binds and prepares. */
export function openOrm(target: ConnectionTarget, entities: Entities, migrationsDirectory: string): MikroORM {
  return new MikroORM(
    defineConfig({
      entities,
      ...(target.url === undefined
        ? { host: target.socketDirectory, user: target.user, dbName: target.database }
        : { clientUrl: target.url, ...(target.database === undefined ? {} : { dbName: target.database }) }),
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
      driverOptions: { connectionTimeoutMillis: 2000 },
      schemaGenerator: { createForeignKeyConstraints: true, disableForeignKeys: false },
    }),
  );
}
