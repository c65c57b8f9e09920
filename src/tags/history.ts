import { type Facts, factsOf } from "./facts.js";

/**
 * Events of many users in typed arrays, user after user, each user's oldest first: what tags are computed from, in bulk as on
 * demand. A user without events has an empty range.
 */
export interface Histories {
  readonly userIds: Float64Array;
  /** User u has the events offsets[u] up to, but not including, offsets[u + 1]. */
  readonly offsets: Int32Array;
  /** Milliseconds since 1970, with fractions. */
  readonly at: Float64Array;
  readonly typeIds: Int32Array;
  /** In units of 1e-4, so that sums are exact; NaN where the event has no amount. */
  readonly amounts: Float64Array;
  /** Event e has the categories categoryOffsets[e] up to, but not including, categoryOffsets[e + 1]. */
  readonly categoryOffsets: Int32Array;
  readonly categories: Int32Array;
  /** What is known of the users beside their events, where somebody asked for it. */
  readonly facts?: Facts;
}

export const AMOUNT_UNITS = 10_000;
export const DAY_MS = 86_400_000;

/** Some of the users, in the order that is asked for; each user's events are copied as one run. */
export function historiesOf(histories: Histories, users: ArrayLike<number>): Histories {
  const { offsets, categoryOffsets } = histories;
  let events = 0;
  let categoryCount = 0;
  for (let place = 0; place < users.length; place++) {
    const from = offsets[users[place]!]!;
    const to = offsets[users[place]! + 1]!;
    events += to - from;
    categoryCount += categoryOffsets[to]! - categoryOffsets[from]!;
  }
  const chosen = {
    userIds: new Float64Array(users.length),
    offsets: new Int32Array(users.length + 1),
    at: new Float64Array(events),
    typeIds: new Int32Array(events),
    amounts: new Float64Array(events),
    categoryOffsets: new Int32Array(events + 1),
    categories: new Int32Array(categoryCount),
    ...(histories.facts ? { facts: factsOf(histories.facts, users) } : {}),
  };
  let event = 0;
  for (let place = 0; place < users.length; place++) {
    const from = offsets[users[place]!]!;
    const to = offsets[users[place]! + 1]!;
    chosen.userIds[place] = histories.userIds[users[place]!]!;
    chosen.at.set(histories.at.subarray(from, to), event);
    chosen.typeIds.set(histories.typeIds.subarray(from, to), event);
    chosen.amounts.set(histories.amounts.subarray(from, to), event);
    const shift = chosen.categoryOffsets[event]! - categoryOffsets[from]!;
    if (categoryCount > 0)
      chosen.categories.set(
        histories.categories.subarray(categoryOffsets[from]!, categoryOffsets[to]!),
        chosen.categoryOffsets[event]!,
      );
    for (let next = from; next < to; next++) chosen.categoryOffsets[++event] = categoryOffsets[next + 1]! + shift;
    chosen.offsets[place + 1] = event;
  }
  return chosen;
}

/** Collects histories row by row, in order: a user, then its events oldest first, each with its categories. */
export class HistoryWriter {
  #userIds: Float64Array;
  #offsets: Int32Array;
  #users = 0;
  #at: Float64Array;
  #typeIds: Int32Array;
  #amounts: Float64Array;
  #categoryOffsets: Int32Array;
  #events = 0;
  #categories = new Int32Array(64);
  #categoryCount = 0;

  constructor(users: number, events = 64) {
    this.#userIds = new Float64Array(users);
    this.#offsets = new Int32Array(users + 1);
    this.#at = new Float64Array(events);
    this.#typeIds = new Int32Array(events);
    this.#amounts = new Float64Array(events);
    this.#categoryOffsets = new Int32Array(events + 1);
  }

  get users(): number {
    return this.#users;
  }

  user(id: number): void {
    if (this.#users === this.#userIds.length) {
      const room = Math.max(16, this.#users * 2);
      this.#userIds = grown(Float64Array, this.#userIds, room);
      this.#offsets = grown(Int32Array, this.#offsets, room + 1);
    }
    this.#userIds[this.#users] = id;
    this.#users++;
    this.#offsets[this.#users] = this.#events;
  }

  event(at: number, typeId: number, amount: number): void {
    const place = this.#events;
    if (place === this.#at.length) {
      const room = Math.max(64, place * 2);
      this.#at = grown(Float64Array, this.#at, room);
      this.#typeIds = grown(Int32Array, this.#typeIds, room);
      this.#amounts = grown(Float64Array, this.#amounts, room);
      this.#categoryOffsets = grown(Int32Array, this.#categoryOffsets, room + 1);
    }
    this.#at[place] = at;
    this.#typeIds[place] = typeId;
    this.#amounts[place] = amount;
    this.#events = place + 1;
    this.#offsets[this.#users] = this.#events;
    this.#categoryOffsets[this.#events] = this.#categoryCount;
  }

  /** An event of other histories, with its categories. */
  copy(from: Histories, event: number): void {
    this.event(from.at[event]!, from.typeIds[event]!, from.amounts[event]!);
    for (let place = from.categoryOffsets[event]!; place < from.categoryOffsets[event + 1]!; place++)
      this.category(from.categories[place]!);
  }

  clear(): void {
    this.#users = 0;
    this.#events = 0;
    this.#categoryCount = 0;
  }

  category(id: number): void {
    if (this.#categoryCount === this.#categories.length)
      this.#categories = grown(Int32Array, this.#categories, this.#categoryCount * 2);
    this.#categories[this.#categoryCount] = id;
    this.#categoryCount++;
    this.#categoryOffsets[this.#events] = this.#categoryCount;
  }

  finish(): Histories {
    return {
      userIds: this.#userIds.subarray(0, this.#users),
      offsets: this.#offsets.subarray(0, this.#users + 1),
      at: this.#at.subarray(0, this.#events),
      typeIds: this.#typeIds.subarray(0, this.#events),
      amounts: this.#amounts.subarray(0, this.#events),
      categoryOffsets: this.#categoryOffsets.subarray(0, this.#events + 1),
      categories: this.#categories.subarray(0, this.#categoryCount),
    };
  }
}

/** A longer array that begins with what `from` holds. */
export function grown<T extends Float64Array | Int32Array>(array: new (length: number) => T, from: T, length: number): T {
  const larger = new array(length);
  larger.set(from);
  return larger;
}
