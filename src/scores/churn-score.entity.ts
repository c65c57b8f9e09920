import { defineEntity, p } from "@mikro-orm/core";

/** A user's calibrated probability under a definition's champion. Per user. Factors are computed on demand. */
export const ChurnScoreEntity = defineEntity({
  name: "ChurnScore",
  tableName: "churn_score",
  properties: {
    userId: p.bigint("string").primary(),
    definitionId: p.integer().primary(),
    modelId: p.integer(),
    probability: p.double(),
    /** The asOf of the tags it was computed from. */
    scoredAt: p.datetime(6),
  },
  // Pages of users by score, highest first, ties by user.
  indexes: [{ properties: ["definitionId", "probability", "userId"] }],
});
