import type { CrossValidation } from "../learn/train.js";
import { aucWithError, averagePrecision } from "../math/auc.js";
import { accuracy, confusion, f1, precision, recall } from "../math/confusion.js";
import { liftByBand } from "../math/lift.js";
import { brier, logLoss } from "../math/proper-scores.js";
import { calibrationError, reliability } from "../math/reliability.js";

/** How well probabilities foretold what happened. Stored with the model as JSON. */
export interface Evaluation {
  readonly rows: number;
  readonly auc: number;
  /** Of the AUC, by DeLong. */
  readonly aucStandardError: number;
  readonly prAuc: number;
  /** At the threshold 0.5, as are precision, recall and f1. */
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly crossValidation: CrossValidation;
  readonly lift: readonly { readonly decile: number; readonly lift: number; readonly rate: number; readonly count: number }[];
  readonly reliability: readonly {
    readonly from: number;
    readonly to: number;
    readonly predicted: number;
    readonly observed: number;
    readonly count: number;
  }[];
  /** Rows by thousandths of probability, churned and stayed: any threshold's confusion matrix, without keeping the rows. */
  readonly histogram: ThresholdHistogram;
}

export interface ThresholdHistogram {
  readonly churned: readonly number[];
  readonly stayed: readonly number[];
}

export interface ConfusionMatrix {
  readonly threshold: number;
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly trueNegative: number;
  readonly falseNegative: number;
}

const THRESHOLDS = 1_000;

/** @param probabilities each by a model that has not seen the row's user */
export function evaluate(probabilities: Float64Array, labels: Uint8Array, crossValidation: CrossValidation): Evaluation {
  const area = aucWithError(probabilities, labels);
  const counts = confusion(probabilities, labels, 0.5);
  const bins = reliability(probabilities, labels);
  return {
    rows: labels.length,
    auc: area.auc,
    aucStandardError: area.standardError,
    prAuc: averagePrecision(probabilities, labels),
    accuracy: accuracy(counts),
    precision: precision(counts),
    recall: recall(counts),
    f1: f1(counts),
    brier: brier(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    calibrationError: calibrationError(bins),
    crossValidation,
    lift: liftByBand(probabilities, labels).map(({ band, lift, rate, count }) => ({ decile: band, lift, rate, count })),
    reliability: bins,
    histogram: histogramOf(probabilities, labels),
  };
}

/** The confusion matrix when every row at or above the threshold is flagged; the threshold is taken to the nearest thousandth. */
export function confusionAt({ churned, stayed }: ThresholdHistogram, threshold: number): ConfusionMatrix {
  const bin = Math.min(Math.max(Math.round(threshold * THRESHOLDS), 0), THRESHOLDS);
  const above = (counts: readonly number[]) => counts.slice(bin).reduce((sum, count) => sum + count, 0);
  const below = (counts: readonly number[]) => counts.slice(0, bin).reduce((sum, count) => sum + count, 0);
  return {
    threshold: bin / THRESHOLDS,
    truePositive: above(churned),
    falsePositive: above(stayed),
    trueNegative: below(stayed),
    falseNegative: below(churned),
  };
}

function histogramOf(probabilities: Float64Array, labels: Uint8Array): ThresholdHistogram {
  const churned = new Array<number>(THRESHOLDS + 1).fill(0);
  const stayed = new Array<number>(THRESHOLDS + 1).fill(0);
  for (let row = 0; row < labels.length; row++) {
    const probability = probabilities[row]!;
    let bin = Math.floor(probability * THRESHOLDS);
    // The product may round across the edge; the comparison that a threshold makes decides.
    if (probability < bin / THRESHOLDS) bin--;
    else if (probability >= (bin + 1) / THRESHOLDS) bin++;
    (labels[row] === 1 ? churned : stayed)[bin]!++;
  }
  return { churned, stayed };
}
