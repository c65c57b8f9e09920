import { DAY_MS } from "./history.js";
import type { Computed, Evidence } from "./holding.js";
import type { LifecycleStage } from "./lifecycle-stage.js";

/** What is stored of some users, by their places. */
export interface StoredState {
  /** The instant each user's numbers stand at; NaN: the user has none. */
  readonly asOfs: Float64Array;
  readonly stages: readonly (string | null)[];
  /** The numbers of the users who stand at the instant that is computed, at least; NaN where undefined. */
  readonly numbers: ReadonlyMap<number, Float64Array>;
  /** Computed assignments, one entry each in every list. */
  readonly assignments: {
    readonly places: number[];
    readonly tagIds: number[];
    readonly sinces: number[];
    readonly isComputed: boolean[];
    /** As the store writes them. */
    readonly evidences: (string | null)[];
    /** Of TEXT tags. */
    readonly texts: (string | null)[];
  };
}

export interface Assigned {
  readonly holdings: number[];
  readonly rows: number[];
}

/** What has to be written for the store to hold what was computed; users by their places. */
export interface Difference {
  /** Assignments that are taken away, those that are then given anew among them; `until` null: without a trace. */
  readonly ended: {
    readonly places: number[];
    readonly tagIds: number[];
    readonly untils: (number | null)[];
    /** What they said; of TEXT tags. */
    readonly texts: (string | null)[];
  };
  /** Assignments that are written: a place in `holdings`, and one in its users. */
  readonly assigned: Assigned;
  /** Those that went on, of which only the day or the evidence is another: of silent users the evidence grows every day. */
  readonly corrected: Assigned;
  /** Users whose numbers are written. */
  readonly measured: number[];
  /** Users whose stage of life is another. */
  readonly staged: number[];
}

/**
 * Compares what was computed at `asOf` with what is stored.
 *
 * Assignments that no longer hold end, as do those that have begun anew: that did not hold at a midnight after the last refresh (`since`
 * is the earliest midnight of the run, so the one before it is it), or that say another text. What ended went on until then in the history, unless the
 * stored state is of this very instant: then it was a mistake, and vanishes.
 */
export function differenceOf(
  { numbers, holdings }: Computed,
  stages: readonly (LifecycleStage | null)[],
  stored: StoredState,
  asOf: number,
): Difference {
  const users = stored.asOfs.length;
  const { places, tagIds, sinces, isComputed, evidences, texts: storedTexts } = stored.assignments;
  const difference: Difference = {
    ended: { places: [], tagIds: [], untils: [], texts: [] },
    assigned: { holdings: [], rows: [] },
    corrected: { holdings: [], rows: [] },
    measured: [],
    staged: [],
  };
  const end = (row: number, until: number, leavesTrace: boolean) => {
    difference.ended.places.push(places[row]!);
    difference.ended.tagIds.push(tagIds[row]!);
    difference.ended.texts.push(storedTexts[row]!);
    difference.ended.untils.push(leavesTrace && stored.asOfs[places[row]!]! < asOf && sinces[row]! < until ? until : null);
  };

  const rowsOfTag = Map.groupBy(tagIds.keys(), (row) => tagIds[row]!);
  // 1 + the row of the tag at hand, by user.
  const rowOf = new Int32Array(users);
  for (const [holding, { tagId, users: holders, since, evidence, texts }] of holdings.entries()) {
    const rows = rowsOfTag.get(tagId) ?? [];
    rowsOfTag.delete(tagId);
    for (const row of rows) rowOf[places[row]!] = row + 1;
    for (let place = 0; place < holders.length; place++) {
      const user = holders[place]!;
      const row = rowOf[user]! - 1;
      rowOf[user] = 0;
      if (row >= 0) {
        const midnightBefore = Math.ceil(since[place]! / DAY_MS) * DAY_MS - DAY_MS;
        const isOther = storedTexts[row] !== (texts?.[place] ?? null);
        const anew = isOther || midnightBefore > stored.asOfs[user]!;
        if (!anew && since[place] === sinces[row] && isComputed[row] && sameEvidence(evidences[row]!, evidence?.[place]))
          continue;
        if (!anew) {
          difference.corrected.holdings.push(holding);
          difference.corrected.rows.push(place);
          continue;
        }
        end(row, since[place]!, true);
      }
      difference.assigned.holdings.push(holding);
      difference.assigned.rows.push(place);
    }
    for (const row of rows) {
      if (rowOf[places[row]!] !== row + 1) continue;
      rowOf[places[row]!] = 0;
      end(row, asOf, true);
    }
  }
  // Tags that are computed no longer.
  for (const rows of rowsOfTag.values()) for (const row of rows) end(row, asOf, true);

  for (let user = 0; user < users; user++) {
    if (stages[user] !== stored.stages[user]) difference.staged.push(user);
    if (stored.asOfs[user] !== asOf || !sameNumbers(stored.numbers.get(user), numbers, user)) difference.measured.push(user);
  }
  return difference;
}

function sameNumbers(line: Float64Array | undefined, columns: Computed["numbers"], user: number): boolean {
  if (line?.length !== columns.length) return false;
  for (let slot = 0; slot < columns.length; slot++) {
    const value = columns[slot]?.[user] ?? Number.NaN;
    if (line[slot] !== value && !(Number.isNaN(line[slot]!) && Number.isNaN(value))) return false;
  }
  return true;
}

/** By the text that the store makes of it, keys by their length; where that differs, by what it says. */
function sameEvidence(stored: string | null, evidence: Evidence | undefined): boolean {
  if (stored === null || evidence === undefined) return stored === null && evidence === undefined;
  const { ratio, current, baseline, severity } = evidence;
  // Most that differ do so in their first number; JSON and the store write it alike but for exponents.
  const begin = `{"ratio": ${ratio}, "current": `;
  if (!stored.startsWith(begin) && !begin.includes("e")) return false;
  if (stored === `${begin}${current}, "baseline": ${baseline}, "severity": "${severity}"}`) return true;
  const held: Partial<Evidence> = JSON.parse(stored);
  return held.ratio === ratio && held.current === current && held.baseline === baseline && held.severity === severity;
}
