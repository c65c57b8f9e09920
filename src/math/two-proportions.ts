import { fisherExact } from "./fisher-exact.js";
import { normalCdf } from "./normal.js";

/** Two shares compared. */
export interface ProportionTest {
  /** The first share less the second. */
  readonly difference: number;
  /** Two-sided: how often a difference this large arises when both shares are the same. */
  readonly pValue: number;
  readonly method: "Z_TEST" | "FISHER_EXACT";
}

/**
 * Tests whether two shares differ: the pooled z-test, or Fisher's exact test where one of the four cells is expected to hold
 * fewer than five rows (Cochran 1954's rule for when the approximation fails).
 *
 * @throws RangeError when a total is not positive or smaller than its successes
 */
export function twoProportions(successesA: number, totalA: number, successesB: number, totalB: number): ProportionTest {
  if (!(totalA > 0 && totalB > 0 && inRange(successesA, totalA) && inRange(successesB, totalB))) {
    throw new RangeError(`${successesA} of ${totalA} and ${successesB} of ${totalB} are not two shares.`);
  }
  const difference = successesA / totalA - successesB / totalB;
  const pooled = (successesA + successesB) / (totalA + totalB);
  const leastExpected = Math.min(totalA, totalB) * Math.min(pooled, 1 - pooled);
  if (leastExpected < 5) {
    return {
      difference,
      pValue: fisherExact(successesA, totalA - successesA, successesB, totalB - successesB),
      method: "FISHER_EXACT",
    };
  }
  const z = difference / Math.sqrt(pooled * (1 - pooled) * (1 / totalA + 1 / totalB));
  return { difference, pValue: 2 * normalCdf(-Math.abs(z)), method: "Z_TEST" };
}

function inRange(successes: number, total: number): boolean {
  return successes >= 0 && successes <= total;
}
