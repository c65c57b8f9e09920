/**
 * Spearman's rank correlation of every pair of columns (Spearman 1904): Pearson's of the ranks, ties sharing their mean rank.
 * A missing value (NaN) takes the middle rank, where it speaks neither way; a column of one value correlates with none (0).
 *
 * @returns correlations[i][j], symmetric, 1 on the diagonal
 */
export function rankCorrelations(columns: readonly Float64Array[]): Float64Array[] {
  const ranked = columns.map(standardisedRanks);
  const found = columns.map(() => new Float64Array(columns.length));
  for (let i = 0; i < ranked.length; i++) {
    found[i]![i] = 1;
    for (let j = 0; j < i; j++) {
      const [a, b] = [ranked[i]!, ranked[j]!];
      let sum = 0;
      for (let row = 0; row < a.length; row++) sum += a[row]! * b[row]!;
      found[i]![j] = sum;
      found[j]![i] = sum;
    }
  }
  return found;
}

/** Ranks moved and scaled so that their product with another column's is the correlation. */
function standardisedRanks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys())
    .filter((row) => !Number.isNaN(values[row]!))
    .sort((a, b) => values[a]! - values[b]! || a - b);
  const middle = (order.length - 1) / 2;
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let place = from; place < to; place++) ranks[order[place]!] = (from + to - 1) / 2 - middle;
    from = to;
  }
  const length = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0));
  return length === 0 ? ranks : ranks.map((rank) => rank / length);
}
