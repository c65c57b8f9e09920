import { auc } from "../math/auc.js";

/** A tag that tells the outcome too well to have been known before it. */
export interface SuspectedLeak {
  readonly key: string;
  /** Alone, in whichever direction, its presence or its value. */
  readonly auc: number;
}

/**
 * From this AUC on a single tag is not believed. The best single tags of nine samples of five real sets reach 0.86; what knows the
 * outcome (an event written back to a date before it, a counter that ran on) reaches 1 but for a few rows.
 */
export const LEAK_AUC = 0.99;

/** Tags that alone tell who churned, by their value or by being there at all. */
export function suspectedLeaks(keys: readonly string[], columns: readonly Float64Array[], labels: Uint8Array): SuspectedLeak[] {
  return keys.flatMap((key, place) => {
    const area = aucOfColumn(columns[place]!, labels);
    return area >= LEAK_AUC ? [{ key, auc: area }] : [];
  });
}

/** Missing values stand below all others, then above them: a tag that is only there for those who stay gives itself away as well. */
function aucOfColumn(values: Float64Array, labels: Uint8Array): number {
  const ends = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map((end) => {
    const area = auc(
      values.map((value) => (Number.isNaN(value) ? end : value)),
      labels,
    );
    return Math.max(area, 1 - area);
  });
  return Math.max(...ends);
}
