import { train } from "../learn/train.js";
import { auc, averagePrecision } from "../math/auc.js";
import { liftByBand } from "../math/lift.js";
import { brier, logLoss } from "../math/proper-scores.js";
import { compareLosses, type LossComparison } from "./loss.js";

/** What a model has to beat to be worth its keep. */
export const BASELINES = ["RECENCY", "OVERALL_RATE", "EVERYONE_CHURNS"] as const;
export type BaselineKind = (typeof BASELINES)[number];

/** How well one of them does on the rows that the model is judged by. Stored with the model as JSON. */
export interface Baseline extends LossComparison {
  readonly kind: BaselineKind;
  readonly auc: number;
  readonly prAuc: number;
  readonly brier: number;
  readonly logLoss: number;
  /** Of the tenth of the rows with the highest probabilities. */
  readonly topDecileLift: number;
}

export interface BaselineQuestion {
  /** Days since the last event that counts; null where no such tag is known. */
  readonly recency: Float64Array | null;
  readonly labels: Uint8Array;
  readonly users: Float64Array;
  /** The model's own, of users it has not seen. */
  readonly outOfFold: Float64Array;
  readonly folds: number;
  readonly seed: number;
}

/**
 * Recency alone (a logistic regression on it, tried on the model's own folds), the overall rate for everybody, and the certainty that
 * everybody churns; each with what the model saves of its log-loss.
 */
export function compareWithBaselines({ recency, labels, users, outOfFold, folds, seed }: BaselineQuestion): Baseline[] {
  const rate = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const judged = (kind: BaselineKind, probabilities: Float64Array): Baseline => ({
    kind,
    auc: auc(probabilities, labels),
    prAuc: averagePrecision(probabilities, labels),
    brier: brier(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    // Where everybody has the same probability there is no top tenth; whoever is taken churns at the overall rate.
    topDecileLift: kind === "RECENCY" ? liftByBand(probabilities, labels)[0]!.lift : 1,
    ...compareLosses(outOfFold, probabilities, labels),
  });
  const alone =
    recency && train("LOGISTIC_REGRESSION", { rows: labels.length, columns: [recency] }, labels, users, { seed, folds, c: 1 });
  return [
    ...(alone ? [judged("RECENCY", alone.outOfFold)] : []),
    judged("OVERALL_RATE", new Float64Array(labels.length).fill(rate)),
    judged("EVERYONE_CHURNS", new Float64Array(labels.length).fill(1)),
  ];
}
