import { rankCorrelations } from "../math/rank-correlation.js";

/** From this rank correlation on, in either direction, two tags are taken to say much the same. */
export const SAME_FROM = 0.8;
/** Rows that correlations are taken over: their standard error at 0.8 is then 0.008. */
const MOST_ROWS = 2_000;

/**
 * Puts tags that say much the same together: counts over 30, 60 and 90 days, say. The first of the given order leads a group, and
 * those that correlate with the leader join it; what joins one is not looked at again, so groups do not grow in chains.
 *
 * @param order places of the columns, the most important first
 * @returns groups of places, each with its leader first, in the order of their leaders
 */
export function groupCorrelated(order: readonly number[], columns: readonly Float64Array[]): number[][] {
  const rows = columns[0]?.length ?? 0;
  const stride = Math.max(1, Math.ceil(rows / MOST_ROWS));
  const sampled = columns.map((column) => Float64Array.from({ length: Math.ceil(rows / stride) }, (_, i) => column[i * stride]!));
  const correlations = rankCorrelations(sampled);
  const free = new Set(order);
  const groups: number[][] = [];
  for (const leader of order) {
    if (!free.delete(leader)) continue;
    const followers = [...free].filter((other) => Math.abs(correlations[leader]![other]!) >= SAME_FROM);
    for (const follower of followers) free.delete(follower);
    groups.push([leader, ...followers]);
  }
  return groups;
}
