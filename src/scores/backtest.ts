import { aucWithError } from "../math/auc.js";
import { brier, logLoss } from "../math/proper-scores.js";
import { calibrationError, type ReliabilityBin, reliability } from "../math/reliability.js";

/** A forecast held against what happened. */
export interface Judgement {
  readonly users: number;
  readonly churned: number;
  /** The sum of the probabilities: so many were foretold to churn. */
  readonly expected: number;
  /** Null where only one outcome occurred. */
  readonly auc: number | null;
  readonly aucStandardError: number | null;
  readonly brier: number;
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
}

export function judgeForecast(probabilities: Float64Array, labels: Uint8Array): Judgement {
  const area = aucWithError(probabilities, labels);
  const bins = reliability(probabilities, labels);
  const known = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    users: labels.length,
    churned: labels.reduce((sum, label) => sum + label, 0),
    expected: probabilities.reduce((sum, probability) => sum + probability, 0),
    auc: known(area.auc),
    aucStandardError: known(area.standardError),
    brier: brier(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    calibrationError: calibrationError(bins),
    reliability: bins,
  };
}

/** What was promised when the model was trained. */
export interface Promised {
  readonly auc: number;
  readonly aucStandardError: number;
}

/** z of a two-sided interval of 95 %. */
const Z95 = 1.959964;
/** Less is no reason to call anybody. */
const LEAST_AUC_LOST = 0.03;
const LEAST_RATE_OFF = 0.05;

/** Why somebody should look at the model, in sentences; none where it does as it promised, or may by chance. */
export function disappointments({ users, churned, expected, auc, aucStandardError }: Judgement, promised: Promised): string[] {
  const found: string[] = [];
  const error = Math.hypot(aucStandardError ?? 0, promised.aucStandardError);
  if (auc !== null && promised.auc - auc > Math.max(LEAST_AUC_LOST, Z95 * error))
    found.push(`it ranked with an AUC of ${auc.toFixed(3)}, where ${promised.auc.toFixed(3)} was promised`);
  const rate = expected / users;
  const off = churned / users - rate;
  if (Math.abs(off) > Math.max(LEAST_RATE_OFF, Z95 * Math.sqrt((rate * (1 - rate)) / users)))
    found.push(
      `${churned.toLocaleString("en")} of ${users.toLocaleString("en")} churned, where ${Math.round(expected).toLocaleString("en")} were foretold`,
    );
  return found;
}
