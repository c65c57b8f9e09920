/** Column values for wanted users out of a matrix over others; both lists of ids ascend. NaN for a user who is not there. */
export function alignColumns(wanted: Float64Array, userIds: Float64Array, columns: readonly Float64Array[]): Float64Array[] {
  const rows = rowsOf(wanted, userIds);
  return columns.map((column) => Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : column[row]!)));
}

/** Numbers that a training holds at most, 240 MB of them: a thread's own arrays lie outside the bound of its heap. A million rows of 30 tags. */
export const MOST_CELLS = 30_000_000;

/** The share of users that a training can hold: 1, or less where all their rows at all dates are too many. */
export function shareThatFits(rows: number, tags: number): number {
  return Math.min(1, MOST_CELLS / (rows * Math.max(1, tags)));
}

/** Whether a user belongs to a sample of that share: by a hash of the user, so that one stands in it at every date or at none. */
export function isSampled(userId: number, share: number): boolean {
  return share >= 1 || hashOf(userId) < share * 2 ** 32;
}

/** The last step of MurmurHash3 (Appleby, public domain): every bit of the number moves every bit of the hash. */
function hashOf(number: number): number {
  let hash = (number % 2 ** 32) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
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
