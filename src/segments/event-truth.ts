import { AMOUNT_UNITS, DAY_MS, type Histories } from "../tags/history.js";
import type { BoundEvent } from "./bind.js";

/** What one condition on events says of many users, by their places in the histories. */
export interface EventTruth {
  readonly holds: Uint8Array;
  /** When time alone may next make it flip, in whole milliseconds after the instant; infinity: it will not. */
  readonly due: Float64Array;
}

/**
 * The same as the condition in SQL (compile.ts) says, out of the users' histories: those are read once for any number of conditions, which
 * for 10,000 users costs less than two conditions in SQL do.
 *
 * @param histories with events that are dated ahead of the instant, for those come into windows by themselves
 */
export function eventTruth(event: BoundEvent, histories: Histories, asOf: number): EventTruth {
  const { offsets, at, typeIds } = histories;
  const users = histories.userIds.length;
  const end = asOf - event.endingDaysAgo * DAY_MS;
  const within = event.withinDays === undefined ? Number.POSITIVE_INFINITY : event.withinDays * DAY_MS;
  const start = end - within;
  const least = event.atLeast ?? 1;
  const most = event.atMost ?? Number.POSITIVE_INFINITY;
  // More need not be counted: from there on neither answer changes.
  const enough = Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most + 1);
  const fits = fitOf(event, histories);
  const holds = new Uint8Array(users);
  const due = new Float64Array(users).fill(Number.POSITIVE_INFINITY);
  for (let user = 0; user < users; user++) {
    const first = offsets[user]!;
    let place = offsets[user + 1]! - 1;
    let next = Number.POSITIVE_INFINITY;
    // The earliest of those still to come into the window.
    for (; place >= first && at[place]! >= end; place--) if (fits(typeIds[place]!, place)) next = at[place]!;
    let flips = after(next + asOf - end);
    let count = 0;
    for (; place >= first && at[place]! >= start && count < enough; place--) {
      if (!fits(typeIds[place]!, place)) continue;
      count++;
      // As soon as the k-th latest leaves the window there are fewer than k.
      if (count === least || count === most + 1) flips = Math.min(flips, after(at[place]! + within + asOf - end));
    }
    holds[user] = count >= least && count <= most ? 1 : 0;
    due[user] = flips;
  }
  return { holds, due };
}

/** The first whole millisecond after an instant: an event is in a window up to and with its very edge. */
function after(instant: number): number {
  return instant === Number.POSITIVE_INFINITY ? instant : Math.floor(instant) + 1;
}

type Fit = (typeId: number, event: number) => boolean;

function fitOf({ typeIds, categoryId, minAmount }: BoundEvent, histories: Histories): Fit {
  const isType = new Uint8Array(Math.max(0, ...typeIds) + 1);
  for (const id of typeIds) isType[id] = 1;
  if (categoryId === undefined && minAmount === undefined) return (typeId) => isType[typeId] === 1;
  const { amounts, categories, categoryOffsets } = histories;
  // Amounts are whole units; a bound such as 10.0001 must not end beside its own by a rounding of its product.
  const least = minAmount === undefined ? undefined : Number((minAmount * AMOUNT_UNITS).toPrecision(15));
  return (typeId, event) => {
    if (isType[typeId] !== 1) return false;
    // An event without an amount is NaN, which is never enough.
    if (least !== undefined && !(amounts[event]! >= least)) return false;
    if (categoryId === undefined) return true;
    for (let place = categoryOffsets[event]!; place < categoryOffsets[event + 1]!; place++)
      if (categories[place] === categoryId) return true;
    return false;
  };
}
