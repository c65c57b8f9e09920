import { defineEntity, p } from "@mikro-orm/core";

/**
 * All METRIC tags of one user as one row, the numbers by the tags' slots (NULL where undefined): 40 numbers cost 350 bytes
 * here and 6 kB as rows of user_tag. Their history is not stored: it is recomputed from the events at any asOf.
 */
export const UserMetricEntity = defineEntity({
  name: "UserMetric",
  tableName: "user_metric",
  properties: {
    userId: p.bigint("string").primary().autoincrement(false),
    asOf: p.datetime(6),
    numbers: p.array<number>().columnType("double precision[]"),
  },
});
