import type { BinnedMatrix } from "./bins.js";

/** A question that divides a node's rows. */
export interface Split {
  readonly column: number;
  /** Bins under this one (and above 0) go left. */
  readonly below: number;
  /** The same in the column's own unit: x < threshold goes left. */
  readonly threshold: number;
  readonly missingLeft: boolean;
}

export interface SplitOptions {
  /** Rows on either side at least. */
  readonly minLeaf: number;
  /** How many columns are drawn. */
  readonly featuresPerSplit: number;
  readonly random: () => number;
}

/**
 * A row's weight carries its count in the low part and its positives in multiples of this, so that one addition of float64
 * keeps both sums exactly, for up to 67 million rows.
 */
export const POSITIVE = 2 ** 26;

interface Counts {
  readonly count: number;
  readonly positives: number;
}

/**
 * The question that lowers the Gini impurity most, of a few columns drawn at random; null when none leaves `minLeaf` rows on
 * both sides. As in scikit-learn, a column that is constant in this node does not use up a draw. Missing values go to the side
 * where they lower the impurity most, or, where a node has none, to the side with more rows.
 */
export function bestSplit(
  binned: BinnedMatrix,
  rows: Int32Array,
  weights: Float64Array,
  node: Counts,
  { minLeaf, featuresPerSplit, random }: SplitOptions,
  columnOrder: Int32Array,
  histogram: Float64Array,
): Split | null {
  let best: Split | null = null;
  // Gini impurity times rows is 2 pos neg / count; the half of it suffices for comparing.
  let leastImpurity = (node.positives * (node.count - node.positives)) / node.count - 1e-12;
  let tried = 0;
  for (let next = 0; next < columnOrder.length && (tried < featuresPerSplit || !best); next++) {
    const column = drawColumn(columnOrder, next, random);
    const edges = binned.edges[column]!;
    const bins = binned.columns[column]!;
    const last = edges.length + 1;
    histogram.fill(0, 0, last + 1);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      histogram[bins[row]!]! += weights[row]!;
    }
    const missing = unpack(histogram[0]!);
    let count = 0;
    let positives = 0;
    let isConstant = true;

    const consider = (below: number, threshold: number, leftCount: number, leftPositives: number, missingLeft: boolean) => {
      const rightCount = node.count - leftCount;
      if (leftCount < minLeaf || rightCount < minLeaf) return;
      const rightPositives = node.positives - leftPositives;
      const impurity =
        (leftPositives * (leftCount - leftPositives)) / leftCount + (rightPositives * (rightCount - rightPositives)) / rightCount;
      if (impurity >= leastImpurity) return;
      leastImpurity = impurity;
      best = { column, below, threshold, missingLeft };
    };

    for (let bin = 1; bin < last; bin++) {
      const here = histogram[bin]!;
      if (here === 0) continue;
      const herePositives = Math.floor(here / POSITIVE);
      positives += herePositives;
      count += here - herePositives * POSITIVE;
      if (count + missing.count === node.count) break;
      isConstant = false;
      const threshold = edges[bin - 1]!;
      if (missing.count === 0) {
        consider(bin + 1, threshold, count, positives, 2 * count > node.count);
      } else {
        consider(bin + 1, threshold, count, positives, false);
        consider(bin + 1, threshold, count + missing.count, positives + missing.positives, true);
      }
    }
    if (missing.count > 0 && missing.count < node.count) {
      isConstant = false;
      // Missing left, everything known right: no number is below the lowest, and unlike -Infinity it survives JSON.
      consider(1, -Number.MAX_VALUE, missing.count, missing.positives, true);
    }
    if (!isConstant) tried++;
  }
  return best;
}

/** One more step of a shuffle: a random one of the columns from `next` on comes to its place. */
function drawColumn(columnOrder: Int32Array, next: number, random: () => number): number {
  const chosen = next + Math.floor(random() * (columnOrder.length - next));
  const column = columnOrder[chosen]!;
  columnOrder[chosen] = columnOrder[next]!;
  columnOrder[next] = column;
  return column;
}

function unpack(packed: number): Counts {
  const positives = Math.floor(packed / POSITIVE);
  return { positives, count: packed - positives * POSITIVE };
}
