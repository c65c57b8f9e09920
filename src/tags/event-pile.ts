import { grown, type Histories } from "./history.js";

/** From this number of events of one user on, insertion is left for a sort. */
const LONG_HISTORY = 64;

/**
 * Collects the events of known users in whatever order they come, and puts them into histories. To sort a user's few events here costs
 * a third of what the server takes to bring all events of all users into one order.
 */
export class EventPile {
  #places: Int32Array;
  #at: Float64Array;
  #ids: Float64Array;
  #typeIds: Int32Array;
  #amounts: Float64Array;
  /** Of event e: from categoryEnds[e - 1] (0 for the first) up to, but not including, categoryEnds[e]. */
  #categoryEnds: Int32Array;
  #categories: Int32Array;
  #events = 0;
  #categoryCount = 0;

  /** By the users' places, the highest number of their events; -1: none. */
  readonly lastIds: Float64Array;

  constructor(
    readonly userIds: readonly string[],
    eventsExpected = userIds.length * 16,
  ) {
    const room = Math.max(64, eventsExpected);
    this.lastIds = new Float64Array(userIds.length).fill(-1);
    this.#places = new Int32Array(room);
    this.#at = new Float64Array(room);
    this.#ids = new Float64Array(room);
    this.#typeIds = new Int32Array(room);
    this.#amounts = new Float64Array(room);
    this.#categoryEnds = new Int32Array(room);
    this.#categories = new Int32Array(room);
  }

  get size(): number {
    return this.#events;
  }

  /** @param place the user's place */
  event(place: number, at: number, id: number, typeId: number, amount: number): void {
    const event = this.#events++;
    if (event === this.#at.length) this.#grow();
    this.#places[event] = place;
    this.#at[event] = at;
    this.#ids[event] = id;
    if (id > this.lastIds[place]!) this.lastIds[place] = id;
    this.#typeIds[event] = typeId;
    this.#amounts[event] = amount;
    this.#categoryEnds[event] = this.#categoryCount;
  }

  /** The categories of the event that was added last, written by `write` into the array at the offset it is given. */
  categories(count: number, write: (into: Int32Array, offset: number) => void): void {
    if (this.#categoryCount + count > this.#categories.length)
      this.#categories = grown(Int32Array, this.#categories, (this.#categoryCount + count) * 2);
    write(this.#categories, this.#categoryCount);
    this.#categoryCount += count;
    this.#categoryEnds[this.#events - 1] = this.#categoryCount;
  }

  finish(): Histories {
    const users = this.userIds.length;
    const offsets = new Int32Array(users + 1);
    for (let event = 0; event < this.#events; event++) offsets[this.#places[event]! + 1]!++;
    for (let user = 0; user < users; user++) offsets[user + 1]! += offsets[user]!;
    // Where each event stood in the pile, user after user.
    const order = new Int32Array(this.#events);
    const next = offsets.slice();
    for (let event = 0; event < this.#events; event++) order[next[this.#places[event]!]!++] = event;
    for (let user = 0; user < users; user++) this.#sort(order, offsets[user]!, offsets[user + 1]!);

    const at = new Float64Array(this.#events);
    const typeIds = new Int32Array(this.#events);
    const amounts = new Float64Array(this.#events);
    const categoryOffsets = new Int32Array(this.#events + 1);
    const categories = new Int32Array(this.#categoryCount);
    let category = 0;
    for (let event = 0; event < order.length; event++) {
      const piled = order[event]!;
      at[event] = this.#at[piled]!;
      typeIds[event] = this.#typeIds[piled]!;
      amounts[event] = this.#amounts[piled]!;
      const end = this.#categoryEnds[piled]!;
      for (let from = piled === 0 ? 0 : this.#categoryEnds[piled - 1]!; from < end; from++)
        categories[category++] = this.#categories[from]!;
      categoryOffsets[event + 1] = category;
    }
    return { userIds: Float64Array.from(this.userIds, Number), offsets, at, typeIds, amounts, categoryOffsets, categories };
  }

  /** By time, then id. Events mostly come in the order of time, so that there is little to move. */
  #sort(order: Int32Array, from: number, to: number): void {
    const at = this.#at;
    const ids = this.#ids;
    let inOrder = true;
    for (let place = from + 1; place < to && inOrder; place++) {
      const event = order[place]!;
      const before = order[place - 1]!;
      inOrder = at[before]! < at[event]! || (at[before] === at[event] && ids[before]! <= ids[event]!);
    }
    if (inOrder) return;
    if (to - from > LONG_HISTORY) {
      order.subarray(from, to).sort((a, b) => at[a]! - at[b]! || ids[a]! - ids[b]!);
      return;
    }
    for (let place = from + 1; place < to; place++) {
      const event = order[place]!;
      let before = place - 1;
      while (before >= from) {
        const other = order[before]!;
        if (at[other]! < at[event]! || (at[other] === at[event] && ids[other]! <= ids[event]!)) break;
        order[before + 1] = other;
        before--;
      }
      order[before + 1] = event;
    }
  }

  #grow(): void {
    const room = this.#at.length * 2;
    this.#places = grown(Int32Array, this.#places, room);
    this.#at = grown(Float64Array, this.#at, room);
    this.#ids = grown(Float64Array, this.#ids, room);
    this.#typeIds = grown(Int32Array, this.#typeIds, room);
    this.#amounts = grown(Float64Array, this.#amounts, room);
    this.#categoryEnds = grown(Int32Array, this.#categoryEnds, room);
  }
}
