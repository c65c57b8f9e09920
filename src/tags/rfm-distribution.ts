import { AMOUNT_UNITS } from "./history.js";
import { type RfmColumns, type RfmScores, type RfmThresholds, rfmScores, rfmThresholds } from "./rfm.js";

/** VALUE: users of equal value get equal scores. NTILE: every score gets a fifth of the users, whatever that does to equals. */
export const RFM_METHODS = ["VALUE", "NTILE"] as const;
export type RfmMethod = (typeof RFM_METHODS)[number];

/** What only NTILE needs, for it has to put equals into an order. */
export interface RfmOrder {
  /** Fractional days since the last one: two users of the same whole day are still told apart. */
  readonly silence: Float64Array;
  /** The place of each user by external id, byte by byte: decides between equals. */
  readonly rank: Float64Array;
}

export interface RfmDistributionValues {
  readonly users: number;
  /** Null for NTILE, where a user's score depends on the order among equals and not on the value alone. */
  readonly thresholds: RfmThresholds | null;
  /** How many users have each score; index 0 is score 1. */
  readonly scoreCounts: Record<keyof RfmScores, number[]>;
  /** Scores that nobody has. */
  readonly emptyScores: Record<keyof RfmScores, number[]>;
  /** The sum of money of each monetary score, in whole units of 1e-4; index 0 is score 1. */
  readonly monetarySumUnits: number[];
  /** Cells with at least one user, ascending by their three scores. */
  readonly cells: readonly (RfmScores & { readonly count: number })[];
}

/** By the cuts that are given, and by quintiles of value for those that are not. */
export function distributionByValue(columns: RfmColumns, cuts: Partial<RfmThresholds> = {}): RfmDistributionValues {
  const thresholds = { ...rfmThresholds(columns), ...cuts };
  return {
    ...tally(columns, (user) =>
      rfmScores(
        {
          recencyDays: columns.recency[user]!,
          frequency: columns.frequency[user]!,
          monetary: columns.monetaryUnits[user]! / AMOUNT_UNITS,
        },
        thresholds,
      ),
    ),
    thresholds,
  };
}

/** As SQL's NTILE(5), with equals in the order of their rank. */
export function distributionByTile(columns: RfmColumns, order: RfmOrder): RfmDistributionValues {
  return { ...tally(columns, scoresByTile(columns, order)), thresholds: null };
}

/** The scores of each user (by place) that the same method gives. */
export function scoresByTile(columns: RfmColumns, { silence, rank }: RfmOrder): (user: number) => RfmScores {
  // The longest silent come first, so that the most recent get 5.
  const recency = tiles(silence.length, (a, b) => silence[b]! - silence[a]! || rank[a]! - rank[b]!);
  const byValue = (values: Float64Array) => tiles(values.length, (a, b) => values[a]! - values[b]! || rank[a]! - rank[b]!);
  const frequency = byValue(columns.frequency);
  const monetary = byValue(columns.monetaryUnits);
  return (user) => ({ recency: recency[user]!, frequency: frequency[user]!, monetary: monetary[user]! });
}

const SCORES = 5;

/** Five groups of one size, the first ones larger by one where the users do not divide; with fewer users than groups the last stay empty. */
function tiles(users: number, inOrder: (a: number, b: number) => number): Uint8Array {
  const scores = new Uint8Array(users);
  const size = Math.floor(users / SCORES);
  const larger = users % SCORES;
  const order = Int32Array.from({ length: users }, (_, user) => user).sort(inOrder);
  for (let place = 0; place < users; place++) {
    const inLarger = place < larger * (size + 1);
    scores[order[place]!] =
      1 + (inLarger ? Math.floor(place / (size + 1)) : larger + Math.floor((place - larger * (size + 1)) / size));
  }
  return scores;
}

function tally(columns: RfmColumns, scoresOf: (user: number) => RfmScores): Omit<RfmDistributionValues, "thresholds"> {
  const users = columns.recency.length;
  const scoreCounts = { recency: fives(), frequency: fives(), monetary: fives() };
  const monetarySumUnits = fives();
  const cells = new Map<number, RfmScores & { count: number }>();
  for (let user = 0; user < users; user++) {
    const scores = scoresOf(user);
    const { recency, frequency, monetary } = scores;
    scoreCounts.recency[recency - 1]!++;
    scoreCounts.frequency[frequency - 1]!++;
    scoreCounts.monetary[monetary - 1]!++;
    monetarySumUnits[monetary - 1]! += columns.monetaryUnits[user]!;
    const key = recency * 100 + frequency * 10 + monetary;
    const cell = cells.get(key);
    if (cell) cell.count++;
    else cells.set(key, { ...scores, count: 1 });
  }
  return {
    users,
    scoreCounts,
    emptyScores: {
      recency: emptyOf(scoreCounts.recency),
      frequency: emptyOf(scoreCounts.frequency),
      monetary: emptyOf(scoreCounts.monetary),
    },
    monetarySumUnits,
    cells: [...cells].sort(([a], [b]) => a - b).map(([, cell]) => cell),
  };
}

function fives(): number[] {
  return new Array<number>(SCORES).fill(0);
}

function emptyOf(counts: readonly number[]): number[] {
  return counts.flatMap((count, place) => (count === 0 ? [place + 1] : []));
}
