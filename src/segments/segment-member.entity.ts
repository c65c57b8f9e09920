import { defineEntity, p } from "@mikro-orm/core";

/** A condition of a segment that came to hold for a user, or holds no more. */
export interface FlippedCondition {
  /** In the text form of expressions. */
  readonly text: string;
  readonly holds: boolean;
}

/** One user in one segment now. Per user. */
export const SegmentMemberEntity = defineEntity({
  name: "SegmentMember",
  tableName: "segment_member",
  properties: {
    userId: p.bigint("string").primary(),
    segmentId: p.integer().primary(),
    since: p.datetime(6),
    reason: p.text(),
    /** What flipped when the user came in. */
    conditions: p.json<readonly FlippedCondition[]>(),
  },
  indexes: [{ properties: ["segmentId", "since", "userId"] }],
});

/** Memberships that ended, in [since, until). Append-only, per user. */
export const SegmentMemberHistoryEntity = defineEntity({
  name: "SegmentMemberHistory",
  tableName: "segment_member_history",
  properties: {
    userId: p.bigint("string").primary(),
    segmentId: p.integer().primary(),
    since: p.datetime(6).primary(),
    until: p.datetime(6),
    reason: p.text(),
    conditions: p.json<readonly FlippedCondition[]>(),
    exitReason: p.text(),
    exitConditions: p.json<readonly FlippedCondition[]>(),
  },
  indexes: [{ properties: ["segmentId", "since", "userId"] }, { properties: ["segmentId", "until", "userId"] }],
});
