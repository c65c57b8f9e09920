import { defineEntity, p } from "@mikro-orm/core";
import type { Role } from "../request.js";
import type { AuditSubject } from "./audit.js";

/** A change that somebody asked for: who, when, what about, and what became of it. No personal data. */
export const AuditEntity = defineEntity({
  name: "Audit",
  tableName: "audit",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    at: p.datetime(6),
    /** Of the viewer, which stays the same while names change. */
    viewerId: p.text(),
    name: p.text(),
    role: p.text().$type<Role>(),
    department: p.text().nullable(),
    /** The root field. */
    operation: p.text(),
    subject: p.json<AuditSubject>(),
    /** Null: it was begun, and its process ended before it did. */
    endedAt: p.datetime(6).nullable(),
    /** By which it was refused, or failed. */
    codes: p.array<string>().columnType("text[]"),
    rejected: p.integer().default(0),
  },
});
