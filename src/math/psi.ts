import { classOf } from "./cuts.js";
import { quantiles } from "./quantile.js";

/**
 * The population stability index of two distributions over the same classes: sum of (current - reference) ln(current / reference).
 * By custom under 0.1 nothing moved, over 0.25 the population is another one (Siddiqi, "Credit Risk Scorecards", 2006).
 *
 * A class without a row is taken to hold half a row, for the logarithm of 0 would decide alone.
 *
 * @param reference how many rows each class held then
 * @param current how many it holds now
 * @returns NaN when either side has no rows at all
 * @throws RangeError when the two differ in the number of classes
 */
export function psi(reference: readonly number[], current: readonly number[]): number {
  if (reference.length !== current.length) {
    throw new RangeError(`PSI compares the same classes, not ${reference.length} with ${current.length}.`);
  }
  const referenceRows = reference.reduce((sum, count) => sum + count, 0);
  const currentRows = current.reduce((sum, count) => sum + count, 0);
  if (referenceRows === 0 || currentRows === 0) return Number.NaN;
  let total = 0;
  for (let i = 0; i < reference.length; i++) {
    // A class that neither side has known tells nothing, and half a row of unequal totals would look like a move.
    if (reference[i] === 0 && current[i] === 0) continue;
    const then = Math.max(reference[i]!, 0.5) / referenceRows;
    const now = Math.max(current[i]!, 0.5) / currentRows;
    total += (now - then) * Math.log(now / then);
  }
  return total;
}

/**
 * The same for two samples of numbers: the classes are cut at the quantiles of the reference (coinciding cuts are merged), and
 * missing values (NaN) are a class of their own, for values that stop arriving are drift too.
 */
export function psiOfValues(reference: Float64Array, current: Float64Array, bins = 10): number {
  const cuts = quantiles(
    reference,
    Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins),
  );
  const distinct = Number.isNaN(cuts[0]) ? [] : [...new Set(cuts)];
  const count = (values: Float64Array) => {
    const counts = new Array<number>(distinct.length + 2).fill(0);
    for (const value of values) counts[classOf(value, distinct)]!++;
    return counts;
  };
  return psi(count(reference), count(current));
}
