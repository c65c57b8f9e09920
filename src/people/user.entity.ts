import { defineEntity, p } from "@mikro-orm/core";

/**
 * A person known to the company. The table is `app_user` because an unquoted `user` is the current role in Postgres.
 * Per user; its key is the distribution column of every per-user table.
 */
export const UserEntity = defineEntity({
  name: "User",
  tableName: "app_user",
  properties: {
    id: p.bigint("string").primary().autoincrement(false),
    /** The first activity that is known, or the day the company says it met them; the user counts from then on. */
    firstSeenAt: p.datetime(6).nullable(),
    lastSeenAt: p.datetime(6).nullable(),
    channel: p.text().nullable(),
    lifecycleStage: p.text().nullable(),
    attributes: p.json<Record<string, unknown>>().default("{}"),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
  indexes: [{ properties: ["firstSeenAt"] }],
});
