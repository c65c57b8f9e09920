/** Column values for wanted users out of a matrix over others; both lists of ids ascend. NaN for a user who is not there. */
export function alignColumns(wanted: Float64Array, userIds: Float64Array, columns: readonly Float64Array[]): Float64Array[] {
  const rows = rowsOf(wanted, userIds);
  return columns.map((column) => Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : column[row]!)));
}

/** Several columns of the same meaning, one after another. */
export function stack(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether a column says nothing: one value throughout, or missing throughout. */
export function isConstant(column: Float64Array): boolean {
  return column.every((value) => Object.is(value, column[0]));
}

/** The place of each wanted id in the ascending ids; -1 where it is missing. */
function rowsOf(wanted: Float64Array, userIds: Float64Array): Int32Array {
  const rows = new Int32Array(wanted.length);
  let place = 0;
  for (let i = 0; i < wanted.length; i++) {
    while (place < userIds.length && userIds[place]! < wanted[i]!) place++;
    rows[i] = userIds[place] === wanted[i] ? place : -1;
  }
  return rows;
}
