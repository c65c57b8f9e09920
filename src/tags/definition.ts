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
  /** A text: the category of most of the window's events; of several the one seen last, then the first by name. Undefined without categories. */
  "topCategory",
] as const;
export type MeasureName = (typeof MEASURES)[number];
/** Measures that give a text. */
export const TEXT_MEASURES: ReadonlySet<MeasureName> = new Set<MeasureName>(["topCategory"]);
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

/** What an expression gives: truth, a number, a text, or an instant. */
export const VALUE_KINDS = ["condition", "number", "text", "date"] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** As what an attribute is read; one that is of another type is undefined there. ANY only asks whether it is there. */
export const READINGS = { BOOLEAN: "condition", NUMBER: "number", TEXT: "text", DATE: "date", ANY: "text" } as const;
export type Reading = keyof typeof READINGS;

/** What is known of a user beside events and tags. Attributes and the channel have no history: at any instant they are those of now. */
export type Fact =
  | { readonly attribute: string; readonly as: Reading }
  | { readonly user: "channel" }
  /** A MANUAL or IMPORTED tag as it was held at the instant: what `{tag: key}` stands for where the tag is given by people or systems. */
  | { readonly given: string; readonly as: Exclude<Reading, "DATE" | "ANY"> };

/**
 * An expression over one user's events, attributes and other tags. Undefined (NaN) spreads through arithmetic, texts and comparisons;
 * division by zero is undefined. Truth is 1, 0 or undefined, as in SQL: `all` is 0 as soon as one part is, whatever the others.
 */
export type Expression =
  | number
  /** A text. */
  | string
  | Measure
  | { readonly tag: string }
  | Fact
  | { readonly add: readonly Expression[] }
  | { readonly multiply: readonly Expression[] }
  | { readonly subtract: readonly [Expression, Expression] }
  | { readonly divide: readonly [Expression, Expression] }
  | { readonly min: readonly Expression[] }
  | { readonly max: readonly Expression[] }
  | { readonly floor: Expression }
  | { readonly abs: Expression }
  /** To the nearest whole number, halves upwards. */
  | { readonly round: Expression }
  /** The first part that is defined. */
  | { readonly coalesce: readonly Expression[] }
  /** When, then, when, then ..., otherwise: the first part whose condition holds. Without an otherwise: undefined. */
  | { readonly case: readonly Expression[] }
  | { readonly lt: readonly [Expression, Expression] }
  | { readonly lte: readonly [Expression, Expression] }
  | { readonly gt: readonly [Expression, Expression] }
  | { readonly gte: readonly [Expression, Expression] }
  | { readonly eq: readonly [Expression, Expression] }
  | { readonly ne: readonly [Expression, Expression] }
  /** Whether the first part equals one of the others. */
  | { readonly in: readonly Expression[] }
  /** Whether the part is defined: 1 or 0. */
  | { readonly isSet: Expression }
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] }
  | { readonly not: Expression }
  | { readonly lower: Expression }
  | { readonly concat: readonly Expression[] }
  /** Characters (code points) of a text. */
  | { readonly length: Expression }
  | { readonly contains: readonly [Expression, Expression] }
  | { readonly startsWith: readonly [Expression, Expression] }
  | { readonly endsWith: readonly [Expression, Expression] }
  /** An instant: a day (its UTC midnight) or a time, as RFC 3339 writes them. */
  | { readonly date: string }
  /** The instant so many days before asOf. */
  | { readonly daysAgo: Expression }
  /** Fractional days from the instant to asOf; below 0 where it lies ahead. */
  | { readonly daysSince: Expression }
  | { readonly daysUntil: Expression }
  /** Whole days from asOf's date to the next anniversary of the instant's, 0 to 365; one of 29 February is kept on the 28th in other years. */
  | { readonly daysToAnniversary: Expression }
  /** Of the instant in UTC: 1 (Monday) to 7; 1 to 31; 1 to 12; the year; 0 to 23. */
  | { readonly weekday: Expression }
  | { readonly dayOfMonth: Expression }
  | { readonly month: Expression }
  | { readonly year: Expression }
  | { readonly hour: Expression };

/** How bad a decline is: MILD, from `moderate` on MODERATE, from `severe` on SEVERE, going up (HIGHER is worse) or down. */
export interface SeverityRule {
  /** Default: the current value over the baseline. */
  readonly by?: Expression;
  readonly worse: "HIGHER" | "LOWER";
  readonly moderate: number;
  readonly severe: number;
}

/** What a computed tag is: a number, a condition, or a text; of a decline also the two numbers that are its evidence. */
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
