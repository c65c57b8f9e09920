import { defineEntity, p } from "@mikro-orm/core";

/** The receipt of an erasure: the number that the person had here, which nothing else holds any more. Per user. */
export const ErasureEntity = defineEntity({
  name: "Erasure",
  tableName: "erasure",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    at: p.datetime(6),
    byWhom: p.text(),
    reason: p.text().nullable(),
  },
});
