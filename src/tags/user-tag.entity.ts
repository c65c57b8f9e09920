import { defineEntity, p } from "@mikro-orm/core";

const assignment = {
  userId: p.bigint("string").primary(),
  tagId: p.integer().primary(),
  /** Set for NUMBER tags; both null for BOOLEAN ones, where holding the tag is the value. */
  numberValue: p.double().nullable(),
  textValue: p.text().nullable(),
};

/** One user holding one tag now. Per user. An expired row no longer counts, whether or not it was swept. */
export const UserTagEntity = defineEntity({
  name: "UserTag",
  tableName: "user_tag",
  properties: {
    ...assignment,
    since: p.datetime(6),
    expiresAt: p.datetime(6).nullable(),
    source: p.text(),
    evidence: p.json<Record<string, unknown>>().nullable(),
  },
  indexes: [
    { properties: ["tagId", "userId"] },
    // For the sweep: computed assignments, which are most, are not in it.
    {
      name: "user_tag_expires_at_index",
      expression: `create index "user_tag_expires_at_index" on "user_tag" ("expires_at") where "expires_at" is not null`,
    },
  ],
});

/** Assignments that ended, in [since, until). Append-only, per user. */
export const UserTagHistoryEntity = defineEntity({
  name: "UserTagHistory",
  tableName: "user_tag_history",
  properties: {
    ...assignment,
    since: p.datetime(6).primary(),
    until: p.datetime(6),
    source: p.text(),
    evidence: p.json<Record<string, unknown>>().nullable(),
  },
});
