import { defineEntity, p } from "@mikro-orm/core";
import type { Role } from "../request.js";

/** What lets a service or a person in. The secret itself is shown once, when it is made, and kept nowhere. */
export const ApiKeyEntity = defineEntity({
  name: "ApiKey",
  tableName: "api_key",
  properties: {
    id: p.integer().primary().autoincrement(),
    /** The part before the dot, by which it is found. */
    prefix: p.text().unique(),
    /** SHA-256 of the whole key. */
    hash: p.blob(),
    name: p.text(),
    role: p.text().$type<Role>(),
    departmentId: p.integer(),
    /** Keys of the only sources that facts may be written of; null: of any. */
    sources: p.array<string>().columnType("text[]").nullable(),
    createdAt: p.datetime(6),
    createdBy: p.text(),
    expiresAt: p.datetime(6).nullable(),
    revokedAt: p.datetime(6).nullable(),
    /** To the minute. */
    lastUsedAt: p.datetime(6).nullable(),
  },
});
