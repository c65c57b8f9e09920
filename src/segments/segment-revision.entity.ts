import { defineEntity, p } from "@mikro-orm/core";

/** What a segment said from one save to the next. Append-only, so that what was once meant stays readable. */
export const SegmentRevisionEntity = defineEntity({
  name: "SegmentRevision",
  tableName: "segment_revision",
  properties: {
    segmentId: p.integer().primary(),
    revision: p.integer().primary(),
    expression: p.json<unknown>(),
    savedAt: p.datetime(6),
    savedBy: p.text(),
  },
});
