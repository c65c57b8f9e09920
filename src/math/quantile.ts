/**
 * The q-th quantile with linear interpolation between the two neighbouring values: type 7 of Hyndman & Fan ("Sample quantiles
 * in statistical packages", The American Statistician 50, 1996), which is Postgres' `percentile_cont` to the last bit.
 *
 * @param sorted ascending, without NaN
 * @param q in [0, 1]
 * @returns NaN when there are no values, as SQL answers NULL
 * @throws RangeError when q is outside [0, 1]
 */
export function quantile(sorted: Float64Array, q: number): number {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`A quantile lies between 0 and 1, not at ${q}.`);
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.ceil(position)]!;
  // Postgres' own order of operations; low + 0 * (high - low) would be NaN where high is infinite.
  return position === below ? low : low + (position - below) * (high - low);
}

/** Several quantiles of values in any order; NaN is missing and left out. The values themselves stay as they are. */
export function quantiles(values: Float64Array, qs: readonly number[]): number[] {
  const sorted = sortedPresent(values);
  return qs.map((q) => quantile(sorted, q));
}

/** A sorted copy of the values that are not NaN. */
export function sortedPresent(values: Float64Array): Float64Array {
  const sorted = Float64Array.from(values).sort();
  let present = sorted.length;
  // A typed array sorts NaN to its end.
  while (present > 0 && Number.isNaN(sorted[present - 1]!)) present--;
  return sorted.subarray(0, present);
}
