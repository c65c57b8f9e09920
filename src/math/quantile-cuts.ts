import { quantiles } from "./quantile.js";

/**
 * The classes - 1 inner cuts that divide the values into classes of about one size: the quantiles 1/k, 2/k ... (k-1)/k. Where
 * many values are equal, cuts may coincide and classes stay empty; see classOf for the side an equal value falls on.
 *
 * @throws RangeError when there is not at least one class
 */
export function quantileCuts(values: Float64Array, classes: number): number[] {
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`Quantile cuts need at least one class, not ${classes}.`);
  return quantiles(
    values,
    Array.from({ length: classes - 1 }, (_, i) => (i + 1) / classes),
  );
}
