import { defineEntity, p } from "@mikro-orm/core";

/** How far the users that a champion scores have moved from those it was trained on: the last time of each UTC day, kept for a year. */
export const ModelDriftEntity = defineEntity({
  name: "ModelDrift",
  tableName: "model_drift",
  properties: {
    modelId: p.integer().primary(),
    asOf: p.datetime(6).primary(),
    /** Over how many users it was taken. */
    users: p.integer(),
    /** Population stability indexes: of the score, and of each input in the order of the model's features. */
    scorePsi: p.double().nullable(),
    inputPsis: p.json<readonly (number | null)[]>(),
  },
});
