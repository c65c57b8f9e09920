/** The rows whose probability lies in (from, to], and what became of them. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  /** The mean probability that was predicted, and the share that came true. */
  readonly predicted: number;
  readonly observed: number;
  readonly count: number;
}

/** The reliability curve over bins of equal width in [0, 1]; the first bin includes 0, and bins without a row are left out. */
export function reliability(probabilities: Float64Array, labels: Uint8Array, bins = 10): ReliabilityBin[] {
  const counts = new Float64Array(bins);
  const predicted = new Float64Array(bins);
  const observed = new Float64Array(bins);
  for (let row = 0; row < probabilities.length; row++) {
    const bin = Math.min(Math.max(Math.ceil(probabilities[row]! * bins) - 1, 0), bins - 1);
    counts[bin]! += 1;
    predicted[bin]! += probabilities[row]!;
    observed[bin]! += labels[row]!;
  }
  return Array.from(counts, (count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    predicted: predicted[bin]! / count,
    observed: observed[bin]! / count,
    count,
  })).filter((bin) => bin.count > 0);
}

/**
 * The expected calibration error: the distance of predicted from observed, averaged over the bins by their counts (Naeini, Cooper
 * & Hauskrecht, AAAI 2015).
 */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  const rows = bins.reduce((sum, bin) => sum + bin.count, 0);
  return bins.reduce((sum, bin) => sum + (bin.count / rows) * Math.abs(bin.predicted - bin.observed), 0);
}
