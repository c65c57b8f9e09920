import type { Contributions } from "../learn/tree-shap.js";

/** What a higher value of the tag does to the risk. */
export const CONTRIBUTION_DIRECTIONS = ["RAISES", "LOWERS", "MIXED"] as const;
export type ContributionDirection = (typeof CONTRIBUTION_DIRECTIONS)[number];

/** One tag's place among those that move the scores of a population. Stored with the model as JSON. */
export interface RankedTag {
  readonly rank: number;
  readonly key: string;
  /** In log-odds. */
  readonly meanAbsoluteContribution: number;
  /** Of the sum over all tags. */
  readonly share: number;
  readonly direction: ContributionDirection;
}

/** Below this correlation of value and contribution a tag is said to work both ways. */
const LEAST_CORRELATION = 0.2;

/** Orders tags by the mean absolute contribution over the rows, the largest first, ties by key. */
export function rankTags(keys: readonly string[], columns: readonly Float64Array[], { values }: Contributions): RankedTag[] {
  const found = keys.map((key, j) => {
    const contributions = values[j]!;
    const meanAbsoluteContribution = contributions.reduce((sum, value) => sum + Math.abs(value), 0) / (contributions.length || 1);
    return { key, meanAbsoluteContribution, direction: directionOf(columns[j]!, contributions) };
  });
  const total = found.reduce((sum, { meanAbsoluteContribution }) => sum + meanAbsoluteContribution, 0);
  return found
    .sort((a, b) => b.meanAbsoluteContribution - a.meanAbsoluteContribution || (a.key < b.key ? -1 : 1))
    .map((tag, place) => ({ ...tag, rank: place + 1, share: total === 0 ? 0 : tag.meanAbsoluteContribution / total }));
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
