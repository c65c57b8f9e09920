import type { BoostedTrees } from "../learn/boosting.js";
import { sigmoid } from "../learn/logistic.js";
import { type Matrix, takeLabels, takeRows, takeValues } from "../learn/matrix.js";
import { type Algorithm, contributions, type FittedModel, predictLogOdds } from "../learn/model.js";
import { encodeModel } from "../learn/model-bytes.js";
import { MOST_PACKAGE_ROWS } from "../learn/package-forest.js";
import type { PointRule } from "../learn/rules.js";
import { LEAST_AUC, LEAST_SKILL, type Signal, signal } from "../learn/signal.js";
import { type Trained, type TrainOptions, train } from "../learn/train.js";
import { auc } from "../math/auc.js";
import { type ForecastIntervals, forecastIntervals } from "../math/bootstrap.js";
import { brier } from "../math/proper-scores.js";
import { calibrationError, reliability } from "../math/reliability.js";
import { type Distribution, distributionOf } from "../tags/drift.js";
import { type Baseline, compareWithBaselines } from "./baseline.js";
import { type Evaluation, evaluate } from "./evaluation.js";
import { type RankedTag, rankGroups, rankTags, withoutOrder } from "./ranking.js";
import { judgeUnseen, type LaterRows } from "./unseen.js";

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
  /** By column: of one of categories their names. Absent where no column is of categories. */
  readonly words?: FittedModel["words"];
  /** Of IMPORTED, over the columns. */
  readonly imported?: BoostedTrees | null;
  /** Days since the last event that counts, for a comparison with recency alone; null where no tag says so. */
  readonly recency: Float64Array | null;
}

export interface TrainingResult {
  readonly algorithm: Algorithm;
  readonly parameters: Uint8Array;
  /** The probability of each row by a model that has not seen its user. */
  readonly outOfFold: Float64Array;
  /** The rows of the last date by models that have seen neither user nor date; null with a single date. */
  readonly later: LaterRows | null;
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
  /** Users and a date that the judging models had not seen; null with a single date. Older models lack what is optional. */
  readonly laterDate: {
    readonly rows: number;
    readonly auc: number;
    readonly brier: number;
    readonly calibrationError?: number;
  } | null;
  /** 95 %, by the bootstrap over users. Absent in older models, as are the next ones. */
  readonly intervals?: ForecastIntervals;
  readonly baselines?: readonly Baseline[];
  /** Tags that say much the same stand together. */
  readonly groups?: readonly RankedTag[];
  /** How the inputs and the scores of the last date's users were distributed, for those of later days to be held against. */
  readonly reference?: { readonly inputs: readonly Distribution[]; readonly score: Distribution };
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
  IMPORTED: 500,
};

/** Shares of the progress: candidates, then other folds, then the unseen, then the comparisons. */
const TRIED_SHARE = 0.5;
const DEALT_SHARE = 0.2;
const UNSEEN_SHARE = 0.25;
/** Folds serve the calibration alone where a model is judged by rows kept from it. */
const UNSEEN_FOLDS = 3;

/**
 * One dealing of rows into folds moves the mean AUC by 0.0004 to 0.003 (its standard deviation on ten samples of 800 to 7,000 rows), so what
 * is taken is dealt anew until so many rows have been judged, as often as its fits are cheap.
 */
const JUDGED_ROWS = 30_000;
const MOST_DEALINGS: Readonly<Record<Algorithm, number>> = {
  RULES: 10,
  LOGISTIC_REGRESSION: 10,
  DECISION_TREE: 10,
  GRADIENT_BOOSTED_TREES: 5,
  RANDOM_FOREST: 2,
  IMPORTED: 10,
};

/** Trains every algorithm asked for on the same folds, takes the best (the simpler within one standard error), and judges it. */
export function runTraining(request: TrainingRequest, onProgress: (share: number, step: string) => void): TrainingResult {
  const { words } = request;
  const categorical = words?.flatMap((names, column) => (names ? [column] : []));
  const matrix: Matrix = { rows: request.labels.length, columns: request.columns, ...(categorical && { categorical }) };
  const { labels, groups, seed } = request;
  const options = optionsOf(request);
  const tried = request.algorithms.map((algorithm, i) => {
    const told = (share: number) =>
      onProgress((TRIED_SHARE * (i + share)) / request.algorithms.length, `training ${NAMES[algorithm]}`);
    return {
      algorithm,
      trained: train(algorithm, matrix, labels, groups, { ...options, onProgress: told }),
    };
  });
  const { algorithm, trained } = simplestOfTheBest(tried);
  const dealings = Math.min(MOST_DEALINGS[algorithm], Math.floor(JUDGED_ROWS / labels.length));
  const crossValidation = trained.dealAgain(dealings, (share) =>
    onProgress(TRIED_SHARE + DEALT_SHARE * share, "judging on other folds too"),
  );
  const ranked = everyNth(matrix, MOST_RANKED_ROWS[algorithm]);
  const moved = contributions(trained.model, ranked);
  const placeOf = new Map(request.features.map((key, place) => [key, place]));
  const isWords = (key: string) => Boolean(words?.[placeOf.get(key)!]);
  const ranking = withoutOrder(rankTags(request.features, ranked.columns, moved), isWords);
  const grouped = withoutOrder(rankGroups(request.features, ranked.columns, moved), isWords);
  const placesOf = ({ key, keys }: RankedTag) => (keys ?? [key]).map((each) => placeOf.get(each)!);
  const unseen = judgeUnseen({
    matrix,
    labels,
    users: groups,
    dates: request.dates,
    groups: [...ranking, ...grouped].map(placesOf),
    seed,
    teach: (part, partLabels, users, onProgress) =>
      train(algorithm, part, partLabels, users, {
        ...options,
        folds: UNSEEN_FOLDS,
        onProgress,
      }),
    onProgress: (share) =>
      onProgress(TRIED_SHARE + DEALT_SHARE + UNSEEN_SHARE * share, "judging by users and a date it has not seen"),
  });
  const withLost =
    (from: number) =>
    (tag: RankedTag, place: number): RankedTag =>
      unseen.aucLost ? { ...tag, aucLost: unseen.aucLost[from + place]! } : tag;
  onProgress(TRIED_SHARE + DEALT_SHARE + UNSEEN_SHARE, "comparing with simpler answers");
  const found = signal(matrix, labels, trained.outOfFold);
  return {
    algorithm,
    parameters: encodeModel({ ...trained.model, ...(words && { words }) }),
    outOfFold: trained.outOfFold,
    later: unseen.later,
    evaluation: {
      ...evaluate(trained.outOfFold, labels, crossValidation),
      calibration: trained.model.calibration.curve ? "ISOTONIC" : "PLATT",
      signal: found.usable,
      signalSentence: signalSentence(found, request.features),
      laterDate: unseen.later && judgedLater(unseen.later, labels),
      intervals: forecastIntervals(trained.outOfFold, labels, groups, seed),
      baselines: compareWithBaselines({
        recency: request.recency,
        labels,
        users: groups,
        outOfFold: trained.outOfFold,
        folds: crossValidation.folds,
        seed,
      }),
      candidates: tried.map(({ algorithm, trained: { crossValidation } }) => ({
        algorithm,
        aucMean: crossValidation.aucMean,
        aucSd: crossValidation.aucSd,
        brierMean: crossValidation.brierMean,
      })),
      ranking: ranking.map(withLost(0)),
      groups: grouped.map(withLost(ranking.length)),
      rankedOver: ranked.rows,
      reference: referenceOf(request, trained.model),
    },
  };
}

function judgedLater({ rows, probabilities }: LaterRows, labels: Uint8Array): NonNullable<ModelEvaluation["laterDate"]> {
  const happened = takeLabels(labels, rows);
  return {
    rows: rows.length,
    auc: auc(probabilities, happened),
    brier: brier(probabilities, happened),
    calibrationError: calibrationError(reliability(probabilities, happened)),
  };
}

function referenceOf({ dates, columns }: TrainingRequest, model: FittedModel): NonNullable<ModelEvaluation["reference"]> {
  const last = dates.reduce((latest, date) => Math.max(latest, date), 0);
  const rows = Int32Array.from(dates.keys()).filter((row) => dates[row] === last);
  const latest = { rows: rows.length, columns: columns.map((column) => takeValues(column, rows)) };
  return { inputs: latest.columns.map(distributionOf), score: distributionOf(predictProbabilities(model, latest)) };
}

/** What every fit of a request has in common: a model for fewer rows is grown as the whole one is. */
function optionsOf({ seed, rules, imported, labels }: TrainingRequest): TrainOptions {
  return { seed, rules, byPackage: labels.length <= MOST_PACKAGE_ROWS, ...(imported && { imported }) };
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
  IMPORTED: "the calibration of the imported model",
};

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
