import { EARLIEST_MS } from "../people/clean.js";

/** Clean events in columns, one entry a row. */
export interface EventBatch {
  readonly userIds: ArrayLike<number>;
  /** Milliseconds since 1970. */
  readonly at: ArrayLike<number>;
  readonly typeIds: ArrayLike<number>;
  readonly sourceIds: ArrayLike<number>;
  readonly eventIds: readonly (string | null)[];
  /** Units of 1e-4; NaN for none. */
  readonly amounts: ArrayLike<number>;
  readonly categoryIds: readonly (ArrayLike<number> | null)[];
  readonly channels: readonly (string | null)[];
  readonly properties: readonly (unknown | null)[];
}

const DAY_MS = 86_400_000;

/** The rows by user, then time, then place: both indexes of the event table are then written side by side. */
export function byUserAndTime({ userIds, at }: Pick<EventBatch, "userIds" | "at">): Uint32Array {
  return Uint32Array.from({ length: userIds.length }, (_, row) => row).sort(
    (a, b) => userIds[a]! - userIds[b]! || at[a]! - at[b]! || a - b,
  );
}

/** Leaves out rows whose event id came earlier in the order for the same user and source. */
export function withoutRepeats({ userIds, sourceIds, eventIds }: EventBatch, order: Uint32Array): Uint32Array {
  const kept = new Uint32Array(order.length);
  const seen = new Set<string>();
  let user = Number.NaN;
  let count = 0;
  for (const row of order) {
    if (userIds[row] !== user) {
      user = userIds[row]!;
      seen.clear();
    }
    const eventId = eventIds[row];
    if (eventId !== null && eventId !== undefined) {
      const key = `${sourceIds[row]} ${eventId}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    kept[count++] = row;
  }
  return kept.subarray(0, count);
}

/** Of users in order, each once. */
export function distinctUsers(userIds: Iterable<number>): number[] {
  const users: number[] = [];
  let last = Number.NaN;
  for (const user of userIds) {
    if (user !== last) users.push(user);
    last = user;
  }
  return users;
}

/** The daily roll-up in columns, one entry per user, day and type. */
export interface DayColumns {
  readonly userIds: number[];
  /** Days since 1970-01-01. */
  readonly days: number[];
  readonly typeIds: number[];
  readonly events: number[];
  /** Units of 1e-4. */
  readonly amounts: number[];
  readonly firstAt: number[];
  readonly lastAt: number[];
}

/** Rolls rows in the order of user and time up into days. */
export function rollUp({ userIds, at, typeIds, amounts }: EventBatch, order: Uint32Array): DayColumns {
  const days: DayColumns = { userIds: [], days: [], typeIds: [], events: [], amounts: [], firstAt: [], lastAt: [] };
  let user = Number.NaN;
  let day = Number.NaN;
  let from = 0;
  for (const row of order) {
    const time = at[row]!;
    const today = Math.floor((time - EARLIEST_MS) / DAY_MS) + EARLIEST_MS / DAY_MS;
    if (userIds[row] !== user || today !== day) {
      user = userIds[row]!;
      day = today;
      from = days.userIds.length;
    }
    const typeId = typeIds[row]!;
    let entry = from;
    while (entry < days.typeIds.length && days.typeIds[entry] !== typeId) entry++;
    const amount = amounts[row]!;
    const units = Number.isNaN(amount) ? 0 : amount;
    if (entry === days.typeIds.length) {
      days.userIds.push(user);
      days.days.push(day);
      days.typeIds.push(typeId);
      days.events.push(1);
      days.amounts.push(units);
      days.firstAt.push(time);
      days.lastAt.push(time);
    } else {
      days.events[entry]! += 1;
      days.amounts[entry]! += units;
      days.lastAt[entry] = time;
    }
  }
  return days;
}

export interface SeenColumns {
  readonly userIds: number[];
  readonly firstAt: number[];
  readonly lastAt: number[];
}

/** First and last activity of each user, of rows in the order of user and time. */
export function seenSpans(
  { userIds, at, typeIds }: EventBatch,
  order: Uint32Array,
  activityTypes: ReadonlySet<number>,
): SeenColumns {
  const spans: SeenColumns = { userIds: [], firstAt: [], lastAt: [] };
  for (const row of order) {
    if (!activityTypes.has(typeIds[row]!)) continue;
    const last = spans.userIds.length - 1;
    if (spans.userIds[last] === userIds[row]) {
      spans.lastAt[last] = at[row]!;
    } else {
      spans.userIds.push(userIds[row]!);
      spans.firstAt.push(at[row]!);
      spans.lastAt.push(at[row]!);
    }
  }
  return spans;
}
