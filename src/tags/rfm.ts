import { quantiles } from "../math/quantile.js";
import { AMOUNT_UNITS } from "./history.js";

/** One user's recency (whole days since the last purchase), number of purchases and their sum. */
export interface RfmValues {
  readonly recencyDays: number;
  readonly frequency: number;
  readonly monetary: number;
}

/** The four cuts between the five scores of each. */
export interface RfmThresholds {
  readonly recency: readonly number[];
  readonly frequency: readonly number[];
  readonly monetary: readonly number[];
}

export interface RfmScores {
  readonly recency: number;
  readonly frequency: number;
  readonly monetary: number;
}

/** Quintiles by value (percentile_cont): users of equal value get equal scores, so that a score may hold more than a fifth, or nobody. */
export const QUINTILES = [0.2, 0.4, 0.6, 0.8] as const;

/** The values of a population, a column each; the sums in whole units of 1e-4, so that no rounding moves a user. */
export interface RfmColumns {
  readonly recency: Float64Array;
  readonly frequency: Float64Array;
  readonly monetaryUnits: Float64Array;
}

export function rfmThresholds({ recency, frequency, monetaryUnits }: RfmColumns): RfmThresholds {
  return {
    recency: quantiles(recency, QUINTILES),
    frequency: quantiles(frequency, QUINTILES),
    monetary: quantiles(monetaryUnits, QUINTILES).map((units) => units / AMOUNT_UNITS),
  };
}

/** 1 to 5, 5 being the best: the most recent, the most frequent, the highest sum. */
export function rfmScores({ recencyDays, frequency, monetary }: RfmValues, thresholds: RfmThresholds): RfmScores {
  return {
    recency: 5 - above(recencyDays, thresholds.recency),
    frequency: 1 + above(frequency, thresholds.frequency),
    monetary: 1 + above(monetary, thresholds.monetary),
  };
}

function above(value: number, cuts: readonly number[]): number {
  return cuts.reduce((count, cut) => count + (value > cut ? 1 : 0), 0);
}

/** The eleven layers in use in the field, best first. */
export const RFM_LAYERS = [
  "CHAMPIONS",
  "LOYAL",
  "POTENTIAL_LOYALIST",
  "NEW",
  "PROMISING",
  "NEED_ATTENTION",
  "ABOUT_TO_SLEEP",
  "AT_RISK",
  "CANNOT_LOSE",
  "HIBERNATING",
  "LOST",
] as const;
export type RfmLayer = (typeof RFM_LAYERS)[number];

const GRID: Readonly<Record<string, RfmLayer>> = {
  C: "CHAMPIONS",
  L: "LOYAL",
  P: "POTENTIAL_LOYALIST",
  N: "NEW",
  M: "PROMISING",
  A: "NEED_ATTENTION",
  S: "ABOUT_TO_SLEEP",
  R: "AT_RISK",
  X: "CANNOT_LOSE",
  H: "HIBERNATING",
  O: "LOST",
};

/**
 * The usual grid of recency against frequency: rows are recency 5 to 1, columns frequency 1 to 5. Money does not move a user between
 * layers; it is a score of its own.
 */
const LAYERS = ["NPPCC", "MPPLL", "SSALL", "HHRRX", "OHRRX"] as const;

export function rfmLayer({ recency, frequency }: Pick<RfmScores, "recency" | "frequency">): RfmLayer {
  return GRID[LAYERS[5 - recency]![frequency - 1]!]!;
}

/** What the product does about them: keep, win back, or let be. */
export const RFM_GROUPS = ["HIGH_VALUE_ACTIVE", "AT_RISK", "DORMANT"] as const;
export type RfmGroup = (typeof RFM_GROUPS)[number];

const GROUP_OF: Readonly<Record<RfmLayer, RfmGroup>> = {
  CHAMPIONS: "HIGH_VALUE_ACTIVE",
  LOYAL: "HIGH_VALUE_ACTIVE",
  POTENTIAL_LOYALIST: "HIGH_VALUE_ACTIVE",
  NEW: "HIGH_VALUE_ACTIVE",
  PROMISING: "HIGH_VALUE_ACTIVE",
  NEED_ATTENTION: "AT_RISK",
  ABOUT_TO_SLEEP: "AT_RISK",
  AT_RISK: "AT_RISK",
  CANNOT_LOSE: "AT_RISK",
  HIBERNATING: "DORMANT",
  LOST: "DORMANT",
};

export function rfmGroup(layer: RfmLayer): RfmGroup {
  return GROUP_OF[layer];
}
