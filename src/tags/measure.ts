import type { EventKind } from "../events/event-kind.js";
import { poissonBreak } from "../math/change-point.js";
import { ACTIVITY, type Measure, WEEKLY_MEASURES } from "./definition.js";
import { AMOUNT_UNITS, DAY_MS, type Histories } from "./history.js";

/** What the engine needs to know of an event type. */
export interface TypeOfEvent {
  readonly id: number;
  readonly key: string;
  readonly kind: EventKind;
}

/** One instant for everybody, or one for each user. */
export type Instants = number | Float64Array;

/** All measures of all users: columns[measure][user]. Events at a user's instant and after it are the future. */
export type MeasurePlan = (histories: Histories, asOf: Instants) => Float64Array[];

/**
 * Plans the measures so that each user's events are walked once for each choice of event types, whatever the number of windows: the
 * place of every window's edge among the events is found in one walk back, and counts, sums and days are differences of running
 * totals at the edges.
 */
export function planMeasures(measures: readonly Measure[], types: readonly TypeOfEvent[]): MeasurePlan {
  const groups = new Map<string, { chosen: ReadonlySet<number>; places: number[] }>();
  for (const [place, measure] of measures.entries()) {
    const chosen = typesOf(measure, types);
    const key = [...chosen].sort((a, b) => a - b).join();
    const group = groups.get(key);
    if (group) group.places.push(place);
    else groups.set(key, { chosen, places: [place] });
  }
  const plans = [...groups.values()].map(({ chosen, places }) => ({
    places,
    fill: planGroup(
      places.map((place) => measures[place]!),
      chosen,
    ),
  }));
  return (histories, asOf) => {
    const columns = measures.map(() => new Float64Array(histories.userIds.length));
    for (const { places, fill } of plans)
      fill(
        histories,
        asOf,
        places.map((place) => columns[place]!),
      );
    return columns;
  };
}

/** The ids of the event types a measure looks at. */
export function typesOf(measure: Measure, types: readonly TypeOfEvent[]): Set<number> {
  const kinds = measure.kinds ?? (measure.types ? [] : ACTIVITY);
  return new Set(types.filter(({ key, kind }) => kinds.includes(kind) || measure.types?.includes(key)).map(({ id }) => id));
}

type Fill = (histories: Histories, asOf: Instants, columns: readonly Float64Array[]) => void;

/** The measures over one choice of event types. */
function planGroup(measures: readonly Measure[], chosen: ReadonlySet<number>): Fill {
  // Every instant at which a window begins or ends, in days before asOf, the latest first.
  const edgeDays = [...new Set(measures.flatMap(edgesOf))].sort((a, b) => a - b);
  const edgeOf = new Map(edgeDays.map((days, edge) => [days, edge]));
  const ends = Int32Array.from(measures, ({ endingDaysAgo = 0 }) => edgeOf.get(endingDaysAgo)!);
  const starts = Int32Array.from(measures, ({ days, endingDaysAgo = 0 }) =>
    days === undefined ? -1 : edgeOf.get(endingDaysAgo + days)!,
  );
  const weekEdges = measures.map((measure) =>
    WEEKLY_MEASURES.has(measure.measure)
      ? Int32Array.from(edgesOf(measure), (days) => edgeOf.get(days)!).sort((a, b) => b - a)
      : new Int32Array(0),
  );
  const names = measures.map(({ measure }) => measure);
  const needsSums = names.includes("sum");
  const needsDays = names.includes("activeDays");
  const needsWeekends = names.includes("weekendShare");
  const needsBreadth = names.includes("categories") || names.includes("topCategory");
  const edgeMs = Float64Array.from(edgeDays, (days) => days * DAY_MS);
  const edges = new Int32Array(edgeDays.length);
  // By type id, since asking a set for every event costs more than all the rest.
  const isChosen = new Uint8Array(Math.max(0, ...chosen) + 1);
  for (const id of chosen) isChosen[id] = 1;

  return (histories, asOf, columns) => {
    const { offsets, typeIds, amounts } = histories;
    const users = histories.userIds.length;
    const whole = holdsAll(typeIds, isChosen);
    const longest = longestOf(offsets);
    // Running totals over the user's chosen events: entry i is over the first i of them.
    const sums = needsSums ? new Float64Array(longest + 1) : NONE;
    const days = needsDays ? new Int32Array(longest + 1) : NO_COUNTS;
    const weekends = needsWeekends ? new Int32Array(longest + 1) : NO_COUNTS;
    const copied = whole ? NONE : new Float64Array(longest);
    const events = new Int32Array(longest);
    const breadth = new Breadth(needsBreadth ? histories : NOTHING);

    for (let user = 0; user < users; user++) {
      const now = typeof asOf === "number" ? asOf : asOf[user]!;
      const from = offsets[user]!;
      const to = offsets[user + 1]!;
      let count = 0;
      // The user's chosen events are at[base], at[base + 1] ...: where they are, or copied together.
      const at = whole ? histories.at : copied;
      const base = whole ? from : 0;
      if (whole) {
        count = to - from;
      } else {
        for (let event = from; event < to; event++) {
          if (isChosen[typeIds[event]!] !== 1) continue;
          copied[count] = histories.at[event]!;
          events[count] = event;
          count++;
        }
      }
      let place = count;
      for (let edge = 0; edge < edgeMs.length; edge++) {
        const instant = now - edgeMs[edge]!;
        while (place > 0 && at[base + place - 1]! >= instant) place--;
        edges[edge] = place;
      }
      if (needsSums) {
        let sum = 0;
        for (let event = 0; event < count; event++) {
          const amount = amounts[whole ? from + event : events[event]!]!;
          // NaN: the event has no amount.
          if (!Number.isNaN(amount)) sum += amount;
          sums[event + 1] = sum;
        }
      }
      if (needsDays || needsWeekends) {
        let last = Number.NEGATIVE_INFINITY;
        let distinct = 0;
        let weekend = 0;
        for (let event = 0; event < count; event++) {
          const day = Math.floor(at[base + event]! / DAY_MS);
          if (day !== last) {
            last = day;
            distinct++;
          }
          if (needsDays) days[event + 1] = distinct;
          if (needsWeekends) {
            if (isWeekend(day)) weekend++;
            weekends[event + 1] = weekend;
          }
        }
      }
      for (let m = 0; m < names.length; m++) {
        const end = edges[ends[m]!]!;
        const start = starts[m]! < 0 ? 0 : edges[starts[m]!]!;
        const size = end - start;
        let value: number;
        switch (names[m]!) {
          case "count":
            value = size;
            break;
          case "sum":
            value = size === 0 ? 0 : (sums[end]! - (start === 0 ? 0 : sums[start]!)) / AMOUNT_UNITS;
            break;
          case "activeDays":
            // The first event of the window may share its day with one before the window: it counts here all the same.
            value = size === 0 ? 0 : days[end]! - days[start + 1]! + 1;
            break;
          case "categories":
            value = whole ? breadth.within(from + start, from + end) : breadth.among(events, start, end);
            break;
          case "topCategory":
            value = breadth.commonest(whole ? undefined : events, whole ? from + start : start, whole ? from + end : end);
            break;
          case "daysSinceLast":
            value = size === 0 ? Number.NaN : (now - at[base + end - 1]!) / DAY_MS;
            break;
          case "daysSinceFirst":
            value = size === 0 ? Number.NaN : (now - at[base + start]!) / DAY_MS;
            break;
          case "gapMean":
            value = size < 2 ? Number.NaN : (at[base + end - 1]! - at[base + start]!) / (size - 1) / DAY_MS;
            break;
          case "gapSd":
            value = gapSd(at, base + start, base + end);
            break;
          case "gapMax":
            value = gapMax(at, base + start, base + end);
            break;
          case "gapMedian":
            value = gapMedian(at, base + start, base + end);
            break;
          case "gapSpread":
            value = gapSpread(at, base + start, base + end);
            break;
          case "weekendShare":
            value = size === 0 ? Number.NaN : (weekends[end]! - (start === 0 ? 0 : weekends[start]!)) / size;
            break;
          case "weeklySlope":
            value = weeklySlope(weeklyCounts(edges, weekEdges[m]!));
            break;
          case "weeklyVariation":
            value = weeklyVariation(weeklyCounts(edges, weekEdges[m]!));
            break;
          default:
            value = breakMeasure(measures[m]!, size, edges, weekEdges[m]!);
        }
        columns[m]![user] = value;
      }
    }
  };
}

/** The edges of a measure's window in days before asOf; of a weekly measure those of every week in it. */
export function edgesOf({ measure, days, endingDaysAgo = 0 }: Measure): number[] {
  if (days === undefined) return [endingDaysAgo];
  if (!WEEKLY_MEASURES.has(measure)) return [endingDaysAgo, endingDaysAgo + days];
  return Array.from({ length: days / 7 + 1 }, (_, week) => endingDaysAgo + 7 * week);
}

const NONE = new Float64Array(0);
const NO_COUNTS = new Int32Array(0);
const NOTHING: Histories = {
  userIds: NONE,
  offsets: NO_COUNTS,
  at: NONE,
  typeIds: NO_COUNTS,
  amounts: NONE,
  categoryOffsets: NO_COUNTS,
  categories: NO_COUNTS,
};

function holdsAll(typeIds: Int32Array, isChosen: Uint8Array): boolean {
  for (let event = 0; event < typeIds.length; event++) if (isChosen[typeIds[event]!] !== 1) return false;
  return true;
}

function longestOf(offsets: Int32Array): number {
  let longest = 0;
  for (let user = 1; user < offsets.length; user++) longest = Math.max(longest, offsets[user]! - offsets[user - 1]!);
  return longest;
}

/** Day 0 of the epoch was a Thursday. */
function isWeekend(day: number): boolean {
  const weekday = ((day % 7) + 7) % 7;
  return weekday === 2 || weekday === 3;
}

/** In two passes over whole milliseconds, so that equal gaps have a deviation of exactly 0. */
function gapSd(at: Float64Array, start: number, end: number): number {
  const gaps = end - start - 1;
  if (gaps < 1) return Number.NaN;
  const mean = (at[end - 1]! - at[start]!) / gaps;
  let squares = 0;
  for (let event = start + 1; event < end; event++) {
    const deviation = at[event]! - at[event - 1]! - mean;
    squares += deviation * deviation;
  }
  return Math.sqrt(squares / gaps) / DAY_MS;
}

function gapMax(at: Float64Array, start: number, end: number): number {
  if (end - start < 2) return Number.NaN;
  let longest = 0;
  for (let event = start + 1; event < end; event++) longest = Math.max(longest, at[event]! - at[event - 1]!);
  return longest / DAY_MS;
}

let sorted = new Float64Array(256);
/** Up to so many numbers are put in order by insertion: the call of a sort alone takes longer. */
const FEW = 40;

function gapMedian(at: Float64Array, start: number, end: number): number {
  const gaps = end - start - 1;
  if (gaps < 1) return Number.NaN;
  if (sorted.length < gaps) sorted = new Float64Array(gaps * 2);
  for (let gap = 0; gap < gaps; gap++) sorted[gap] = at[start + gap + 1]! - at[start + gap]!;
  return middleOf(gaps) / DAY_MS;
}

function gapSpread(at: Float64Array, start: number, end: number): number {
  const gaps = end - start - 1;
  const median = gapMedian(at, start, end) * DAY_MS;
  if (gaps < 1) return Number.NaN;
  for (let gap = 0; gap < gaps; gap++) sorted[gap] = Math.abs(sorted[gap]! - median);
  return middleOf(gaps) / DAY_MS;
}

/** The median of the first so many; of an even number the mean of the two in the middle. */
function middleOf(count: number): number {
  if (count > FEW) sorted.subarray(0, count).sort();
  else
    for (let place = 1; place < count; place++) {
      const value = sorted[place]!;
      let before = place - 1;
      for (; before >= 0 && sorted[before]! > value; before--) sorted[before + 1] = sorted[before]!;
      sorted[before + 1] = value;
    }
  return (sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2;
}

const weeks = new Int32Array(1024);

/** Oldest first; valid until the next call. */
function weeklyCounts(edges: Int32Array, weekEdges: Int32Array): Int32Array {
  for (let week = 0; week + 1 < weekEdges.length; week++) weeks[week] = edges[weekEdges[week + 1]!]! - edges[weekEdges[week]!]!;
  return weeks.subarray(0, weekEdges.length - 1);
}

function weeklySlope(counts: Int32Array): number {
  const middle = (counts.length - 1) / 2;
  let product = 0;
  let squares = 0;
  for (let week = 0; week < counts.length; week++) {
    product += (week - middle) * counts[week]!;
    squares += (week - middle) * (week - middle);
  }
  return product / squares;
}

function weeklyVariation(counts: Int32Array): number {
  let sum = 0;
  for (let week = 0; week < counts.length; week++) sum += counts[week]!;
  if (sum === 0) return Number.NaN;
  const mean = sum / counts.length;
  let squares = 0;
  for (let week = 0; week < counts.length; week++) squares += (counts[week]! - mean) ** 2;
  return Math.sqrt(squares / counts.length) / mean;
}

function breakMeasure({ measure, atLeast = 1 }: Measure, size: number, edges: Int32Array, weekEdges: Int32Array): number {
  if (size < atLeast) return Number.NaN;
  const found = poissonBreak(weeklyCounts(edges, weekEdges));
  switch (measure) {
    case "breakRatio":
      return found.twoLogLikelihoodRatio;
    case "breakWeek":
      return found.split;
    case "breakBefore":
      return found.rateBefore;
    default:
      return found.rateAfter;
  }
}

/** Counts distinct categories; a stamp per category spares clearing between windows. */
class Breadth {
  readonly #stamps: Int32Array;
  #counts: Int32Array | undefined;
  #stamp = 0;
  constructor(readonly histories: Histories) {
    let largest = 0;
    for (let place = 0; place < histories.categories.length; place++) largest = Math.max(largest, histories.categories[place]!);
    this.#stamps = new Int32Array(largest + 1);
  }

  /** Over a run of events. */
  within(from: number, to: number): number {
    const { categoryOffsets } = this.histories;
    if (from === to) return 0;
    this.#stamp++;
    return this.#fresh(categoryOffsets[from]!, categoryOffsets[to]!);
  }

  /** Over the events named in a list. */
  among(events: Int32Array, start: number, end: number): number {
    const { categoryOffsets } = this.histories;
    this.#stamp++;
    let distinct = 0;
    for (let place = start; place < end; place++) {
      const event = events[place]!;
      distinct += this.#fresh(categoryOffsets[event]!, categoryOffsets[event + 1]!);
    }
    return distinct;
  }

  /** The category of most of the events, in their order; NaN: they have none. The later a category came last, the sooner it is found going back. */
  commonest(events: Int32Array | undefined, start: number, end: number): number {
    const { categoryOffsets, categories, facts } = this.histories;
    this.#counts ??= new Int32Array(this.#stamps.length);
    const counts = this.#counts;
    const eventAt = (place: number) => (events === undefined ? place : events[place]!);
    this.#stamp++;
    let most = 0;
    for (let place = start; place < end; place++)
      for (let at = categoryOffsets[eventAt(place)]!; at < categoryOffsets[eventAt(place) + 1]!; at++) {
        const category = categories[at]!;
        if (this.#stamps[category] !== this.#stamp) counts[category] = 0;
        this.#stamps[category] = this.#stamp;
        most = Math.max(most, ++counts[category]!);
      }
    if (most === 0) return Number.NaN;
    for (let place = end - 1; place >= start; place--) {
      let found = Number.NaN;
      for (let at = categoryOffsets[eventAt(place)]!; at < categoryOffsets[eventAt(place) + 1]!; at++) {
        const category = categories[at]!;
        if (counts[category] !== most) continue;
        const name = (id: number) => facts?.categoryNames.get(id) ?? "";
        if (Number.isNaN(found) || name(category) < name(found)) found = category;
      }
      if (!Number.isNaN(found)) return found;
    }
    return Number.NaN;
  }

  #fresh(from: number, to: number): number {
    const { categories } = this.histories;
    let distinct = 0;
    for (let place = from; place < to; place++) {
      const category = categories[place]!;
      if (this.#stamps[category] === this.#stamp) continue;
      this.#stamps[category] = this.#stamp;
      distinct++;
    }
    return distinct;
  }
}
