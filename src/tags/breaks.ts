import { poissonBreak } from "../math/change-point.js";
import { chiSquare1Tail } from "../math/chi-square.js";
import { DAY_MS } from "./history.js";

/** A change of a user's own rate of activity. */
export interface BehaviorBreakValues {
  readonly at: Date;
  readonly direction: "DOWN" | "UP";
  /** Activity a week before and after, within the stretch that was looked at. */
  readonly before: number;
  readonly after: number;
  /** At least this sure that the rate changed at all. */
  readonly confidence: number;
}

const WEEKS = 26;
const WEEK_MS = 7 * DAY_MS;
/** Weeks that each side of a break keeps. */
const SIDE_WEEKS = 4;
/** Twice the log-likelihood ratio that makes a break: with at most 19 places to choose from, 3% of steady users reach it at most. */
const RATIO = 10;

/**
 * The breaks in the weekly activity of the 26 weeks before an instant, oldest first: the likeliest change-point, then those within either
 * side of it (binary segmentation). Weeks before the user's first activity are not looked at, so that beginning is no break.
 *
 * The confidence is one less the chi-square tail of the ratio, times the number of places the break was chosen from (Bonferroni).
 *
 * @param at the user's activity, ascending, before asOf
 */
export function behaviorBreaks(at: ArrayLike<number>, asOf: number): BehaviorBreakValues[] {
  if (at.length === 0) return [];
  const known = Math.min(WEEKS, Math.floor((asOf - at[0]!) / WEEK_MS));
  const start = asOf - known * WEEK_MS;
  const counts = new Uint32Array(known);
  for (let event = 0; event < at.length; event++) {
    const week = Math.floor((at[event]! - start) / WEEK_MS);
    if (week >= 0 && week < known) counts[week]!++;
  }
  return within(counts, start);
}

function within(counts: Uint32Array, start: number): BehaviorBreakValues[] {
  if (counts.length < 2 * SIDE_WEEKS) return [];
  const { split, twoLogLikelihoodRatio, rateBefore, rateAfter } = poissonBreak(counts, SIDE_WEEKS);
  if (twoLogLikelihoodRatio < RATIO) return [];
  const middle = start + split * WEEK_MS;
  const places = counts.length - 2 * SIDE_WEEKS + 1;
  return [
    ...within(counts.subarray(0, split), start),
    {
      at: new Date(middle),
      direction: rateAfter < rateBefore ? "DOWN" : "UP",
      before: rateBefore,
      after: rateAfter,
      confidence: Math.max(0, 1 - places * chiSquare1Tail(twoLogLikelihoodRatio)),
    },
    ...within(counts.subarray(split), middle),
  ];
}
