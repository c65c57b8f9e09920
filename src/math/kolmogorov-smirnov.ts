export interface TwoSampleKs {
  /** The largest distance between the two empirical distribution functions, 0 to 1. */
  readonly statistic: number;
  /** How often two samples of one distribution lie this far apart, two-sided; where values repeat it is an upper bound. */
  readonly pValue: number;
}

/**
 * The two-sample Kolmogorov-Smirnov test, with Stephens' correction of the limiting distribution ("Use of the Kolmogorov-Smirnov,
 * Cramér-von Mises and related statistics without extensive tables", Journal of the Royal Statistical Society B 32, 1970), as in
 * Press et al., Numerical Recipes, 14.3.
 *
 * @param a ascending, without NaN, not empty
 * @param b ascending, without NaN, not empty
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): TwoSampleKs {
  if (a.length === 0 || b.length === 0) throw new RangeError("Both samples need at least one value.");
  let statistic = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    // Both step over all that are equal before they are compared.
    while (i < a.length && a[i]! === value) i++;
    while (j < b.length && b[j]! === value) j++;
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return { statistic, pValue: tail((root + 0.12 + 0.11 / root) * statistic) };
}

const MOST_TERMS = 100;

/** 2 sum of (-1)^(k-1) exp(-2 k^2 x^2): the limiting distribution's upper tail. */
function tail(x: number): number {
  // The series does not converge near 0, where the tail is 1 to 7 digits.
  if (x < 0.27) return 1;
  let sum = 0;
  for (let k = 1; k <= MOST_TERMS; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}
