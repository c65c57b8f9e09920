/** How many times as often something happens in one group as in another. */
export interface RiskRatio {
  readonly ratio: number;
  /** The bounds of its 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;

/**
 * The ratio of two rates with its interval on the logarithmic scale (Katz, Baptista, Azen & Pike, Biometrics 34, 1978). Where either group has
 * no case, half a case is added to both, and one row to their sizes, for the bound that is not 0 (no case in the first) or infinite (none in
 * the second) anyway; the ratio itself is left as it is.
 *
 * @returns NaN throughout where a group is empty
 */
export function riskRatio(casesA: number, totalA: number, casesB: number, totalB: number): RiskRatio {
  if (totalA === 0 || totalB === 0) return { ratio: Number.NaN, low: Number.NaN, high: Number.NaN };
  const half = casesA === 0 || casesB === 0 ? 0.5 : 0;
  const [a, n, b, m] = [casesA + half, totalA + 2 * half, casesB + half, totalB + 2 * half];
  const log = Math.log(a / n / (b / m));
  const error = Math.sqrt(Math.max(0, 1 / a - 1 / n + 1 / b - 1 / m));
  return {
    ratio: casesA / totalA / (casesB / totalB),
    low: casesA === 0 ? 0 : Math.exp(log - Z * error),
    high: casesB === 0 ? Number.POSITIVE_INFINITY : Math.exp(log + Z * error),
  };
}

/** One stratum: cases and size of the one group, then of the other. */
export type Stratum = readonly [casesA: number, totalA: number, casesB: number, totalB: number];

/**
 * The ratio of two rates among rows that are alike: the strata's ratios weighted by Mantel & Haenszel (as in Rothman, Greenland & Lash,
 * "Modern Epidemiology", 3rd ed., ch. 15). Strata that hold one group only say nothing.
 *
 * @returns NaN where no stratum says anything
 */
export function mantelHaenszelRatio(strata: readonly Stratum[]): number {
  let over = 0;
  let under = 0;
  for (const [casesA, totalA, casesB, totalB] of strata) {
    if (totalA + totalB === 0) continue;
    over += (casesA * totalB) / (totalA + totalB);
    under += (casesB * totalA) / (totalA + totalB);
  }
  return over === 0 && under === 0 ? Number.NaN : over / under;
}
