import type { Contributions } from "../learn/tree-shap.js";
import { groupCorrelated } from "./correlated.js";

/** What a higher value of the tag does to the risk. */
export const CONTRIBUTION_DIRECTIONS = ["RAISES", "LOWERS", "MIXED"] as const;
export type ContributionDirection = (typeof CONTRIBUTION_DIRECTIONS)[number];

/** The place of a tag, or of tags that say much the same, among those that move the scores of a population. Stored with the model as JSON. */
export interface RankedTag {
  readonly rank: number;
  readonly key: string;
  /** The tags of a group, its leader (`key`) first; absent for a single tag. */
  readonly keys?: readonly string[];
  /** In log-odds; of a group, of the sum over its tags. */
  readonly meanAbsoluteContribution: number;
  /** Signed: above 0 where it raises the risk of this population against everybody's. Absent in older models. */
  readonly meanContribution?: number;
  /** Of the sum over all tags, or groups. */
  readonly share: number;
  readonly direction: ContributionDirection;
  /** The AUC that is lost on users held out when its values are dealt out at random; absent where that was not tried. */
  readonly aucLost?: number;
}

/** Below this correlation of value and contribution a tag is said to work both ways. */
const LEAST_CORRELATION = 0.2;

/** Orders tags by the mean absolute contribution over the rows, the largest first, ties by key. */
export function rankTags(keys: readonly string[], columns: readonly Float64Array[], { values }: Contributions): RankedTag[] {
  return inOrder(keys.map((key, j) => ({ key, ...measured(values[j]!, columns[j]!) })));
}

/**
 * The same of groups of tags that say much the same (see groupCorrelated): one number for what would otherwise be spread over many.
 *
 * @param known groups that were found before, over the sample that the model was trained on; else they are found in these columns
 */
export function rankGroups(
  keys: readonly string[],
  columns: readonly Float64Array[],
  { values }: Contributions,
  known?: readonly (readonly string[])[],
): RankedTag[] {
  const placeOf = new Map(keys.map((key, place) => [key, place]));
  const order = rankTags(keys, columns, { base: 0, values }).map(({ key }) => placeOf.get(key)!);
  const groups = known?.map((group) => group.map((key) => placeOf.get(key)!)) ?? groupCorrelated(order, columns);
  return inOrder(
    groups.map((group) => {
      const leader = group[0]!;
      return {
        key: keys[leader]!,
        keys: group.map((place) => keys[place]!),
        ...measured(sumOf(group, values), columns[leader]!),
      };
    }),
  );
}

/** Words stand in no order, so there is no higher one that could raise or lower the risk. */
export function withoutOrder<T extends RankedTag>(ranked: readonly T[], isWords: (key: string) => boolean): T[] {
  return ranked.map((tag) => (isWords(tag.key) ? { ...tag, direction: "MIXED" } : tag));
}

function measured(contributions: Float64Array, values: Float64Array) {
  const rows = contributions.length || 1;
  return {
    meanAbsoluteContribution: contributions.reduce((sum, value) => sum + Math.abs(value), 0) / rows,
    meanContribution: contributions.reduce((sum, value) => sum + value, 0) / rows,
    direction: directionOf(values, contributions),
  };
}

function inOrder(found: readonly Omit<RankedTag, "rank" | "share">[]): RankedTag[] {
  const total = found.reduce((sum, { meanAbsoluteContribution }) => sum + meanAbsoluteContribution, 0);
  return found
    .toSorted((a, b) => b.meanAbsoluteContribution - a.meanAbsoluteContribution || (a.key < b.key ? -1 : 1))
    .map((tag, place) => ({ ...tag, rank: place + 1, share: total === 0 ? 0 : tag.meanAbsoluteContribution / total }));
}

function sumOf(places: readonly number[], values: readonly Float64Array[]): Float64Array {
  const sum = Float64Array.from(values[places[0]!]!);
  for (const place of places.slice(1)) for (let row = 0; row < sum.length; row++) sum[row]! += values[place]![row]!;
  return sum;
}
function directionOf(values: Float64Array, contributions: Float64Array): ContributionDirection {
  const correlation = correlationOf(values, contributions);
  if (!(Math.abs(correlation) >= LEAST_CORRELATION)) return "MIXED";
  return correlation > 0 ? "RAISES" : "LOWERS";
}

/** Pearson's, over the rows whose value is known; NaN where either does not vary. */
function correlationOf(values: Float64Array, others: Float64Array): number {
  let count = 0;
  let meanX = 0;
  let meanY = 0;
  let squaresX = 0;
  let squaresY = 0;
  let products = 0;
  for (let row = 0; row < values.length; row++) {
    const x = values[row]!;
    const y = others[row]!;
    if (!Number.isFinite(x)) continue;
    // Welford's update, for tags as large as amounts.
    count++;
    const dx = x - meanX;
    const dy = y - meanY;
    meanX += dx / count;
    meanY += dy / count;
    squaresX += dx * (x - meanX);
    squaresY += dy * (y - meanY);
    products += dx * (y - meanY);
  }
  return products / Math.sqrt(squaresX * squaresY);
}
