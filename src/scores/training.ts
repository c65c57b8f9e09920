import { sigmoid } from "../learn/logistic.js";
import { type Matrix, takeLabels, takeRows } from "../learn/matrix.js";
import { type Algorithm, contributions, type FittedModel, predictLogOdds } from "../learn/model.js";
import { encodeModel } from "../learn/model-bytes.js";
import { MOST_PACKAGE_ROWS } from "../learn/package-forest.js";
import type { PointRule } from "../learn/rules.js";
import { LEAST_AUC, LEAST_SKILL, type Signal, signal } from "../learn/signal.js";
import { type Trained, train } from "../learn/train.js";
import { auc } from "../math/auc.js";
import { brier } from "../math/proper-scores.js";
import { type Evaluation, evaluate } from "./evaluation.js";
import { type RankedTag, rankTags } from "./ranking.js";

/** The simpler first: where two do about equally well, the earlier is taken. */
export const TRAINABLE = [
  "RULES",
  "LOGISTIC_REGRESSION",
  "DECISION_TREE",
  "GRADIENT_BOOSTED_TREES",
  "RANDOM_FOREST",
] as const satisfies readonly Algorithm[];

/** What is asked of a training: plain data, so that it can be handed to a worker. */
export interface TrainingRequest {
  readonly algorithms: readonly Algorithm[];
  /** Keys of the tags, one for each column. */
  readonly features: readonly string[];
  readonly columns: readonly Float64Array[];
  readonly labels: Uint8Array;
  /** The user of each row. */
  readonly groups: Float64Array;
  /** The observation date of each row, as its place among the dates, the earliest 0. */
  readonly dates: Uint8Array;
  readonly seed: number;
  /** Of RULES, over the columns. */
  readonly rules: readonly PointRule[];
}

export interface TrainingResult {
  readonly algorithm: Algorithm;
  readonly parameters: Uint8Array;
  /** The probability of each row by a model that has not seen its user. */
  readonly outOfFold: Float64Array;
  readonly evaluation: ModelEvaluation;
}

/** How a model's scores were made probabilities (see learn/calibration.ts for when). */
export const CALIBRATION_METHODS = ["PLATT", "ISOTONIC"] as const;
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

/** What is stored with a model. */
export interface ModelEvaluation extends Evaluation {
  readonly calibration: CalibrationMethod;
  readonly signal: boolean;
  readonly signalSentence: string;
  /** Trained on the earlier observation dates and judged at the last; null with a single date. */
  readonly laterDate: { readonly rows: number; readonly auc: number; readonly brier: number } | null;
  /** Every algorithm that was tried, on the same folds. */
  readonly candidates: readonly {
    readonly algorithm: Algorithm;
    readonly aucMean: number;
    readonly aucSd: number;
    readonly brierMean: number;
  }[];
  readonly ranking: readonly RankedTag[];
  readonly rankedOver: number;
}

/**
 * Over how many rows contributions are averaged. A linear model explains hundreds of thousands of rows a second, boosted trees some
 * thousands, a forest of 200 trees some hundreds: over 500 rows a mean's standard error is 4.5 % of its spread, so the order of tags
 * that matter is settled.
 */
export const MOST_RANKED_ROWS: Readonly<Record<Algorithm, number>> = {
  RULES: 5_000,
  LOGISTIC_REGRESSION: 5_000,
  DECISION_TREE: 5_000,
  GRADIENT_BOOSTED_TREES: 2_000,
  RANDOM_FOREST: 500,
};

/** Shares of the progress: candidates, then the later date, then the ranking. */
const TRIED_SHARE = 0.75;
const LATER_SHARE = 0.2;
/** Folds serve the calibration alone when a model is judged by a later date. */
const LATER_FOLDS = 3;

/** Trains every algorithm asked for on the same folds, takes the best (the simpler within one standard error), and judges it. */
export function runTraining(request: TrainingRequest, onProgress: (share: number, step: string) => void): TrainingResult {
  const matrix: Matrix = { rows: request.labels.length, columns: request.columns };
  const { labels, groups, seed, rules } = request;
  const byPackage = labels.length <= MOST_PACKAGE_ROWS;
  const tried = request.algorithms.map((algorithm, i) => {
    const told = (share: number) =>
      onProgress((TRIED_SHARE * (i + share)) / request.algorithms.length, `training ${NAMES[algorithm]}`);
    return {
      algorithm,
      trained: train(algorithm, matrix, labels, groups, {
        seed,
        rules,
        byPackage,
        c: penaltyFor(labels.length),
        onProgress: told,
      }),
    };
  });
  const { algorithm, trained } = simplestOfTheBest(tried);
  const laterDate = judgeLater(request, matrix, algorithm, (share) =>
    onProgress(TRIED_SHARE + LATER_SHARE * share, "judging by the last date"),
  );
  onProgress(TRIED_SHARE + LATER_SHARE, "ranking the tags");
  const found = signal(matrix, labels, trained.outOfFold);
  const ranked = everyNth(matrix, MOST_RANKED_ROWS[algorithm]);
  return {
    algorithm,
    parameters: encodeModel(trained.model),
    outOfFold: trained.outOfFold,
    evaluation: {
      ...evaluate(trained.outOfFold, labels, trained.crossValidation),
      calibration: trained.model.calibration.curve ? "ISOTONIC" : "PLATT",
      signal: found.usable,
      signalSentence: signalSentence(found, request.features),
      laterDate,
      candidates: tried.map(({ algorithm, trained: { crossValidation } }) => ({
        algorithm,
        aucMean: crossValidation.aucMean,
        aucSd: crossValidation.aucSd,
        brierMean: crossValidation.brierMean,
      })),
      ranking: rankTags(request.features, ranked.columns, contributions(trained.model, ranked)),
      rankedOver: ranked.rows,
    },
  };
}

/** Breiman et al. (CART, 1984): within one standard error of the best mean, the simplest. */
export function simplestOfTheBest<T extends { readonly trained: Pick<Trained, "crossValidation"> }>(tried: readonly T[]): T {
  const best = tried.reduce((a, b) => (b.trained.crossValidation.aucMean > a.trained.crossValidation.aucMean ? b : a));
  const { aucMean, aucSd, folds } = best.trained.crossValidation;
  return tried.find(({ trained }) => trained.crossValidation.aucMean >= aucMean - aucSd / Math.sqrt(folds)) ?? best;
}

/** The probabilities that a model gives to rows. */
export function predictProbabilities(model: FittedModel, matrix: Matrix): Float64Array {
  return predictLogOdds(model, matrix).map(sigmoid);
}

/** How much log-loss the one saves against the other on the same rows, and the standard error of that (paired, row by row). */
export function compareLosses(
  ours: Float64Array,
  theirs: Float64Array,
  labels: Uint8Array,
): { saved: number; standardError: number } {
  const lossOf = (probability: number, label: number) =>
    -Math.log(Math.min(Math.max(label === 1 ? probability : 1 - probability, 1e-15), 1));
  const differences = Float64Array.from(labels, (label, row) => lossOf(theirs[row]!, label) - lossOf(ours[row]!, label));
  const saved = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const variance = differences.reduce((sum, value) => sum + (value - saved) ** 2, 0) / (differences.length - 1);
  return { saved, standardError: Math.sqrt(variance / differences.length) };
}

/**
 * Logistic regression's C. The library's tags say much the same in many ways (counts over 7, 30, 60, 90, 180 days), and held down
 * harder than C = 1 they rank better: at nine of ten samples of five real sets, by up to 0.008 of AUC (the tenth: 0.0001 worse).
 * What is best falls with the rows: 0.03 at 1,000, 0.01 at 2,700 and more. Choosing C by inner folds (learn/penalty.ts) does better on
 * most sets, but on Online Retail at its first date it follows chance: an AUC of 0.7515, where this rule reaches the reference's.
 */
function penaltyFor(rows: number): number {
  return Math.min(1, Math.max(0.01, 25 / rows));
}

function judgeLater(
  request: TrainingRequest,
  matrix: Matrix,
  algorithm: Algorithm,
  onProgress: (share: number) => void,
): ModelEvaluation["laterDate"] {
  const { dates, labels, groups, seed, rules } = request;
  const last = dates.reduce((latest, date) => Math.max(latest, date), 0);
  if (last === 0) return null;
  const rows = Int32Array.from(dates.keys());
  const earlier = rows.filter((row) => dates[row]! < last);
  const later = rows.filter((row) => dates[row] === last);
  const trained = train(
    algorithm,
    takeRows(matrix, earlier),
    takeLabels(labels, earlier),
    Array.from(earlier, (row) => groups[row]!),
    { seed, rules, byPackage: labels.length <= MOST_PACKAGE_ROWS, c: penaltyFor(earlier.length), folds: LATER_FOLDS, onProgress },
  );
  const probabilities = predictProbabilities(trained.model, takeRows(matrix, later));
  const happened = takeLabels(labels, later);
  return { rows: later.length, auc: auc(probabilities, happened), brier: brier(probabilities, happened) };
}

function signalSentence(found: Signal, features: readonly string[]): string {
  const best = found.bestColumn
    ? `; ${features[found.bestColumn.column]} alone ranks with ${found.bestColumn.auc.toFixed(3)}`
    : "";
  const facts = `On users it has not seen the model ranks with an AUC of ${found.auc.toFixed(3)} and saves ${percent(found.skill)} of the error of giving everybody the same probability${best}.`;
  if (found.usable) return `A usable signal was found. ${facts}`;
  const why = found.shortfalls.map((shortfall) => {
    switch (shortfall) {
      case "SAVES_TOO_LITTLE":
        return `it has to save at least ${percent(LEAST_SKILL)}`;
      case "MAY_BE_CHANCE":
        return "what it saves may be chance";
      case "RANKS_TOO_POORLY":
        return `its AUC has to lie above ${LEAST_AUC} with confidence`;
      default:
        return shortfall satisfies never;
    }
  });
  return `No usable signal was found: ${why.join(", and ")}. ${facts} Add tags that tell more, or another churn definition.`;
}

function everyNth(matrix: Matrix, most: number): Matrix {
  const stride = Math.max(1, Math.ceil(matrix.rows / most));
  return takeRows(
    matrix,
    Int32Array.from({ length: Math.ceil(matrix.rows / stride) }, (_, i) => i * stride),
  );
}

const NAMES: Readonly<Record<Algorithm, string>> = {
  RULES: "the rules",
  LOGISTIC_REGRESSION: "a logistic regression",
  DECISION_TREE: "a decision tree",
  GRADIENT_BOOSTED_TREES: "boosted trees",
  RANDOM_FOREST: "a random forest",
};

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
