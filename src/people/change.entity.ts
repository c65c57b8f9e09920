import { defineEntity, p } from "@mikro-orm/core";

export const CHANGE_KINDS = ["RiskTierChange", "TagChange", "SegmentEntered", "SegmentExited"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/**
 * What changed for whom, written in the transaction that changed it. `xid` is that transaction's number, or that of the user's last change
 * where it is higher: a transaction may get its number before it gets the user's lock. Read in the order of (xid, id) up to the oldest
 * transaction that is still open, no change is passed over because it committed late, and a user's changes stand as they happened.
 */
export const ChangeEntity = defineEntity({
  name: "Change",
  tableName: "change",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    xid: p.bigint("string"),
    /** When it holds from; the pipeline's asOf. */
    at: p.datetime(6),
    recordedAt: p.datetime(6),
    kind: p.text().$type<ChangeKind>(),
    userId: p.bigint("string"),
    /** The tag, the tier scheme, or the segment. */
    subjectId: p.integer(),
    before: p.json<unknown>().nullable(),
    after: p.json<unknown>().nullable(),
    reason: p.text().nullable(),
  },
  indexes: [{ properties: ["xid", "id"] }, { properties: ["userId", "xid"] }],
});
