import { normalCdf } from "./normal.js";

/** The share of a chi-square distribution with one degree of freedom that lies above x: its square root is a standard normal. */
export function chiSquare1Tail(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  return x <= 0 ? 1 : 2 * normalCdf(-Math.sqrt(x));
}
