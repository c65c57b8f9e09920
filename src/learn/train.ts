import { auc } from "../math/auc.js";
import { brier, logLoss } from "../math/proper-scores.js";
import { type BoostedTrees, type BoostingOptions, fitBoosted } from "./boosting.js";
import { calibrate, fitCurve, fitPlatt, LEAST_ROWS_FOR_CURVE, UNCALIBRATED } from "./calibration.js";
import { expand, levelsOf } from "./categories.js";
import { type DecisionTreeOptions, fitDecisionTree } from "./decision-tree.js";
import { groupFolds } from "./folds.js";
import { type ForestOptions, fitForest } from "./forest.js";
import { fitLogistic, sigmoid } from "./logistic.js";
import { type Matrix, takeLabels, takeRows, takeValues } from "./matrix.js";
import { type Algorithm, type FittedModel, rawScores } from "./model.js";
import { fitPackageForest, MOST_PACKAGE_ROWS } from "./package-forest.js";
import { choosePenalty } from "./penalty.js";
import { fitPreparation, prepare } from "./prepare.js";
import { type PointRule, rulesAsForest } from "./rules.js";

export interface TrainOptions {
  readonly seed: number;
  /** How many parts the rows are divided into; fewer are made where a label has fewer users. */
  readonly folds?: number;
  /** Logistic regression's C (see fitLogistic); found from the rows of each fit when left out (penalty.ts). */
  readonly c?: number;
  /** Of RULES: what is counted; the rules themselves are not learned, only what their points mean. */
  readonly rules?: readonly PointRule[];
  /** Of IMPORTED: the model as it is, of which the calibration alone is learned. */
  readonly imported?: BoostedTrees;
  readonly forest?: Partial<Pick<ForestOptions, "trees" | "maxDepth" | "minLeaf" | "featuresPerSplit" | "bins">>;
  /** Of RANDOM_FOREST: whether the package ml-random-forest grows it; when left out, on up to MOST_PACKAGE_ROWS rows. */
  readonly byPackage?: boolean;
  readonly tree?: Partial<Pick<DecisionTreeOptions, "maxDepth" | "minLeaf" | "bins">>;
  readonly boosting?: Partial<Omit<BoostingOptions, "seed" | "earlyStopping" | "onProgress" | "cancelled">>;
  /** Told the share of the work that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Asked before each fit and each tree. */
  readonly cancelled?: () => boolean;
}

/** Metrics over the folds of all dealings; sd is the sample's standard deviation (n - 1). */
export interface CrossValidation {
  readonly folds: number;
  /** How often rows were dealt into folds; 1 where that was not kept. */
  readonly dealings?: number;
  readonly aucMean: number;
  readonly aucSd: number;
  readonly brierMean: number;
  readonly brierSd: number;
  readonly logLossMean: number;
  readonly logLossSd: number;
}

export interface Trained {
  readonly model: FittedModel;
  /** For each row the calibrated probability by a model, and a calibration, that have not seen the row's group. */
  readonly outOfFold: Float64Array;
  readonly crossValidation: CrossValidation;
  /**
   * Deals the rows into folds anew until they have been dealt so often, and judges the algorithm over all of that: the mean of one dealing
   * depends on its luck. The model and the probabilities stay as they are.
   *
   * @param onProgress told the share of the work that is done, 0 to 1
   */
  readonly dealAgain: (dealings: number, onProgress?: (share: number) => void) => CrossValidation;
}

/**
 * Trains a calibrated model and says how well it does on users it has not seen: k models, each on all folds but one, score the
 * fold left out; the calibration of a fold's scores is fitted on the scores of the other folds. The model handed out is fitted
 * on all rows and calibrated on all out-of-fold scores. Synchronous and free of clocks; the same input gives the same model.
 *
 * @param labels 0 or 1, one for each row
 * @param groups the user of each row, any numbers: a user's rows stay together
 * @throws RangeError with fewer than two users of either label; Error named "AbortError" when cancelled
 */
export function train(
  algorithm: Algorithm,
  matrix: Matrix,
  labels: Uint8Array,
  groups: ArrayLike<number>,
  given: TrainOptions,
): Trained {
  const options = { ...given, byPackage: given.byPackage ?? matrix.rows <= MOST_PACKAGE_ROWS };
  const foldCount = Math.min(options.folds ?? 5, usersOfRarerLabel(labels, groups));
  if (foldCount < 2) throw new RangeError("Training needs at least two users of each label.");
  let work = { fitted: 0, fits: foldCount + 1, onProgress: options.onProgress };

  const learns = algorithm !== "RULES" && algorithm !== "IMPORTED";
  const levels = learns ? levelsOf(matrix) : undefined;
  const learn = (part: Matrix, partLabels: Uint8Array): FittedModel => {
    const progress = (share: number) => work.onProgress?.((work.fitted + share) / work.fits);
    const fitted = fitOnce(levels ? expand(part, levels) : part, algorithm, partLabels, options, progress);
    work.fitted++;
    return levels ? { ...fitted, levels } : fitted;
  };

  const deal = (dealing: number): Dealing => {
    const fold = groupFolds(labels, groups, foldCount, options.seed + dealing);
    const rowsOf = Array.from({ length: foldCount }, (_, f) => selectRows(fold, (of) => of === f));
    const rowsBut = Array.from({ length: foldCount }, (_, f) => selectRows(fold, (of) => of !== f));
    const raw = new Float64Array(matrix.rows);
    for (const [f, seen] of rowsBut.entries()) {
      const model = learn(takeRows(matrix, seen), takeLabels(labels, seen));
      scatter(rawScores(model, takeRows(matrix, rowsOf[f]!)), rowsOf[f]!, raw);
    }
    return { rowsOf, rowsBut, raw };
  };
  const first = deal(0);
  let chosen = fitPlatt;
  let outOfFold = heldOut(first, labels, chosen);
  if (matrix.rows >= LEAST_ROWS_FOR_CURVE) {
    const byCurve = heldOut(first, labels, fitCurve);
    if (brier(byCurve, labels) < brier(outOfFold, labels)) {
      chosen = fitCurve;
      outOfFold = byCurve;
    }
  }
  const judged = [{ rowsOf: first.rowsOf, outOfFold }];
  const model = { ...learn(matrix, labels), calibration: chosen(first.raw, labels) };
  const dealAgain = (dealings: number, onProgress?: (share: number) => void): CrossValidation => {
    work = { fitted: 0, fits: (dealings - judged.length) * foldCount, onProgress };
    while (judged.length < dealings) {
      const dealt = deal(judged.length);
      judged.push({ rowsOf: dealt.rowsOf, outOfFold: heldOut(dealt, labels, chosen) });
    }
    return validate(judged, labels, foldCount);
  };
  return { model, outOfFold, crossValidation: validate(judged, labels, foldCount), dealAgain };
}

/** Rows dealt into folds, and the raw score of each by a model fitted on the other folds. */
interface Dealing {
  readonly rowsOf: readonly Int32Array[];
  readonly rowsBut: readonly Int32Array[];
  readonly raw: Float64Array;
}

/** Raw scores calibrated by those of the other folds. */
function heldOut({ rowsOf, rowsBut, raw }: Dealing, labels: Uint8Array, calibrator: typeof fitPlatt): Float64Array {
  const probabilities = new Float64Array(raw.length);
  for (const [f, others] of rowsBut.entries()) {
    const calibration = calibrator(takeValues(raw, others), takeLabels(labels, others));
    scatter(calibrate(takeValues(raw, rowsOf[f]!), calibration).map(sigmoid), rowsOf[f]!, probabilities);
  }
  return probabilities;
}

/** One fit on the given rows, without calibration. */
function fitOnce(
  matrix: Matrix,
  algorithm: Algorithm,
  labels: Uint8Array,
  options: TrainOptions,
  onProgress: (share: number) => void,
): FittedModel {
  if (options.cancelled?.()) throw new DOMException("The training was cancelled.", "AbortError");
  switch (algorithm) {
    case "RULES":
      if (!options.rules?.length) throw new RangeError("There are no rules to count.");
      onProgress(1);
      return { algorithm, rules: rulesAsForest(matrix, options.rules), calibration: UNCALIBRATED };
    case "IMPORTED":
      if (!options.imported) throw new RangeError("There is no imported model.");
      onProgress(1);
      return { algorithm, imported: options.imported, calibration: UNCALIBRATED };
    case "LOGISTIC_REGRESSION": {
      const preparation = fitPreparation(matrix);
      const prepared = prepare(matrix, preparation);
      const c = options.c ?? choosePenalty(prepared, labels, options.seed);
      const logistic = fitLogistic(prepared, labels, { c });
      onProgress(1);
      return { algorithm, preparation, logistic, calibration: UNCALIBRATED };
    }
    case "RANDOM_FOREST": {
      const { seed, cancelled } = options;
      const told = { seed, onProgress, ...(cancelled && { cancelled }) };
      const forest = options.byPackage
        ? fitPackageForest(matrix, labels, told)
        : fitForest(matrix, labels, { ...options.forest, ...told });
      return { algorithm, forest, calibration: UNCALIBRATED };
    }
    case "DECISION_TREE": {
      const tree = fitDecisionTree(matrix, labels, { ...options.tree, seed: options.seed });
      onProgress(1);
      return { algorithm, tree, calibration: UNCALIBRATED };
    }
    case "GRADIENT_BOOSTED_TREES": {
      const { seed, cancelled } = options;
      const boosted = fitBoosted(matrix, labels, { ...options.boosting, seed, onProgress, ...(cancelled && { cancelled }) });
      return { algorithm, boosted, calibration: UNCALIBRATED };
    }
  }
}

function validate(
  judged: readonly { readonly rowsOf: readonly Int32Array[]; readonly outOfFold: Float64Array }[],
  labels: Uint8Array,
  folds: number,
): CrossValidation {
  const over = (metric: (probabilities: Float64Array, labels: Uint8Array) => number) =>
    spread(
      judged.flatMap(({ rowsOf, outOfFold }) =>
        rowsOf.map((rows) => metric(takeValues(outOfFold, rows), takeLabels(labels, rows))),
      ),
    );
  const ofAuc = over(auc);
  const ofBrier = over(brier);
  const ofLogLoss = over(logLoss);
  return {
    folds,
    dealings: judged.length,
    aucMean: ofAuc.mean,
    aucSd: ofAuc.sd,
    brierMean: ofBrier.mean,
    brierSd: ofBrier.sd,
    logLossMean: ofLogLoss.mean,
    logLossSd: ofLogLoss.sd,
  };
}

function spread(values: readonly number[]): { mean: number; sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

/** The smaller of how many users have a row of each label: with no more folds than that, every fold sees both. */
function usersOfRarerLabel(labels: Uint8Array, groups: ArrayLike<number>): number {
  const users = [new Set<number>(), new Set<number>()] as const;
  for (let row = 0; row < labels.length; row++) users[labels[row] === 1 ? 1 : 0].add(groups[row]!);
  return Math.min(users[0].size, users[1].size);
}

function selectRows(fold: Uint8Array, belongs: (fold: number) => boolean): Int32Array {
  return Int32Array.from(fold.keys()).filter((row) => belongs(fold[row]!));
}

function scatter(values: Float64Array, rows: Int32Array, into: Float64Array): void {
  for (let i = 0; i < rows.length; i++) into[rows[i]!] = values[i]!;
}
