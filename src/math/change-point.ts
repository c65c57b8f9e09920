/** The one place at which a series of counts most likely changed its rate. */
export interface PoissonBreak {
  /** The number of weeks before the change. */
  readonly split: number;
  /** Twice the log-likelihood ratio of two rates against one: 0 for no change at all, 10 and more for a clear one. */
  readonly twoLogLikelihoodRatio: number;
  /** Events a week before and after the split. */
  readonly rateBefore: number;
  readonly rateAfter: number;
}

/**
 * Finds the split that makes two constant Poisson rates most likely: the s that maximises
 * c1 ln(c1 / s) + c2 ln(c2 / (n - s)) - C ln(C / n), with c1 and c2 the counts on either side and C their sum
 * (the likelihood-ratio test for one change-point; Chen & Gupta, "Parametric Statistical Change Point Analysis", 2012, ch. 7).
 * Of equally likely splits the earliest is taken. Because the best of many splits was chosen, the ratio is not chi-square
 * distributed: ask for 10 rather than for 3.84.
 *
 * @param weeklyCounts oldest first
 * @param minSegment weeks that each side keeps at least
 * @throws RangeError when the series is shorter than two segments
 */
export function poissonBreak(weeklyCounts: ArrayLike<number>, minSegment = 4): PoissonBreak {
  const weeks = weeklyCounts.length;
  if (minSegment < 1 || weeks < 2 * minSegment) {
    throw new RangeError(`A break needs two segments of ${minSegment} weeks, and there are ${weeks} weeks.`);
  }
  let total = 0;
  for (let week = 0; week < weeks; week++) total += weeklyCounts[week]!;
  const oneRate = logLikelihood(total, weeks);

  let best = Number.NEGATIVE_INFINITY;
  let bestSplit = minSegment;
  let bestBefore = 0;
  let before = 0;
  for (let split = 1; split <= weeks - minSegment; split++) {
    before += weeklyCounts[split - 1]!;
    if (split < minSegment) continue;
    const ratio = logLikelihood(before, split) + logLikelihood(total - before, weeks - split) - oneRate;
    // A later split has to be better by more than rounding.
    if (ratio > best + 1e-12) {
      best = ratio;
      bestSplit = split;
      bestBefore = before;
    }
  }
  return {
    split: bestSplit,
    twoLogLikelihoodRatio: Math.max(0, 2 * best),
    rateBefore: bestBefore / bestSplit,
    rateAfter: (total - bestBefore) / (weeks - bestSplit),
  };
}

/** Of a count over some weeks at its own mean rate, less the terms that every split shares; 0 ln 0 is 0. */
function logLikelihood(count: number, weeks: number): number {
  return count === 0 ? 0 : count * Math.log(count / weeks);
}
