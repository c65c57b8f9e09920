/** One tenth (or other share) of the rows, the highest scores first. */
export interface LiftBand {
  /** 1 for the highest scores. */
  readonly band: number;
  readonly count: number;
  readonly positives: number;
  /** The highest and the lowest score in the band. */
  readonly highest: number;
  readonly lowest: number;
  /** The share of positives in the band, and how many times the overall share that is. */
  readonly rate: number;
  readonly lift: number;
  /** Of all positives, the share caught in this band and those above it. */
  readonly cumulativeRecall: number;
}

/**
 * Orders the rows by score and divides them into bands of one size (within one row): what is gained by working from the top.
 * Equal scores keep the order of their rows. With fewer rows than bands some bands are left out.
 *
 * @param bands 10 gives lift by decile
 */
export function liftByBand(scores: Float64Array, labels: Uint8Array, bands = 10): LiftBand[] {
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const allPositives = labels.reduce((sum, label) => sum + label, 0);
  const found: LiftBand[] = [];
  let caught = 0;
  for (let band = 0; band < bands; band++) {
    const members = order.subarray(Math.floor((band * order.length) / bands), Math.floor(((band + 1) * order.length) / bands));
    if (members.length === 0) continue;
    const positives = members.reduce((sum, row) => sum + labels[row]!, 0);
    const rate = positives / members.length;
    caught += positives;
    found.push({
      band: band + 1,
      count: members.length,
      positives,
      highest: scores[members[0]!]!,
      lowest: scores[members[members.length - 1]!]!,
      rate,
      lift: allPositives === 0 ? 0 : rate / (allPositives / labels.length),
      cumulativeRecall: allPositives === 0 ? 0 : caught / allPositives,
    });
  }
  return found;
}
