import { defineEntity, p } from "@mikro-orm/core";

/**
 * One user's events as bytes (history-pack.ts), up to the last one by number: a copy, made and brought up to date as users are
 * carried forward. Events of 1M users that came in the order of time lie all over the heap of `event`; here a user's are one read.
 */
export const UserHistoryEntity = defineEntity({
  name: "UserHistory",
  tableName: "user_history",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    /** Events with a higher number are not in it: a user's writers take turns, and take numbers when it is their turn. */
    lastEventId: p.bigint("string"),
    events: p.blob(),
  },
});
