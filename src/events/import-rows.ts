import type { FileEvent } from "./import-row.js";

/** Events of a file in columns, with the texts that stand for numbers of the store kept once each. */
export class EventRows {
  readonly externalIds: string[] = [];
  readonly categories: string[] = [];
  /** Places in `externalIds`. */
  readonly users: number[] = [];
  readonly at: number[] = [];
  readonly typeIds: number[] = [];
  readonly eventIds: string[] = [];
  readonly amounts: number[] = [];
  /** Places in `categories`. */
  readonly categoryPlaces: (number | readonly number[] | null)[] = [];
  readonly channels: (string | null)[] = [];
  readonly properties: (Record<string, unknown> | null)[] = [];
  readonly #users = new Map<string, number>();
  readonly #categories = new Map<string, number>();

  get count(): number {
    return this.at.length;
  }

  add(event: FileEvent): void {
    this.#push(event);
    this.categoryPlaces.push(event.category === "" ? null : placeOf(event.category, this.#categories, this.categories));
  }

  addGroup(event: FileEvent, categories: ReadonlySet<string>): void {
    this.#push(event);
    this.categoryPlaces.push(
      categories.size === 0 ? null : Array.from(categories, (key) => placeOf(key, this.#categories, this.categories)),
    );
  }

  #push(event: FileEvent): void {
    this.users.push(placeOf(event.externalId, this.#users, this.externalIds));
    this.at.push(event.at);
    this.typeIds.push(event.typeId);
    this.eventIds.push(event.eventId);
    this.amounts.push(event.amount);
    this.channels.push(event.channel === "" ? null : event.channel);
    this.properties.push(event.properties);
  }
}

function placeOf(key: string, places: Map<string, number>, list: string[]): number {
  let place = places.get(key);
  if (place === undefined) {
    place = list.length;
    places.set(key, place);
    list.push(key);
  }
  return place;
}

/** Rows of one group lie near one another in a file; of so many groups the oldest are taken to be whole. */
export const MOST_OPEN_GROUPS = 200_000;

/** Gathers rows into one event per group: earliest or latest instant, the sum, and the distinct categories. */
export class Groups {
  readonly #open = new Map<string, { event: FileEvent; categories: Set<string> }>();

  constructor(
    readonly occurredAt: "min" | "max",
    readonly mostOpen = MOST_OPEN_GROUPS,
  ) {}

  /** Adds a row; groups that are taken to be whole go to `rows`. */
  add(event: FileEvent, rows: EventRows): void {
    const key = `${event.typeId} ${event.groupKey}`;
    const group = this.#open.get(key);
    if (!group) {
      this.#open.set(key, { event: { ...event }, categories: new Set(event.category === "" ? [] : [event.category]) });
      if (this.#open.size > this.mostOpen) this.#close(rows, Math.ceil(this.mostOpen / 2));
      return;
    }
    const sum = group.event;
    if (this.occurredAt === "min" ? event.at < sum.at : event.at > sum.at) sum.at = event.at;
    if (!Number.isNaN(event.amount)) sum.amount = (Number.isNaN(sum.amount) ? 0 : sum.amount) + event.amount;
    if (event.category !== "") group.categories.add(event.category);
  }

  end(rows: EventRows): void {
    this.#close(rows, this.#open.size);
  }

  #close(rows: EventRows, count: number): void {
    let left = count;
    for (const [key, { event, categories }] of this.#open) {
      if (left-- === 0) break;
      rows.addGroup(event, categories);
      this.#open.delete(key);
    }
  }
}
