import type { Histories } from "./history.js";

/** Far from where an int32 ends, and further than any one call gets. */
const MOST_STAMPS = 1_000_000_000;
const largestCategories = new WeakMap<Int32Array, number>();

function largestCategory({ categories }: Histories): number {
  let largest = largestCategories.get(categories);
  if (largest === undefined) {
    largest = 0;
    for (let place = 0; place < categories.length; place++) largest = Math.max(largest, categories[place]!);
    largestCategories.set(categories, largest);
  }
  return largest;
}

/** Counts distinct categories; a stamp per category spares clearing between windows. */
export class Breadth {
  #stamps = new Int32Array(0);
  #counts = new Int32Array(0);
  #stamp = 0;
  #looked: Histories | undefined;

  /** What is counted from now on. */
  look(histories: Histories): void {
    this.#looked = histories;
    const room = largestCategory(histories) + 1;
    if (room > this.#stamps.length || this.#stamp > MOST_STAMPS) {
      this.#stamps = new Int32Array(room);
      this.#counts = new Int32Array(room);
      this.#stamp = 0;
    }
  }

  get #histories(): Histories {
    return this.#looked!;
  }

  /** Over a run of events. */
  within(from: number, to: number): number {
    const { categoryOffsets } = this.#histories;
    if (from === to) return 0;
    this.#stamp++;
    return this.#fresh(categoryOffsets[from]!, categoryOffsets[to]!);
  }

  /** Over the events named in a list. */
  among(events: Int32Array, start: number, end: number): number {
    const { categoryOffsets } = this.#histories;
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
    const { categoryOffsets, categories, facts } = this.#histories;
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
    const { categories } = this.#histories;
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
