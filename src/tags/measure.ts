import type { EventKind } from "../events/event-kind.js";
import { type PoissonBreak, poissonBreak } from "../math/change-point.js";
import { Breadth } from "./breadth.js";
import { ACTIVITY, type Measure, type MeasureName, WEEKLY_MEASURES } from "./definition.js";
import { Gaps, gapMax, gapSd } from "./gaps.js";
import { AMOUNT_UNITS, DAY_MS, type Histories } from "./history.js";

/** What the engine needs to know of an event type. */
export interface TypeOfEvent {
  readonly id: number;
  readonly key: string;
  readonly kind: EventKind;
}

/** One instant for everybody, or one for each user. */
export type Instants = number | Float64Array;

/**
 * Fills columns[measure][place] for the users at some places of the histories; instants of their own are in the same order. Events at a
 * user's instant and after it are the future.
 */
export type MeasurePlan = (histories: Histories, users: Int32Array, asOf: Instants, columns: readonly Float64Array[]) => void;

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
  return (histories, users, asOf, columns) => {
    for (const { places, fill } of plans)
      fill(
        histories,
        users,
        asOf,
        places.map((place) => columns[place]!),
      );
  };
}

/** The ids of the event types a measure looks at. */
export function typesOf(measure: Measure, types: readonly TypeOfEvent[]): Set<number> {
  const kinds = measure.kinds ?? (measure.types ? [] : ACTIVITY);
  return new Set(types.filter(({ key, kind }) => kinds.includes(kind) || measure.types?.includes(key)).map(({ id }) => id));
}

/** The measures over one choice of event types. */
function planGroup(measures: readonly Measure[], chosen: ReadonlySet<number>): MeasurePlan {
  // Every instant at which a window begins or ends, in days before asOf, the latest first.
  const edgeDays = [...new Set(measures.flatMap(edgesOf))].sort((a, b) => a - b);
  const edgeOf = new Map(edgeDays.map((days, edge) => [days, edge]));
  const ends = Int32Array.from(measures, ({ endingDaysAgo = 0 }) => edgeOf.get(endingDaysAgo)!);
  const starts = Int32Array.from(measures, ({ days, endingDaysAgo = 0 }) =>
    days === undefined ? -1 : edgeOf.get(endingDaysAgo + days)!,
  );
  // One array for each window, so that measures of one window know each other.
  const edgesOfWeeks = new Map<string, Int32Array>();
  const weekEdges = measures.map((measure) => {
    if (!WEEKLY_MEASURES.has(measure.measure)) return new Int32Array(0);
    const window = `${measure.days} ${measure.endingDaysAgo ?? 0}`;
    const known = edgesOfWeeks.get(window);
    const found = known ?? Int32Array.from(edgesOf(measure), (days) => edgeOf.get(days)!).sort((a, b) => b - a);
    edgesOfWeeks.set(window, found);
    return found;
  });
  const names = measures.map(({ measure }) => measure);
  // Half of a library are counts: in a loop of their own they cost a third.
  const counts = [...names.keys()].filter((place) => names[place] === "count");
  const others = [...names.keys()].filter((place) => names[place] !== "count");
  const needsSums = names.includes("sum");
  const needsDays = names.includes("activeDays");
  const needsWeekends = names.includes("weekendShare");
  const needsBreadth = names.includes("categories") || names.includes("topCategory");
  const edgeMs = Float64Array.from(edgeDays, (days) => days * DAY_MS);
  const edges = new Int32Array(edgeDays.length);
  // By type id, since asking a set for every event costs more than all the rest.
  const isChosen = new Uint8Array(Math.max(0, ...chosen) + 1);
  for (const id of chosen) isChosen[id] = 1;

  // Running totals over a user's chosen events: entry i is over the first i of them.
  let sums = new Float64Array(1);
  let days = new Int32Array(1);
  let weekends = new Int32Array(1);
  let copied = new Float64Array(0);
  let events = new Int32Array(0);
  const breadth = new Breadth();
  const gaps = new Gaps();
  // The window whose break was looked for last, and what was found: four measures are of one break.
  let lastWeeks: Int32Array | undefined;
  let found: PoissonBreak | undefined;

  return (histories, users, asOf, columns) => {
    const { offsets, typeIds, amounts } = histories;
    if (needsBreadth) breadth.look(histories);

    for (let row = 0; row < users.length; row++) {
      const now = typeof asOf === "number" ? asOf : asOf[row]!;
      const from = offsets[users[row]!]!;
      const to = offsets[users[row]! + 1]!;
      if (to - from > events.length) {
        const room = 2 * (to - from);
        sums = new Float64Array(room + 1);
        days = new Int32Array(room + 1);
        weekends = new Int32Array(room + 1);
        copied = new Float64Array(room);
        events = new Int32Array(room);
      }
      // The user's chosen events are at[base], at[base + 1] ...: where they are, or copied together.
      let event = from;
      while (event < to && isChosen[typeIds[event]!] === 1) event++;
      const whole = event === to;
      const at = whole ? histories.at : copied;
      const base = whole ? from : 0;
      let count = event - from;
      if (!whole) {
        for (let kept = 0; kept < count; kept++) {
          copied[kept] = histories.at[from + kept]!;
          events[kept] = from + kept;
        }
        for (; event < to; event++) {
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
      for (let c = 0; c < counts.length; c++) {
        const m = counts[c]!;
        columns[m]![row] = edges[ends[m]!]! - (starts[m]! < 0 ? 0 : edges[starts[m]!]!);
      }
      gaps.forget();
      lastWeeks = undefined;
      for (let o = 0; o < others.length; o++) {
        const m = others[o]!;
        const end = edges[ends[m]!]!;
        const start = starts[m]! < 0 ? 0 : edges[starts[m]!]!;
        const size = end - start;
        let value: number;
        switch (names[m]!) {
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
            value = gaps.median(at, base + start, base + end);
            break;
          case "gapSpread":
            value = gaps.spread(at, base + start, base + end);
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
            if (size < (measures[m]!.atLeast ?? 1)) value = Number.NaN;
            else {
              if (lastWeeks !== weekEdges[m]) found = poissonBreak(weeklyCounts(edges, weekEdges[m]!));
              lastWeeks = weekEdges[m];
              value = breakMeasure(names[m]!, found!);
            }
        }
        columns[m]![row] = value;
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

/** Day 0 of the epoch was a Thursday. */
function isWeekend(day: number): boolean {
  const weekday = ((day % 7) + 7) % 7;
  return weekday === 2 || weekday === 3;
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

function breakMeasure(measure: MeasureName, found: PoissonBreak): number {
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
