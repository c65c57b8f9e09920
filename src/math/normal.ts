/**
 * The standard normal distribution function, to 12 significant digits and more in the whole lower tail (Hart 1968, algorithm
 * 5666, as given by West, "Better approximations to cumulative normal functions", Wilmott Magazine, 2005; a continued fraction
 * beyond z = -4). Below z = -37 it is 0.
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  const lower = lowerTail(Math.abs(z));
  return z > 0 ? 1 - lower : lower;
}

/**
 * The z below which a share p of the standard normal lies: Acklam's rational approximation, then one step of Halley's method
 * against normalCdf, which leaves an error near 1e-15.
 *
 * @throws RangeError when p is outside [0, 1]
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A share lies between 0 and 1, not at ${p}.`);
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // The upper half is mirrored, for the lower tail is the precise one.
  if (p > 0.5) return -normalQuantile(1 - p);
  const rough = p < 0.02425 ? acklamTail(Math.sqrt(-2 * Math.log(p))) : acklamCentre(p - 0.5);
  const step = (normalCdf(rough) - p) * Math.sqrt(2 * Math.PI) * Math.exp((rough * rough) / 2);
  return rough - step / (1 + (rough * step) / 2);
}

function lowerTail(z: number): number {
  if (z > 37) return 0;
  const density = Math.exp((-z * z) / 2);
  if (z > 4) {
    // Laplace's continued fraction: Hart's quotient is exact in absolute terms only, 1e-11 off at 6 and 1e-8 at 8.
    let fraction = z;
    for (let term = 60; term > 0; term--) fraction = z + term / fraction;
    return density / fraction / Math.sqrt(2 * Math.PI);
  }
  const above = polynomial(
    z,
    [
      3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
      220.206867912376,
    ],
  );
  const below = polynomial(
    z,
    [
      8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
      793.826512519948, 440.413735824752,
    ],
  );
  return (density * above) / below;
}

function acklamCentre(offset: number): number {
  const r = offset * offset;
  const above = polynomial(
    r,
    [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  );
  const below = polynomial(
    r,
    [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
  );
  return (offset * above) / below;
}

function acklamTail(q: number): number {
  const above = polynomial(
    q,
    [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783],
  );
  return above / polynomial(q, [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]);
}

/** Horner's rule, the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}
