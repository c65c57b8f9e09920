/** How many rows were flagged and how many should have been. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Counts the four cases when every row scoring at least the threshold is flagged. */
export function confusion(scores: Float64Array, labels: Uint8Array, threshold: number): Confusion {
  let truePositives = 0;
  let flagged = 0;
  let positives = 0;
  for (let row = 0; row < scores.length; row++) {
    const isFlagged = scores[row]! >= threshold;
    if (isFlagged) flagged++;
    if (labels[row] === 1) positives++;
    if (isFlagged && labels[row] === 1) truePositives++;
  }
  return {
    truePositives,
    falsePositives: flagged - truePositives,
    trueNegatives: scores.length - flagged - positives + truePositives,
    falseNegatives: positives - truePositives,
  };
}

/** The share of rows that are judged rightly; NaN without rows. */
export function accuracy(counts: Confusion): number {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  return (truePositives + trueNegatives) / (truePositives + falsePositives + trueNegatives + falseNegatives);
}

/** The share of the flagged that are rightly flagged; 0 when nothing is flagged, as scikit-learn has it. */
export function precision({ truePositives, falsePositives }: Confusion): number {
  return truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);
}

/** The share of the positives that are flagged; 0 when there are none. */
export function recall({ truePositives, falseNegatives }: Confusion): number {
  return truePositives === 0 ? 0 : truePositives / (truePositives + falseNegatives);
}

/** The harmonic mean of precision and recall. */
export function f1({ truePositives, falsePositives, falseNegatives }: Confusion): number {
  return truePositives === 0 ? 0 : (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
}

/** F1 when every row scoring at least the threshold is flagged. */
export function f1At(scores: Float64Array, labels: Uint8Array, threshold: number): number {
  return f1(confusion(scores, labels, threshold));
}
