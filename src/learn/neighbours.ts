/** The next larger double: x <= value is x < nextUp(value). */
export function nextUp(value: number): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0]! += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0]!;
}

/** The next smaller number of 32 bits, of one that is of 32 bits itself. */
export function float32Below(value: number): number {
  if (value === 0) return -LEAST_FLOAT32;
  const number = Float32Array.of(value);
  const bits = new Int32Array(number.buffer);
  bits[0]! += value > 0 ? -1 : 1;
  return number[0]!;
}

const LEAST_FLOAT32 = 2 ** -149;
