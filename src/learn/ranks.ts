import type { Forest } from "./forest.js";
import type { Matrix } from "./matrix.js";

/*
 * A value's rank is how many of its column's thresholds are at most as large: x < thresholds[i] exactly where the rank of x is at most i.
 * So a forest's questions can be asked of whole numbers, and each value is looked for among the thresholds once instead of once a tree.
 */

/** The thresholds of one column, and a table that leads near a value's rank. */
export interface RankedColumn {
  /** Distinct and ascending, and behind them so many NaN that no search runs past the end: no value is at least NaN. */
  readonly thresholds: Float64Array;
  readonly lowest: number;
  /** Cells for each unit of the values. */
  readonly scale: number;
  /** How many thresholds lie in the cells before each. */
  readonly before: Uint32Array;
  /** The first step of the search within a cell, a power of two: 1 where no cell holds more than one threshold; 0 without thresholds. */
  readonly firstStep: number;
}

/** Small enough to stay in the processor's cache with the column at hand. */
const CELLS = 1024;

/** A rank that lies above every threshold's. */
const HIGHEST = 0x3fff_ffff;

/** For each column that a forest may ask. */
export function rankedColumns({ columns, feature, threshold }: Forest): RankedColumn[] {
  const found = Array.from({ length: columns }, () => new Set<number>());
  for (let node = 0; node < feature.length; node++) found[feature[node]!]?.add(threshold[node]!);
  return found.map((distinct) => rankedColumn(Float64Array.from(distinct).sort()));
}

function rankedColumn(sorted: Float64Array): RankedColumn {
  // The lowest number of all divides missing values from all others, and is no place to begin cells at.
  const lowest = sorted.find((threshold) => threshold > -Number.MAX_VALUE) ?? 0;
  const span = (sorted.at(-1) ?? lowest) - lowest;
  const scale = span > 0 ? (CELLS - 1) / span : 0;
  const before = new Uint32Array(CELLS);
  const within = new Uint32Array(CELLS);
  for (const threshold of sorted) within[cellOf(threshold, lowest, scale)]!++;
  let most = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    if (cell > 0) before[cell] = before[cell - 1]! + within[cell - 1]!;
    most = Math.max(most, within[cell]!);
  }
  const firstStep = most === 0 ? 0 : 2 ** Math.floor(Math.log2(most));
  const thresholds = new Float64Array(sorted.length + 2 * firstStep).fill(Number.NaN);
  thresholds.set(sorted);
  return { thresholds, lowest, scale, before, firstStep };
}

/** Never falls from one value to a higher one, whatever is rounded: a threshold in an earlier cell is lower than the value, in a later one higher. */
function cellOf(x: number, lowest: number, scale: number): number {
  return Math.max(0, Math.min(CELLS - 1, (x - lowest) * scale)) | 0;
}

/** The number of steps is the column's alone, and none of them is a jump that the processor could mispredict. */
function rankOf(x: number, { thresholds, lowest, scale, before, firstStep }: RankedColumn): number {
  let rank = before[cellOf(x, lowest, scale)]!;
  for (let step = firstStep; step > 0; step >>= 1) rank += Number(x >= thresholds[rank + step - 1]!) * step;
  return rank;
}

/** A row goes right at a node where its rank at the node's place is above this. */
export function rankOfThreshold({ feature, threshold }: Forest, node: number, ranked: readonly RankedColumn[]): number {
  return rankOf(threshold[node]!, ranked[feature[node]!]!) - 1;
}

/** Where a row's rank stands that a node asks for: a missing value has two, the lowest among a row's first columns, the highest among its second. */
export function placeOfRank({ columns, feature, missingLeft }: Forest, node: number): number {
  return missingLeft[node] === 1 ? feature[node]! : columns + feature[node]!;
}

/** Writes the ranks of some rows, row after row twice as many as there are columns. */
export function fillRanks(
  { columns }: Matrix,
  start: number,
  end: number,
  ranked: readonly RankedColumn[],
  ranks: Int32Array,
): void {
  const width = 2 * columns.length;
  for (const [place, column] of columns.entries()) {
    const thresholds = ranked[place]!;
    for (let row = start; row < end; row++) {
      const x = column[row]!;
      const at = (row - start) * width + place;
      const rank = rankOf(x, thresholds);
      const isMissing = Number.isNaN(x);
      ranks[at] = isMissing ? -1 : rank;
      ranks[at + columns.length] = isMissing ? HIGHEST : rank;
    }
  }
}

/** The ranks of all rows. */
export function ranksOf(matrix: Matrix, ranked: readonly RankedColumn[]): Int32Array {
  const ranks = new Int32Array(2 * matrix.columns.length * matrix.rows);
  fillRanks(matrix, 0, matrix.rows, ranked, ranks);
  return ranks;
}
