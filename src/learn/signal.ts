import { auc, aucWithError } from "../math/auc.js";
import { quantiles } from "../math/quantile.js";
import type { Matrix } from "./matrix.js";

/** Whether what was learned is worth acting on, and why. */
export interface Signal {
  readonly usable: boolean;
  /** Which of the three conditions failed; empty when usable. */
  readonly shortfalls: readonly Shortfall[];
  readonly auc: number;
  /** The lower end of the AUC's 95 % interval. */
  readonly aucLower: number;
  readonly brier: number;
  /** Of the constant answer: everybody gets the overall share. */
  readonly brierConstant: number;
  /** The share of the constant answer's Brier score that is saved, and the lower end of its 95 % interval. */
  readonly skill: number;
  readonly skillLower: number;
  /** The column that alone ranks best in whichever direction, chosen on these very rows and so flattered; null without columns. */
  readonly bestColumn: { readonly column: number; readonly auc: number } | null;
  /** The model's AUC less the best column's: near 0, that column alone would rank as well. */
  readonly gainOverBestColumn: number;
}

export type Shortfall = "SAVES_TOO_LITTLE" | "MAY_BE_CHANCE" | "RANKS_TOO_POORLY";

/** The least share of the constant answer's Brier score that must be saved. */
export const LEAST_SKILL = 0.03;

/** What the AUC must surpass with confidence. */
export const LEAST_AUC = 0.55;

/** z of a two-sided interval of 95 %. */
const Z95 = 1.959964;

/**
 * A model is usable when, on rows it has not seen, all three hold:
 * - it saves at least 3 % of the constant answer's Brier score: less, and probabilities hardly leave the overall share, so tiers
 *   and budgets would be the same without it;
 * - that saving is above 0 with confidence (paired differences row by row), so that a small sample's luck does not pass;
 * - its AUC lies above 0.55 with confidence (DeLong), so that it ranks, and does not only know the overall share.
 *
 * Five real sets at two dates each lie far from the lines: the four on which churn can be foretold save 12 to 35 % (AUC 0.70 to
 * 0.86), the one on which it cannot saves 0.7 to 1.8 %, although its AUC of 0.55 to 0.58 is beyond chance in thousands of rows.
 * That is why confidence alone does not decide. Where users occur in several rows the intervals are a little too narrow.
 *
 * @param outOfFold the probability of each row by a model that has not seen it (see train)
 */
export function signal(matrix: Matrix, labels: Uint8Array, outOfFold: Float64Array): Signal {
  const { auc: area, standardError } = aucWithError(outOfFold, labels);
  const aucLower = area - Z95 * standardError;
  const { brierConstant, brier, savedError } = compareWithConstant(outOfFold, labels);
  const skill = 1 - brier / brierConstant;
  const skillLower = skill - (Z95 * savedError) / brierConstant;
  const bestColumn = bestSingleColumn(matrix, labels);
  const shortfalls: Shortfall[] = [];
  // Written so that NaN, of a label that never occurs, falls short.
  if (!(skill >= LEAST_SKILL)) shortfalls.push("SAVES_TOO_LITTLE");
  if (!(skillLower > 0)) shortfalls.push("MAY_BE_CHANCE");
  if (!(aucLower > LEAST_AUC)) shortfalls.push("RANKS_TOO_POORLY");
  return {
    usable: shortfalls.length === 0,
    shortfalls,
    auc: area,
    aucLower,
    brier,
    brierConstant,
    skill,
    skillLower,
    bestColumn,
    gainOverBestColumn: area - (bestColumn?.auc ?? 0.5),
  };
}

/** Both Brier scores, and the standard error of their difference from its spread over the rows. */
function compareWithConstant(probabilities: Float64Array, labels: Uint8Array) {
  const rows = labels.length;
  const share = labels.reduce((sum, label) => sum + label, 0) / rows;
  const saved = Float64Array.from(labels, (label, row) => (share - label) ** 2 - (probabilities[row]! - label) ** 2);
  const mean = saved.reduce((sum, value) => sum + value, 0) / rows;
  const variance = saved.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (rows - 1);
  const brierConstant = share * (1 - share);
  return { brierConstant, brier: brierConstant - mean, savedError: Math.sqrt(variance / rows) };
}

/** Missing values take the middle place, where they speak for neither label. */
function bestSingleColumn(matrix: Matrix, labels: Uint8Array): Signal["bestColumn"] {
  let best: Signal["bestColumn"] = null;
  for (const [column, values] of matrix.columns.entries()) {
    const median = quantiles(values, [0.5])[0]!;
    const filled = values.map((value) => (Number.isNaN(value) ? median : value));
    const area = Number.isNaN(median) ? 0.5 : auc(filled, labels);
    const eitherWay = Math.max(area, 1 - area);
    if (eitherWay > (best?.auc ?? 0)) best = { column, auc: eitherWay };
  }
  return best;
}
