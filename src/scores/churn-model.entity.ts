import { defineEntity, p } from "@mikro-orm/core";
import type { Visibility } from "../people/access.js";
import { ChurnDefinitionEntity } from "./churn-definition.entity.js";

export const MODEL_STATES = ["CANDIDATE", "CHAMPION", "RETIRED"] as const;
export type ModelState = (typeof MODEL_STATES)[number];
export const ALGORITHMS = [
  "RULES",
  "LOGISTIC_REGRESSION",
  "DECISION_TREE",
  "RANDOM_FOREST",
  "GRADIENT_BOOSTED_TREES",
  "IMPORTED",
  "BEST",
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A fitted model: what it was trained on, how well it does, and its parameters as bytes (learn/model.ts). */
export const ChurnModelEntity = defineEntity({
  name: "ChurnModel",
  tableName: "churn_model",
  properties: {
    id: p.integer().primary().autoincrement(),
    definition: () => p.manyToOne(ChurnDefinitionEntity).updateRule("no action").deleteRule("no action"),
    /** From 1, per definition. */
    version: p.integer(),
    state: p.text().$type<ModelState>(),
    algorithm: p.text().$type<Algorithm>(),
    /** Keys of the tags, in the order of the matrix. */
    features: p.array<string>().columnType("text[]"),
    seed: p.bigint("number"),
    trainedAt: p.datetime(6),
    sample: p.json<unknown>(),
    evaluation: p.json<unknown>(),
    parameters: p.blob(),
    /** SHA-256 of the parameters: two trainings that gave the same model show it, and a decoded model is kept under it. */
    fingerprint: p.text(),
    /** Key of the department that owns it. */
    department: p.text().default("company"),
    visibility: p.text().$type<Visibility>().default("PUBLIC"),
    /** Of the program that trained it, and SHA-256 of the sample it was given. Null in older models. */
    codeVersion: p.text().nullable(),
    dataFingerprint: p.text().nullable(),
  },
  uniques: [{ properties: ["definition", "version"] }],
});
