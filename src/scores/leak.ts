import { auc } from "../math/auc.js";

/** A tag that tells the outcome too well to have been known before it. */
export interface SuspectedLeak {
  readonly key: string;
  /** Alone, in whichever direction, its presence or its value. */
  readonly auc: number;
}

/**
 * From this AUC on a single tag is not believed. Whole models of five real sets reach 0.70 to 0.86, recency alone on simulated populations
 * 0.95; what knows the outcome (an event written back to a date before it, a counter that ran on) reaches 1 but for a few rows.
 */
export const LEAK_AUC = 0.99;

/**
 * Tags that alone tell who churned, by their value or by being there at all.
 *
 * @param isWords whether a column holds numbers of words, which stand in no order
 */
export function suspectedLeaks(
  keys: readonly string[],
  columns: readonly Float64Array[],
  labels: Uint8Array,
  isWords: (key: string) => boolean = () => false,
): SuspectedLeak[] {
  return keys.flatMap((key, place) => {
    const column = columns[place]!;
    const area = aucOfColumn(isWords(key) ? ratesOf(column, labels) : column, labels);
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

/** Each word's own churn rate, an absent one's too: the order in which words tell most. Of so few words nothing is told by chance. */
function ratesOf(words: Float64Array, labels: Uint8Array): Float64Array {
  const counts = new Map<number, { rows: number; churned: number }>();
  for (const [row, word] of words.entries()) {
    const count = counts.get(word) ?? { rows: 0, churned: 0 };
    counts.set(word, { rows: count.rows + 1, churned: count.churned + labels[row]! });
  }
  return words.map((word) => counts.get(word)!.churned / counts.get(word)!.rows);
}
