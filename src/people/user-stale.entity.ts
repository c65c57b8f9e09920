import { defineEntity, p } from "@mikro-orm/core";

/**
 * A user whose rows a writer touched: until the pipeline has carried it forward, what is derived of those (bitmaps) does not count for it.
 * It is marked in user_change as well, where everybody may be; here are the few. Local to the coordinator, as the marks are.
 */
export const UserStaleEntity = defineEntity({
  name: "UserStale",
  tableName: "user_stale",
  properties: { userId: p.bigint("string").primary().autoincrement(false) },
});
