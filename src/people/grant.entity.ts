import { defineEntity, p } from "@mikro-orm/core";
import type { GrantRight, ThingKind } from "./access.js";

export const GRANT_STATES = ["REQUESTED", "GRANTED", "DENIED", "REVOKED"] as const;
export type GrantState = (typeof GRANT_STATES)[number];

/** What one department asked another for, and what became of it. Kept when it is over: who might see what, and when. */
export const GrantEntity = defineEntity({
  name: "Grant",
  // `grant` alone is a word of SQL.
  tableName: "access_grant",
  properties: {
    id: p.integer().primary().autoincrement(),
    kind: p.text().$type<ThingKind>(),
    /** The id of the tag, segment, model or tier scheme. */
    thingId: p.integer(),
    /** The department that asks, or has the right. */
    departmentId: p.integer(),
    right: p.text().$type<GrantRight>(),
    state: p.text().$type<GrantState>(),
    reason: p.text().nullable(),
    askedAt: p.datetime(6),
    askedBy: p.text(),
    decidedAt: p.datetime(6).nullable(),
    decidedBy: p.text().nullable(),
    expiresAt: p.datetime(6).nullable(),
  },
  indexes: [
    // One that is open or holds, for each right of a department on a thing.
    {
      name: "access_grant_open",
      expression: `create unique index "access_grant_open" on "access_grant" ("kind", "thing_id", "department_id", "right") where "state" in ('REQUESTED', 'GRANTED')`,
    },
  ],
});
