import { defineEntity, p } from "@mikro-orm/core";

/** How many members a segment had once everybody had been looked at. */
export const SegmentSizeEntity = defineEntity({
  name: "SegmentSize",
  tableName: "segment_size",
  properties: {
    segmentId: p.integer().primary(),
    at: p.datetime(6).primary(),
    users: p.integer(),
    /** What the segment said then: sizes of different revisions are not compared. */
    revision: p.integer(),
  },
});
