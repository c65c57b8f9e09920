/** Money is counted in whole units of 1e-4, which float64 holds exactly up to 900 billion. */
export const UNITS_PER_ONE = 10_000;
export const LARGEST_UNITS = 9_000_000_000_000_000;

const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const SCIENTIFIC = /^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$/;

/** A decimal as units of 1e-4, rounded half away from zero beyond four places; NaN where the text is no decimal or too large. */
export function unitsOf(text: string): number {
  const match = PLAIN.exec(text);
  if (!match) return SCIENTIFIC.test(text) ? within(Math.round(Number(text) * UNITS_PER_ONE)) : Number.NaN;
  const whole = match[2]!;
  const fraction = match[3] ?? "";
  if (whole.length + fraction.length === 0 || whole.length > 15) return Number.NaN;
  let units = Number(whole) * UNITS_PER_ONE;
  if (fraction !== "") {
    units += Number(fraction.slice(0, 4).padEnd(4, "0"));
    if (fraction.length > 4 && fraction.charCodeAt(4) >= 53) units += 1;
  }
  return within(match[1] === "-" && units !== 0 ? -units : units);
}

/** The product of decimals as units, exact before it is rounded once; NaN where one of them is no decimal. */
export function productUnits(texts: readonly string[]): number {
  let product = UNITS_PER_ONE;
  for (const text of texts) {
    const units = unitsOf(text);
    if (Number.isNaN(units)) return Number.NaN;
    const next = product * units;
    product = Number.isSafeInteger(next) ? roundedQuotient(next) : Number(divided(BigInt(product) * BigInt(units)));
  }
  return within(product) + 0;
}

/** Half away from zero. */
function roundedQuotient(units: number): number {
  const whole = Math.trunc(units / UNITS_PER_ONE);
  const rest = units - whole * UNITS_PER_ONE;
  return Math.abs(rest) * 2 >= UNITS_PER_ONE ? whole + Math.sign(rest) : whole;
}

function divided(units: bigint): bigint {
  const half = units < 0n ? -5_000n : 5_000n;
  return (units + half) / 10_000n;
}

function within(units: number): number {
  return Math.abs(units) <= LARGEST_UNITS ? units : Number.NaN;
}

/** Units as decimal text with four places. */
export function textOfUnits(units: number): string {
  const digits = String(Math.abs(units)).padStart(5, "0");
  return `${units < 0 ? "-" : ""}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
