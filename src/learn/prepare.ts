import { quantile, sortedPresent } from "../math/quantile.js";
import { expectColumns, type Matrix } from "./matrix.js";

/** How one column is made ready for a linear model, learned from the training rows and replayed on others. Plain JSON. */
export interface PreparedColumn {
  /** Compressed by sign(x) log1p(|x|) before all else. */
  readonly log1p: boolean;
  /** What stands in for a missing value, after compression. */
  readonly median: number;
  /** The column's mean and standard deviation after imputation; null for a constant, which is dropped. */
  readonly scale: Scale | null;
  /** The same of the 0/1 column that marks missing values; null when all or none were missing in training. */
  readonly missingScale: Scale | null;
}

export interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** Columns of mean 0 and deviation 1 over the training rows, without gaps, and the original column each of them tells of. */
export interface PreparedMatrix extends Matrix {
  readonly origins: Int32Array;
}

/**
 * Learns for each column:
 * 1. a column without negative values whose skewness is above 1 (counts, sums, gaps) is compressed by log1p, for a linear model
 *    would otherwise follow its few largest values;
 * 2. missing values (NaN, and the infinite) become the median, and a 0/1 column beside it says which they were, for "there is
 *    no usual gap yet" is itself telling;
 * 3. both are shifted and scaled to mean 0 and standard deviation 1, so that one penalty suits all;
 * 4. what is constant is dropped.
 */
export function fitPreparation(matrix: Matrix): PreparedColumn[] {
  return matrix.columns.map((column) => {
    const present = sortedPresent(column.map((value) => (Number.isFinite(value) ? value : Number.NaN)));
    if (present.length === 0) return { log1p: false, median: 0, scale: null, missingScale: null };
    const log1p = present[0]! >= 0 && skewness(present) > 1;
    const median = quantile(log1p ? present.map(Math.log1p) : present, 0.5);
    const shape = { log1p, median };
    return {
      ...shape,
      scale: scaleOf(column.map((value) => imputed(value, shape))),
      missingScale: scaleOf(column.map(missing)),
    };
  });
}

/**
 * Replays what was learned.
 *
 * @throws RangeError when the matrix has not as many columns as were prepared
 */
export function prepare(matrix: Matrix, preparation: readonly PreparedColumn[]): PreparedMatrix {
  expectColumns(matrix, preparation.length);
  const columns: Float64Array[] = [];
  const origins: number[] = [];
  for (const [origin, prepared] of preparation.entries()) {
    const column = matrix.columns[origin]!;
    const { scale, missingScale } = prepared;
    if (scale) columns.push(column.map((value) => (imputed(value, prepared) - scale.mean) / scale.deviation));
    if (missingScale) columns.push(column.map((value) => (missing(value) - missingScale.mean) / missingScale.deviation));
    while (origins.length < columns.length) origins.push(origin);
  }
  return { rows: matrix.rows, columns, origins: Int32Array.from(origins) };
}

function imputed(value: number, { log1p, median }: Pick<PreparedColumn, "log1p" | "median">): number {
  if (!Number.isFinite(value)) return median;
  // The sign keeps a negative value that training never saw (a return, say) finite and in its place.
  return log1p ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
}

function missing(value: number): number {
  return Number.isFinite(value) ? 0 : 1;
}

/** Null for a constant, also where only rounding tells its values apart. */
function scaleOf(values: Float64Array): Scale | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return deviation > 1e-9 * Math.max(1, Math.abs(mean)) ? { mean, deviation } : null;
}

/** The third standardised moment (Fisher-Pearson, without correction for sample size); 0 for a constant. */
function skewness(values: Float64Array): number {
  const scale = scaleOf(values);
  if (!scale) return 0;
  return values.reduce((sum, value) => sum + ((value - scale.mean) / scale.deviation) ** 3, 0) / values.length;
}
