/** A rising curve from scores to log-odds: straight between the given points, level before the first and after the last. */
export interface RisingCurve {
  /** Ascending. */
  readonly scores: readonly number[];
  /** One for each score, never falling. */
  readonly logOdds: readonly number[];
}

/**
 * Isotonic calibration: of all curves that never fall, the one nearest to what happened, by pooling adjacent violators (Ayer et al.,
 * Annals of Mathematical Statistics 26, 1955; for calibration Zadrozny & Elkan, KDD 2002). Rows with one score stay together. The labels
 * stand a little inside 0 and 1, as in Platt's method, so that no pool is a certainty. The steps' middles are joined by straight lines,
 * which keeps apart what the model kept apart.
 *
 * @param labels 0 or 1, one for each score; both occur
 */
export function fitIsotonic(scores: Float64Array, labels: Uint8Array): RisingCurve {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  const pools: { rows: number; targets: number; scores: number; last: number }[] = [];
  for (const row of order) {
    const score = scores[row]!;
    const before = pools.at(-1);
    let pool = { rows: 1, targets: labels[row] === 1 ? high : low, scores: score, last: score };
    // Equal scores are one pool even where it rises within them; the pools before it may fall to it.
    if (before && before.last === score) pool = joined(pools.pop()!, pool);
    while (pools.length > 0 && pools.at(-1)!.targets * pool.rows >= pool.targets * pools.at(-1)!.rows)
      pool = joined(pools.pop()!, pool);
    pools.push(pool);
  }
  return {
    scores: pools.map((pool) => pool.scores / pool.rows),
    logOdds: pools.map(({ rows, targets }) => Math.log(targets / (rows - targets))),
  };
}

/** The curve's height at each score. */
export function followCurve({ scores, logOdds }: RisingCurve, at: Float64Array): Float64Array {
  return at.map((score) => {
    let lowEnd = 0;
    let highEnd = scores.length;
    while (lowEnd < highEnd) {
      const middle = (lowEnd + highEnd) >>> 1;
      if (scores[middle]! <= score) lowEnd = middle + 1;
      else highEnd = middle;
    }
    if (lowEnd === 0) return logOdds[0]!;
    if (lowEnd === scores.length) return logOdds.at(-1)!;
    const [left, right] = [lowEnd - 1, lowEnd];
    const share = (score - scores[left]!) / (scores[right]! - scores[left]!);
    return logOdds[left]! + share * (logOdds[right]! - logOdds[left]!);
  });
}

function joined<T extends { rows: number; targets: number; scores: number; last: number }>(left: T, right: T): T {
  return {
    ...right,
    rows: left.rows + right.rows,
    targets: left.targets + right.targets,
    scores: left.scores + right.scores,
  };
}
