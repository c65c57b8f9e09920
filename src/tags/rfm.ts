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

export interface RfmDistributionValues {
  readonly users: number;
  readonly thresholds: RfmThresholds;
  /** How many users have each score; index 0 is score 1. */
  readonly scoreCounts: { readonly recency: number[]; readonly frequency: number[]; readonly monetary: number[] };
  /** Cells with at least one user, ascending by their three scores. */
  readonly cells: readonly (RfmScores & { readonly count: number })[];
}

export function rfmDistribution(columns: RfmColumns): RfmDistributionValues {
  const users = columns.recency.length;
  const thresholds = rfmThresholds(columns);
  const scoreCounts = { recency: fives(), frequency: fives(), monetary: fives() };
  const counts = new Map<string, RfmScores & { count: number }>();
  for (let user = 0; user < users; user++) {
    const scores = rfmScores(
      {
        recencyDays: columns.recency[user]!,
        frequency: columns.frequency[user]!,
        monetary: columns.monetaryUnits[user]! / AMOUNT_UNITS,
      },
      thresholds,
    );
    scoreCounts.recency[scores.recency - 1]!++;
    scoreCounts.frequency[scores.frequency - 1]!++;
    scoreCounts.monetary[scores.monetary - 1]!++;
    const key = `${scores.recency}${scores.frequency}${scores.monetary}`;
    const cell = counts.get(key);
    if (cell) cell.count++;
    else counts.set(key, { ...scores, count: 1 });
  }
  return { users, thresholds, scoreCounts, cells: [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell) };
}

function fives(): number[] {
  return [0, 0, 0, 0, 0];
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
