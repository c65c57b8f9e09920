import type { BoostedTrees } from "./boosting.js";
import { type Calibration, calibrate } from "./calibration.js";
import { expand, foldCategories, type Levels } from "./categories.js";
import type { Forest } from "./forest.js";
import { forestProbabilities, leafSums } from "./forest-scores.js";
import { followCurve, type RisingCurve } from "./isotonic.js";
import { type LogisticWeights, logisticLogOdds } from "./logistic.js";
import type { Matrix } from "./matrix.js";
import { type PreparedColumn, prepare } from "./prepare.js";
import { type Contributions, forestContributions, leafContributions } from "./tree-shap.js";

/** What every kind of model has. */
interface Calibrated {
  readonly calibration: Calibration;
  /** Where columns are of categories: the model reads a 0/1 column for each of them (see categories.ts). */
  readonly levels?: Levels;
  /** By column: of one of categories their names, by their numbers. Absent where no column is of categories. */
  readonly words?: readonly (readonly string[] | null)[];
}

export interface RulesModel extends Calibrated {
  readonly algorithm: "RULES";
  /** One tree for each rule, whose values are points. */
  readonly rules: Forest;
}

export interface LogisticModel extends Calibrated {
  readonly algorithm: "LOGISTIC_REGRESSION";
  readonly preparation: readonly PreparedColumn[];
  readonly logistic: LogisticWeights;
}

export interface ForestModel extends Calibrated {
  readonly algorithm: "RANDOM_FOREST";
  readonly forest: Forest;
}

export interface DecisionTreeModel extends Calibrated {
  readonly algorithm: "DECISION_TREE";
  /** One tree, whose values are log-odds. */
  readonly tree: Forest;
}

export interface BoostedModel extends Calibrated {
  readonly algorithm: "GRADIENT_BOOSTED_TREES";
  readonly boosted: BoostedTrees;
}

/** Trained elsewhere (see foreign-model.ts), calibrated here. */
export interface ImportedModel extends Calibrated {
  readonly algorithm: "IMPORTED";
  /** base + leaves is a score of whatever unit: calibration makes log-odds of it. */
  readonly imported: BoostedTrees;
}

/** What training leaves behind: enough to score and to explain any row with the same columns. */
export type FittedModel = RulesModel | LogisticModel | DecisionTreeModel | ForestModel | BoostedModel | ImportedModel;

export type Algorithm = FittedModel["algorithm"];

/**
 * The calibrated log-odds of each row; sigmoid turns them into probabilities.
 *
 * @throws RangeError when the matrix has not as many columns as the model was fitted on
 */
export function predictLogOdds(model: FittedModel, matrix: Matrix): Float64Array {
  return calibrate(rawScores(model, matrix), model.calibration);
}

/** Before calibration: the rules' points, the forest's mean share of positives, the others' own log-odds. */
export function rawScores(model: FittedModel, given: Matrix): Float64Array {
  const matrix = model.levels ? expand(given, model.levels) : given;
  switch (model.algorithm) {
    case "LOGISTIC_REGRESSION":
      return logisticLogOdds(prepare(matrix, model.preparation), model.logistic);
    case "RULES":
      return leafSums(model.rules, matrix);
    case "RANDOM_FOREST":
      return forestProbabilities(model.forest, matrix);
    case "DECISION_TREE":
      return leafSums(model.tree, matrix);
    case "GRADIENT_BOOSTED_TREES": {
      const { base, forest } = model.boosted;
      return leafSums(forest, matrix).map((sum) => base + sum);
    }
    case "IMPORTED": {
      const { base, forest } = model.imported;
      return leafSums(forest, matrix).map((sum) => base + sum);
    }
  }
}

/**
 * How much each column moves each row's log-odds: base plus the row's contributions is predictLogOdds, within 1e-9. Every
 * kind of score is a sum over columns, and Platt's calibration stretches and shifts a sum; for a curve see bent.
 *
 * @throws RangeError when the matrix has not as many columns as the model was fitted on
 */
export function contributions(model: FittedModel, matrix: Matrix): Contributions {
  const { a, b, curve } = model.calibration;
  const { levels } = model;
  const raw = levels ? foldCategories(rawContributions(model, expand(matrix, levels)), levels) : rawContributions(model, matrix);
  if (curve) return bent(raw, matrix.rows, curve);
  for (const column of raw.values) for (let row = 0; row < column.length; row++) column[row]! *= a;
  return { base: a * raw.base + b, values: raw.values };
}

/**
 * A curve is no sum over columns. Each column keeps its share of the way that the row's score went from the base, and its sign, for
 * the curve never falls: contributions are stretched by as much as the curve stretched the whole way, and still sum up.
 */
function bent({ base, values }: Contributions, rows: number, curve: RisingCurve): Contributions {
  const [height] = followCurve(curve, Float64Array.of(base));
  const ways = new Float64Array(rows);
  for (const column of values) for (let row = 0; row < rows; row++) ways[row]! += column[row]!;
  const heights = followCurve(
    curve,
    ways.map((way) => base + way),
  );
  for (let row = 0; row < rows; row++) {
    // A row that came back to the base went nowhere, however the curve runs.
    const stretch = Math.abs(ways[row]!) < 1e-12 ? 0 : (heights[row]! - height!) / ways[row]!;
    for (const column of values) column[row]! *= stretch;
  }
  return { base: height!, values };
}

function rawContributions(model: FittedModel, matrix: Matrix): Contributions {
  switch (model.algorithm) {
    case "LOGISTIC_REGRESSION":
      return linearContributions(model, matrix);
    case "RULES":
      return leafContributions(model.rules, matrix);
    case "RANDOM_FOREST":
      return forestContributions(model.forest, matrix);
    case "DECISION_TREE":
      return leafContributions(model.tree, matrix);
    case "GRADIENT_BOOSTED_TREES": {
      const { base, values } = leafContributions(model.boosted.forest, matrix);
      return { base: model.boosted.base + base, values };
    }
    case "IMPORTED": {
      const { base, values } = leafContributions(model.imported.forest, matrix);
      return { base: model.imported.base + base, values };
    }
  }
}

/**
 * weight x (value - mean), which for a linear model is the Shapley value. Prepared columns have the mean 0; a column's value and
 * the mark that it is missing count together.
 */
function linearContributions({ preparation, logistic }: LogisticModel, matrix: Matrix): Contributions {
  const prepared = prepare(matrix, preparation);
  const values = matrix.columns.map(() => new Float64Array(matrix.rows));
  for (const [j, column] of prepared.columns.entries()) {
    const sum = values[prepared.origins[j]!]!;
    const weight = logistic.weights[j]!;
    for (let row = 0; row < matrix.rows; row++) sum[row]! += weight * column[row]!;
  }
  return { base: logistic.intercept, values };
}
