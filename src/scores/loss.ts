export interface LossComparison {
  /** The mean log-loss that the one saves against the other, in nats. */
  readonly saved: number;
  /** Of the saving: paired, row by row. */
  readonly standardError: number;
}

/** How much log-loss the one saves against the other on the same rows, and the standard error of that (paired, row by row). */
export function compareLosses(ours: Float64Array, theirs: Float64Array, labels: Uint8Array): LossComparison {
  const lossOf = (probability: number, label: number) =>
    -Math.log(Math.min(Math.max(label === 1 ? probability : 1 - probability, 1e-15), 1));
  const differences = Float64Array.from(labels, (label, row) => lossOf(theirs[row]!, label) - lossOf(ours[row]!, label));
  const saved = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const variance = differences.reduce((sum, value) => sum + (value - saved) ** 2, 0) / (differences.length - 1);
  return { saved, standardError: Math.sqrt(variance / differences.length) };
}

/** A one-sided 95 %. */
const Z95_ONE_SIDED = 1.645;

/** Whether the one is better by more than noise. */
export function isBetter({ saved, standardError }: LossComparison): boolean {
  return saved > Z95_ONE_SIDED * standardError;
}
