/**
 * Adjusts the p-values of many tests so that calling those at most q significant keeps the expected share of false calls at q
 * (Benjamini & Hochberg, JRSS B 57, 1995; adjusted values as R's p.adjust "BH").
 *
 * @returns one adjusted value for each p-value, in the same order, never smaller than it and at most 1
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const descending = pValues.map((_, i) => i).sort((a, b) => pValues[b]! - pValues[a]! || b - a);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let least = 1;
  for (const [place, test] of descending.entries()) {
    const rank = pValues.length - place;
    least = Math.min(least, (pValues[test]! * pValues.length) / rank);
    adjusted[test] = least;
  }
  return adjusted;
}
