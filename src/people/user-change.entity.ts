import { defineEntity, p } from "@mikro-orm/core";

/** A user whose facts changed and whom the pipeline has not carried forward yet. Local to the coordinator, like a queue. */
export const UserChangeEntity = defineEntity({
  name: "UserChange",
  tableName: "user_change",
  properties: { userId: p.bigint("string").primary().autoincrement(false), markedAt: p.datetime(6) },
});
