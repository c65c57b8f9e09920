/**
 * Samples, column by column: a column is one feature, a row one user at one observation date. NaN is a missing value. Every
 * column has `rows` values.
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
  /** Columns whose numbers are names of categories (0, 1, 2 ...; the commonest first) and stand in no order. None when left out. */
  readonly categorical?: readonly number[];
}

/** The given rows, in the given order, as a matrix of their own. */
export function takeRows(matrix: Matrix, rows: Int32Array): Matrix {
  const { categorical } = matrix;
  return {
    rows: rows.length,
    columns: matrix.columns.map((column) => takeValues(column, rows)),
    ...(categorical && { categorical }),
  };
}

/** The given rows of one column. */
export function takeValues(column: Float64Array, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = column[rows[i]!]!;
  return taken;
}

/** The given rows of the labels. */
export function takeLabels(labels: Uint8Array, rows: Int32Array): Uint8Array {
  const taken = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = labels[rows[i]!]!;
  return taken;
}

/** @throws RangeError when the matrix has not as many columns as a model was fitted on */
export function expectColumns(matrix: Matrix, columns: number): void {
  if (matrix.columns.length !== columns) {
    throw new RangeError(`The model was fitted on ${columns} columns and is given ${matrix.columns.length}.`);
  }
}
