import type { EventKind } from "../events/event-kind.js";

/** What the user did of their own. */
export const ACTIVITY: readonly EventKind[] = ["INTERACTION", "TRANSACTION"];

/** Numbers that one pass over a user's events gives. */
export const MEASURES = [
  /** Events in the window. */
  "count",
  /** Sum of their amounts, in the currency's unit. */
  "sum",
  /** Distinct UTC dates with an event. */
  "activeDays",
  /** Distinct categories over all events' categories. */
  "categories",
  /** Fractional days from the window's last (first) event to asOf; undefined without events. */
  "daysSinceLast",
  "daysSinceFirst",
  /** Days between consecutive events: mean, population standard deviation, longest; undefined below two events. */
  "gapMean",
  "gapSd",
  "gapMax",
  /** The median of those gaps, and the median of how far they lie from it (MAD): one odd gap moves neither. Undefined below two events. */
  "gapMedian",
  "gapSpread",
  /** Share of events on a Saturday or Sunday, UTC; undefined without events. */
  "weekendShare",
  /** Least-squares slope of the window's weekly counts over 0, 1, 2 ...: events a week more in each week. */
  "weeklySlope",
  /** Population standard deviation of the weekly counts over their mean; undefined where the mean is 0. */
  "weeklyVariation",
  /** The likeliest change of rate in the weekly counts (math/change-point.ts): twice the log-likelihood ratio, the weeks before
   * it, the events a week before and after. Undefined below `atLeast` events. */
  "breakRatio",
  "breakWeek",
  "breakBefore",
  "breakAfter",
] as const;
export type MeasureName = (typeof MEASURES)[number];
export const WEEKLY_MEASURES: ReadonlySet<MeasureName> = new Set<MeasureName>([
  "weeklySlope",
  "weeklyVariation",
  "breakRatio",
  "breakWeek",
  "breakBefore",
  "breakAfter",
]);

/** A measure of the events of some kinds (or types) in [asOf - endingDaysAgo - days, asOf - endingDaysAgo). */
export interface Measure {
  readonly measure: MeasureName;
  /** Kinds of events; with neither kinds nor types: activity. */
  readonly kinds?: readonly EventKind[];
  /** Keys of event types. */
  readonly types?: readonly string[];
  /** Length of the window; absent: everything before its end. */
  readonly days?: number;
  readonly endingDaysAgo?: number;
  /** For the break measures: the fewest events in the window that are judged. */
  readonly atLeast?: number;
}

/**
 * An expression over one user's events and other tags. Undefined (NaN) spreads through arithmetic and comparisons; division by
 * zero is undefined. Truth is 1, 0 or undefined, as in SQL: `all` is 0 as soon as one part is, whatever the others.
 */
export type Expression =
  | number
  | Measure
  | { readonly tag: string }
  | { readonly add: readonly Expression[] }
  | { readonly multiply: readonly Expression[] }
  | { readonly subtract: readonly [Expression, Expression] }
  | { readonly divide: readonly [Expression, Expression] }
  | { readonly floor: Expression }
  /** The first part that is defined. */
  | { readonly coalesce: readonly Expression[] }
  | { readonly lt: readonly [Expression, Expression] }
  | { readonly lte: readonly [Expression, Expression] }
  | { readonly gt: readonly [Expression, Expression] }
  | { readonly gte: readonly [Expression, Expression] }
  | { readonly eq: readonly [Expression, Expression] }
  | { readonly ne: readonly [Expression, Expression] }
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] }
  | { readonly not: Expression };

/** How bad a decline is: MILD, from `moderate` on MODERATE, from `severe` on SEVERE, going up (HIGHER is worse) or down. */
export interface SeverityRule {
  /** Default: the current value over the baseline. */
  readonly by?: Expression;
  readonly worse: "HIGHER" | "LOWER";
  readonly moderate: number;
  readonly severe: number;
}

/** What a computed tag is: a number, or a condition; of a decline also the two numbers that are its evidence. */
export interface TagDefinition {
  readonly expression: Expression;
  readonly decline?: {
    readonly current: Expression;
    readonly baseline: Expression;
    readonly severity: SeverityRule;
    /** The evidence in words, with {current}, {baseline} and {change} in it. */
    readonly sentence?: string;
    /** How frequent a user is: those of like frequency (frequencyBand) are the ones to be compared with. */
    readonly peersBy?: Expression;
  };
}
