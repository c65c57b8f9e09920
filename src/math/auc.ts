/** An area under the ROC curve with its standard error. */
export interface AucEstimate {
  readonly auc: number;
  readonly standardError: number;
}

/**
 * The area under the ROC curve: the probability that a row labelled 1 scores above a row labelled 0, a tie counting half
 * (Mann-Whitney). Rows whose score is NaN are left out.
 *
 * @param labels 0 or 1, one for each score
 * @returns NaN when either label is absent
 */
export function auc(scores: Float64Array, labels: Uint8Array): number {
  const { positive, negative } = sortedByLabel(scores, labels);
  return mean(placements(positive, negative));
}

/**
 * The same with its standard error after DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), which assumes nothing about how
 * scores are distributed: the variance of each row's placement among the rows of the other label.
 *
 * @returns NaN for both when either label is absent; a standard error of NaN when a label occurs only once
 */
export function aucWithError(scores: Float64Array, labels: Uint8Array): AucEstimate {
  const { positive, negative } = sortedByLabel(scores, labels);
  const ofPositive = placements(positive, negative);
  const ofNegative = placements(negative, positive);
  const error = Math.sqrt(variance(ofPositive) / positive.length + variance(ofNegative) / negative.length);
  return { auc: mean(ofPositive), standardError: error };
}

/**
 * The mean precision over the recall gained at each distinct score, highest first: the area under the precision-recall curve
 * without interpolation, as scikit-learn's average_precision_score.
 *
 * @returns NaN when no row is labelled 1
 */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  const { positive, negative } = sortedByLabel(scores, labels);
  let area = 0;
  let lowest = positive.length;
  let above = negative.length;
  while (lowest > 0) {
    const threshold = positive[lowest - 1]!;
    const before = lowest;
    while (lowest > 0 && positive[lowest - 1]! === threshold) lowest--;
    while (above > 0 && negative[above - 1]! >= threshold) above--;
    const caught = positive.length - lowest;
    area += ((before - lowest) / positive.length) * (caught / (caught + negative.length - above));
  }
  return positive.length === 0 ? Number.NaN : area;
}

/** For each of the sorted values, the share of the sorted others that lie below it, a tie counting half. */
function placements(sorted: Float64Array, others: Float64Array): Float64Array {
  const shares = new Float64Array(sorted.length);
  let below = 0;
  let upTo = 0;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i]!;
    while (below < others.length && others[below]! < value) below++;
    while (upTo < others.length && others[upTo]! <= value) upTo++;
    shares[i] = (below + upTo) / 2 / others.length;
  }
  return shares;
}

/** The scores of each label, ascending. Sorting two typed arrays is some ten times faster than sorting row numbers by score. */
function sortedByLabel(scores: Float64Array, labels: Uint8Array) {
  if (scores.length !== labels.length) throw new RangeError(`There are ${scores.length} scores for ${labels.length} labels.`);
  return {
    positive: scores.filter((score, row) => labels[row] === 1 && !Number.isNaN(score)).sort(),
    negative: scores.filter((score, row) => labels[row] !== 1 && !Number.isNaN(score)).sort(),
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample's variance, divided by n - 1. */
function variance(values: Float64Array): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
