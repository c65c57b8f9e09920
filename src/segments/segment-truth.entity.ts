import { defineEntity, p } from "@mikro-orm/core";

/** Which conditions the bits of users' truths stand for. Append-only while users stand in it: bits are read by the layout they were written in. */
export const SegmentLayoutEntity = defineEntity({
  name: "SegmentLayout",
  tableName: "segment_layout",
  properties: {
    id: p.integer().primary().autoincrement(),
    conditions: p.array<string>().columnType("text[]"),
    /** Of the conditions. */
    hash: p.text().unique(),
  },
});

/**
 * Which conditions of the saved segments hold for a user, as they were last looked at: what flips is told by the difference, for whoever
 * comes in as for whoever leaves. Per user: one row, some bits a segment.
 */
export const SegmentTruthEntity = defineEntity({
  name: "SegmentTruth",
  tableName: "segment_truth",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    layoutId: p.integer(),
    truths: p.string().columnType("varbit"),
    /** When time alone may make one of them flip next. */
    dueAt: p.datetime(6).nullable(),
  },
  indexes: [
    {
      name: "segment_truth_due_at_index",
      expression: `create index "segment_truth_due_at_index" on "segment_truth" ("due_at") where "due_at" is not null`,
    },
  ],
});
