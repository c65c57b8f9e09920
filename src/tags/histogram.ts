export interface ValueCount {
  readonly label: string;
  readonly count: number;
}

/** How many of the numbers fall into each of some equal ranges from the lowest to the highest; NaN is left out. */
export function countValues(values: Float64Array, bins: number): ValueCount[] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const counts = new Float64Array(bins);
  for (const value of values) if (!Number.isNaN(value)) counts[binOf(value, low, high, bins)]!++;
  return labelled(counts, low, high);
}

export function binOf(value: number, low: number, high: number, bins: number): number {
  return high === low ? 0 : Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
}

/** Counts with the ranges they were taken over; none where there was no value, one where there was one value. */
export function labelled(counts: Float64Array, low: number, high: number): ValueCount[] {
  if (low > high) return [];
  if (low === high) return [{ label: short(low), count: counts[0]! }];
  const edge = (bin: number) => short(low + ((high - low) * bin) / counts.length);
  return Array.from(counts, (count, bin) => ({ label: `${edge(bin)} to ${edge(bin + 1)}`, count }));
}

function short(number: number): string {
  return String(Number(number.toPrecision(4)));
}
