import { defineEntity, p } from "@mikro-orm/core";
import type { ReliabilityBin } from "../math/reliability.js";

/** What a champion foretold of a bounded sample of users, kept until the horizon has passed and it can be judged. Per user. */
export const ScoreSnapshotEntity = defineEntity({
  name: "ScoreSnapshot",
  tableName: "score_snapshot",
  properties: {
    userId: p.bigint("string").primary(),
    modelId: p.integer().primary(),
    scoredAt: p.datetime(6).primary(),
    probability: p.double(),
  },
  indexes: [{ properties: ["modelId", "scoredAt"] }],
});

/** What became of it. */
export const BacktestEntity = defineEntity({
  name: "Backtest",
  tableName: "backtest",
  properties: {
    modelId: p.integer().primary(),
    scoredAt: p.datetime(6).primary(),
    judgedAt: p.datetime(6),
    users: p.integer(),
    churned: p.integer(),
    /** The sum of the probabilities: so many were foretold to churn. */
    expected: p.double(),
    /** Null where only one outcome occurred. */
    auc: p.double().nullable(),
    aucStandardError: p.double().nullable(),
    brier: p.double(),
    logLoss: p.double(),
    calibrationError: p.double(),
    reliability: p.json<readonly ReliabilityBin[]>(),
  },
});
