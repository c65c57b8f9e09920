import type { BoostedTrees } from "./boosting.js";
import type { Calibration } from "./calibration.js";
import type { Forest } from "./forest.js";
import { exportForest, importForest, type MlRandomForest } from "./forest-json.js";
import type { FittedModel } from "./model.js";
import { exportXgboost, importXgboost, xgboostFeatures } from "./xgboost-json.js";

/** Forms in which models come from elsewhere, and go there. */
export const MODEL_FORMATS = ["XGBOOST", "ML_RANDOM_FOREST"] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/**
 * A model that was trained elsewhere, as trees whose leaves add up: XGBoost's in log-odds, ml-random-forest's to the mean share of
 * positives in the leaves. Calibration makes probabilities of either.
 *
 * @throws Error with a sentence on what is wrong with the text
 */
export function readForeignModel(format: ModelFormat, text: string, columns: number): BoostedTrees {
  const json = parse(text);
  if (format === "XGBOOST") return importXgboost(json, columns);
  const forest = importForest(json as MlRandomForest, columns);
  if (forest.roots.length === 0) throw new Error("The forest has no trees.");
  return { base: 0, forest: meanOfTrees(forest) };
}

/** The columns that the model itself names; null where it names none. */
export function foreignFeatures(format: ModelFormat, text: string): readonly string[] | null {
  return format === "XGBOOST" ? xgboostFeatures(parse(text)) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The model is not JSON.");
  }
}

/**
 * A model of trees as others read it; null where it is not one, or not of that kind. As XGBOOST its probabilities come along, Platt's line
 * being folded into the leaves (a curve is left out); ML_RANDOM_FOREST votes, and is for random forests only.
 */
export function writeModel(format: ModelFormat, model: FittedModel, features: readonly string[]): string | null {
  if (format === "ML_RANDOM_FOREST")
    return model.algorithm === "RANDOM_FOREST" ? JSON.stringify(exportForest(model.forest)) : null;
  const trees = treesOf(model);
  return trees && exportXgboost(calibrated(trees, model.calibration), columnsOf(model, features));
}

/** What trees ask for: of a tag of words a 0/1 column for each word. */
function columnsOf({ levels, words }: FittedModel, features: readonly string[]): readonly string[] {
  return features.flatMap((key, column) => {
    const count = levels?.[column] ?? null;
    if (count === null) return [key];
    // XGBoost bars these characters from names.
    const named = (code: number) => (words?.[column]?.[code] ?? "other").replace(/[[\]<]/g, "_");
    return Array.from({ length: count }, (_, code) => `${key}=${named(code)}`);
  });
}

function treesOf(model: FittedModel): BoostedTrees | null {
  switch (model.algorithm) {
    case "LOGISTIC_REGRESSION":
      return null;
    case "RULES":
      return { base: 0, forest: model.rules };
    case "DECISION_TREE":
      return { base: 0, forest: model.tree };
    case "RANDOM_FOREST":
      return { base: 0, forest: meanOfTrees(model.forest) };
    case "GRADIENT_BOOSTED_TREES":
      return model.boosted;
    case "IMPORTED":
      return model.imported;
  }
}

function meanOfTrees(forest: Forest): Forest {
  return { ...forest, value: forest.value.map((share) => share / forest.roots.length) };
}

function calibrated({ base, forest }: BoostedTrees, { a, b }: Calibration): BoostedTrees {
  return { base: a * base + b, forest: { ...forest, value: forest.value.map((value) => a * value) } };
}
