import { benjaminiHochberg } from "../math/benjamini-hochberg.js";
import { kolmogorovSmirnov } from "../math/kolmogorov-smirnov.js";
import { quantile, sortedPresent } from "../math/quantile.js";
import { twoProportions } from "../math/two-proportions.js";

/** Of how many users of each side a tag is held. */
export interface TagCounts {
  readonly tagId: number;
  readonly a: number;
  readonly b: number;
}

/** How one tag tells two groups of users apart. */
export interface TagDifference {
  readonly tagId: number;
  readonly countA: number;
  readonly countB: number;
  readonly shareA: number;
  readonly shareB: number;
  /** shareA / shareB; null where nobody of b holds the tag. */
  readonly lift: number | null;
  /** Two-sided, corrected for the number of tags by Benjamini and Hochberg; null where a side is empty. */
  readonly pValue: number | null;
  /** So few holders are expected that Fisher's exact test was used. */
  readonly fewHolders: boolean;
}

/** A share of fewer users than this says little; the answer then says so. */
export const SMALL_GROUP = 30;

/**
 * Compares the shares of two groups tag by tag and puts the clearest first: by corrected p-value, then by how far the lift is
 * from 1 either way, then by holders. Tags that nobody of either side holds are left out and do not count in the correction.
 */
export function compareShares(counts: readonly TagCounts[], sizeA: number, sizeB: number): TagDifference[] {
  const held = counts.filter(({ a, b }) => a + b > 0);
  const tests = sizeA > 0 && sizeB > 0 ? held.map(({ a, b }) => twoProportions(a, sizeA, b, sizeB)) : undefined;
  const corrected = tests && benjaminiHochberg(tests.map(({ pValue }) => pValue));
  const share = (count: number, size: number) => (size === 0 ? 0 : count / size);
  return held
    .map(({ tagId, a, b }, i) => ({
      tagId,
      countA: a,
      countB: b,
      shareA: share(a, sizeA),
      shareB: share(b, sizeB),
      lift: b === 0 ? null : share(a, sizeA) / share(b, sizeB),
      pValue: corrected?.[i] ?? null,
      fewHolders: tests?.[i]?.method === "FISHER_EXACT",
    }))
    .sort(
      (x, y) =>
        (x.pValue ?? 1) - (y.pValue ?? 1) ||
        distance(y) - distance(x) ||
        y.countA + y.countB - x.countA - x.countB ||
        x.tagId - y.tagId,
    );
}

/** How far from equal, the same for twice and for half. */
function distance({ shareA, shareB }: TagDifference): number {
  if (shareA === shareB) return 0;
  return shareA === 0 || shareB === 0 ? Number.MAX_VALUE : Math.abs(Math.log(shareA / shareB));
}

/** What must be said beside a comparison of small groups; null where both are large enough. */
export function caution(sizeA: number, sizeB: number, nameA: string, nameB: string): string | null {
  const small = [
    { name: nameA, size: sizeA },
    { name: nameB, size: sizeB },
  ].filter(({ size }) => size < SMALL_GROUP);
  if (small.length === 0) return null;
  const named = small.map(({ name, size }) => `${name} ${size === 1 ? "is 1 user" : `has ${size} users`}`).join(" and ");
  return `${named[0]!.toUpperCase()}${named.slice(1)}: fewer than ${SMALL_GROUP}, so shares are rough and lifts may be chance.`;
}

/** Counts the holders of computed tags on either side. Both lists of users ascend. */
export function countHolders(
  sides: { readonly userIds: Float64Array; readonly a: Uint8Array; readonly b: Uint8Array },
  matrix: { readonly userIds: Float64Array; readonly columns: readonly Float64Array[] },
  tagIds: readonly number[],
): TagCounts[] {
  const flags = new Uint8Array(matrix.userIds.length);
  for (let side = 0, row = 0; side < sides.userIds.length && row < flags.length; ) {
    const difference = sides.userIds[side]! - matrix.userIds[row]!;
    if (difference === 0) flags[row] = (sides.a[side]! << 1) | sides.b[side]!;
    if (difference <= 0) side++;
    if (difference >= 0) row++;
  }
  return tagIds.map((tagId, column) => {
    let a = 0;
    let b = 0;
    const values = matrix.columns[column]!;
    for (let row = 0; row < flags.length; row++) {
      if (values[row] !== 1) continue;
      a += flags[row]! >> 1;
      b += flags[row]! & 1;
    }
    return { tagId, a, b };
  });
}

/** How one number tells two groups of users apart, by its distribution among those for whom it is defined. */
export interface NumberDifference {
  readonly tagId: number;
  readonly definedA: number;
  readonly definedB: number;
  /** Lower quartile, median, upper quartile; null where it is defined for nobody. */
  readonly quartilesA: readonly [number, number, number] | null;
  readonly quartilesB: readonly [number, number, number] | null;
  /** The largest distance between the two distribution functions (Kolmogorov and Smirnov); null where a side has no value. */
  readonly distance: number | null;
  /** Two-sided, corrected for the number of tags by Benjamini and Hochberg. */
  readonly pValue: number | null;
}

/** Compares two groups number by number, the clearest first: by corrected p-value, then by distance. Numbers nobody has are left out. */
export function compareNumbers(
  tagIds: readonly number[],
  columns: readonly { readonly a: Float64Array; readonly b: Float64Array }[],
): NumberDifference[] {
  const sides = columns.map(({ a, b }) => ({ a: sortedPresent(a), b: sortedPresent(b) }));
  const tests = sides.map(({ a, b }) => (a.length === 0 || b.length === 0 ? null : kolmogorovSmirnov(a, b)));
  const corrected = benjaminiHochberg(tests.flatMap((test) => (test ? [test.pValue] : [])));
  let place = 0;
  return sides
    .map(({ a, b }, i): NumberDifference => {
      const test = tests[i]!;
      return {
        tagId: tagIds[i]!,
        definedA: a.length,
        definedB: b.length,
        quartilesA: quartiles(a),
        quartilesB: quartiles(b),
        distance: test?.statistic ?? null,
        pValue: test ? corrected[place++]! : null,
      };
    })
    .filter(({ definedA, definedB }) => definedA + definedB > 0)
    .sort((x, y) => (x.pValue ?? 1) - (y.pValue ?? 1) || (y.distance ?? 0) - (x.distance ?? 0) || x.tagId - y.tagId);
}

function quartiles(sorted: Float64Array): [number, number, number] | null {
  return sorted.length === 0 ? null : [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
}
