import { defineEntity, p } from "@mikro-orm/core";

/** A user whose facts changed and whom the pipeline has not carried forward yet. Local to the coordinator, like a queue. */
export const UserChangeEntity = defineEntity({
  name: "UserChange",
  tableName: "user_change",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    markedAt: p.datetime(6),
    /** A writer touched the user's rows: until it is carried forward, what is derived of those (bitmaps) does not count for it. */
    stale: p.boolean().default(false),
  },
  indexes: [
    {
      name: "user_change_stale_index",
      expression: `create index "user_change_stale_index" on "user_change" ("user_id") where "stale"`,
    },
  ],
});
