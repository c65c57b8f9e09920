import { defineEntity, p } from "@mikro-orm/core";

/** How a tag's values were distributed when everybody was refreshed: the last time of each UTC day, kept for a year. */
export const TagRefreshEntity = defineEntity({
  name: "TagRefresh",
  tableName: "tag_refresh",
  properties: {
    tagId: p.integer().primary(),
    asOf: p.datetime(6).primary(),
    /** A changed definition is no drift: only the same revision is compared. */
    revision: p.integer(),
    /** Deciles of a METRIC tag's numbers. */
    cuts: p.json<number[]>(),
    /** Users without a value, then users of each class between the cuts; of other tags those who hold it. */
    counts: p.json<number[]>(),
    /** The population stability index against about a month before, and the instant that was compared with. */
    drift: p.double().nullable(),
    driftFrom: p.datetime(6).nullable(),
  },
});
