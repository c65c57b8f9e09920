import { defineEntity, p } from "@mikro-orm/core";
import type { ModelState } from "./churn-model.entity.js";

/** One move of a model: who, when, why. Append-only. */
export const ChurnModelStateEntity = defineEntity({
  name: "ChurnModelState",
  tableName: "churn_model_state",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    modelId: p.integer().index(),
    /** Null: it was trained. */
    fromState: p.text().$type<ModelState>().nullable(),
    toState: p.text().$type<ModelState>(),
    at: p.datetime(6),
    byWhom: p.text(),
    reason: p.text(),
  },
});
