import { sortedPresent } from "../math/quantile.js";
import type { Matrix } from "./matrix.js";

/** The most bins a column may have besides bin 0, so that a bin fits a byte. */
export const MAX_BINS = 255;

/** Of a longer column every so many rows are looked at to find its edges: sorting all of a million takes as long as twenty trees. */
const MOST_SORTED = 50_000;

/** A matrix in which every value is replaced by the number of its bin: what trees are grown on. */
export interface BinnedMatrix {
  readonly rows: number;
  /** 0 for a missing value; bin b >= 1 holds edges[b - 2] <= x < edges[b - 1]. */
  readonly columns: readonly Uint8Array[];
  /** Ascending, for each column, and one fewer than it has bins besides 0. */
  readonly edges: readonly Float64Array[];
}

/**
 * Divides every column at up to `bins` - 1 edges. A column of few distinct values gets an edge midway between each two of them,
 * so nothing is lost; one of many gets edges midway around its quantiles, so that bins hold about as many rows each.
 *
 * @param bins 2 .. 255
 * @throws RangeError for any other number of bins
 */
export function binMatrix(matrix: Matrix, bins = MAX_BINS): BinnedMatrix {
  if (!Number.isInteger(bins) || bins < 2 || bins > MAX_BINS) throw new RangeError(`Bins number 2 to ${MAX_BINS}, not ${bins}.`);
  const edges = matrix.columns.map((column) => edgesOf(sortedPresent(everyNth(column)), bins));
  return {
    rows: matrix.rows,
    columns: matrix.columns.map((column, j) => binColumn(column, edges[j]!)),
    edges,
  };
}

function everyNth(column: Float64Array): Float64Array {
  const stride = Math.ceil(column.length / MOST_SORTED);
  if (stride <= 1) return column;
  const some = new Float64Array(Math.ceil(column.length / stride));
  for (let i = 0; i < some.length; i++) some[i] = column[i * stride]!;
  return some;
}

function edgesOf(sorted: Float64Array, bins: number): Float64Array {
  const starts: number[] = [];
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) starts.push(i);
  if (starts.length < bins) return Float64Array.from(starts, (start) => midway(sorted[start - 1]!, sorted[start]!));

  // Greedy: a bin is closed once it holds its share of the rows that are left, so that one value held by half of all rows
  // takes one bin and leaves the others to the rest.
  const edges: number[] = [];
  let binStart = 0;
  for (const start of starts) {
    const share = (sorted.length - binStart) / (bins - edges.length);
    if (start - binStart < share) continue;
    edges.push(midway(sorted[start - 1]!, sorted[start]!));
    binStart = start;
    if (edges.length === bins - 1) break;
  }
  return Float64Array.from(edges);
}

/** Above `low` and at most `high`, also where they are neighbours in floating point or lie at infinity. */
function midway(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle > low && middle <= high ? middle : high;
}

/** By halving without a jump that could be mispredicted, as in forest-scores.ts. */
function binColumn(column: Float64Array, edges: Float64Array): Uint8Array {
  const binned = new Uint8Array(column.length);
  const count = edges.length;
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    if (Number.isNaN(value)) continue;
    let base = 0;
    let left = count;
    while (left > 1) {
      const half = left >>> 1;
      base += Number(value >= edges[base + half - 1]!) * half;
      left -= half;
    }
    binned[row] = 1 + (count === 0 ? 0 : base + Number(value >= edges[base]!));
  }
  return binned;
}
