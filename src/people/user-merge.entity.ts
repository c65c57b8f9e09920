import { defineEntity, p } from "@mikro-orm/core";

/** The rows that a user had, by table, as the store writes them: what they get back when they are parted. */
export type KeptRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** A user that was found to be the same person as another, and is that one since. Per user. */
export const UserMergeEntity = defineEntity({
  name: "UserMerge",
  tableName: "user_merge",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    /** The user that took the rows. */
    intoUserId: p.bigint("string"),
    /** The user that has them now: `intoUserId`, or whom that one was merged into later. */
    survivorId: p.bigint("string"),
    mergedAt: p.datetime(6),
    byWhom: p.text(),
    kept: p.json<{ readonly from: KeptRows; readonly into: KeptRows }>(),
  },
  indexes: [{ properties: ["survivorId"] }],
});
