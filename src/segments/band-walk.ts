import { BAND_CUTS, BANDS } from "./bitmap.js";

/** Users by band of their score: those of a population, and all. */
export interface BandCounts {
  readonly chosen: readonly number[];
  readonly all: readonly number[];
}

/** Where a page of a population by score is found. */
export interface Way {
  /** The bands that hold it, and their bounds, [from, below). */
  readonly bands: readonly number[];
  readonly from: number;
  readonly below: number;
  /** Along the index of scores, passing over others; or from the users of those bands, put in order. */
  readonly along: "SCORES" | "USERS";
}

/** To look up a user's score and put it in order takes this many times what passing over one in the index takes. */
const LOOKUP_COST = 3;

/**
 * The shorter way to a page: few of many are looked up one by one, many are met soon along the scores. Without the bands either way
 * could be a walk past everybody. Undefined: nobody of the population with a score is left.
 *
 * @param after the probability of the last user of the page before
 */
export function wayTo(
  { chosen, all }: BandCounts,
  descending: boolean,
  after: number | undefined,
  rows: number,
): Way | undefined {
  const order = Array.from({ length: BANDS }, (_, i) => (descending ? BANDS - 1 - i : i));
  const begun = after === undefined ? undefined : bandOf(after);
  const ahead = order.slice(begun === undefined ? 0 : order.indexOf(begun)).filter((band) => chosen[band]! > 0);
  if (ahead.length === 0) return undefined;
  const bands: number[] = [];
  let lookups = 0;
  let passed = 0;
  let found = 0;
  for (const band of ahead) {
    bands.push(band);
    lookups += chosen[band]!;
    const missing = rows - found;
    // How many of the band the page before has had is not known, so that nobody there is counted on.
    if (band !== begun) found += chosen[band]!;
    passed += found >= rows ? (all[band]! * missing) / chosen[band]! : all[band]!;
    if (found >= rows) break;
  }
  const [low, high] = [Math.min(...bands), Math.max(...bands)];
  for (let band = low; band <= high; band++) if (!bands.includes(band)) passed += all[band]!;
  return {
    bands,
    from: BAND_CUTS[low - 1] ?? Number.NEGATIVE_INFINITY,
    below: BAND_CUTS[high] ?? Number.POSITIVE_INFINITY,
    along: lookups * LOOKUP_COST < passed ? "USERS" : "SCORES",
  };
}

/** The band that a probability lies in, as width_bucket says it. */
function bandOf(probability: number): number {
  return BAND_CUTS.filter((cut) => cut <= probability).length;
}
