import { classOf } from "../math/cuts.js";
import { psi } from "../math/psi.js";
import { quantiles } from "../math/quantile.js";

/** How the values of a tag are distributed: in classes of their own making. */
export interface Distribution {
  readonly cuts: readonly number[];
  /** Without a value, then in each class. */
  readonly counts: readonly number[];
}

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Cut at its deciles; cuts that coincide are one. */
export function distributionOf(values: Float64Array): Distribution {
  const deciles = quantiles(values, DECILES);
  return countedBy(values, Number.isNaN(deciles[0]) ? [] : [...new Set(deciles)]);
}

export function countedBy(values: Float64Array, cuts: readonly number[]): Distribution {
  const counts = new Array<number>(cuts.length + 2).fill(0);
  for (const value of values) counts[classOf(value, cuts)]!++;
  return { cuts, counts };
}

/** How far values have moved since: the population stability index over the classes of then; null where nobody was there. */
export function driftSince(then: Distribution, values: Float64Array): number | null {
  const index = psi(then.counts, countedBy(values, then.cuts).counts);
  return Number.isNaN(index) ? null : index;
}

/** The same of a tag that is held or not. */
export function driftOfHolders(then: readonly number[], now: readonly number[]): number | null {
  const index = psi(then, now);
  return Number.isNaN(index) ? null : index;
}
