import { expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { EventPile } from "../../src/tags/event-pile.js";
import { HistoryWriter } from "../../src/tags/history.js";

interface Piled {
  readonly place: number;
  readonly at: number;
  readonly id: number;
  readonly categories: readonly number[];
}

test.each([1, 2, 3])("events in any order become histories in the order of time, then id (%i)", (seed) => {
  const random = seededRandom(seed);
  // Some users without events, some with few, some with hundreds; many at the very same time.
  const events: Piled[] = [];
  for (let place = 0; place < 40; place++) {
    const count = place % 5 === 0 ? 0 : place % 7 === 0 ? 300 : Math.floor(60 * random());
    for (let event = 0; event < count; event++)
      events.push({
        place,
        at: Math.floor(50 * random()),
        id: Math.floor(1e9 * random()),
        categories: Array.from({ length: Math.floor(3 * random()) }, () => Math.floor(9 * random())),
      });
  }
  const userIds = Array.from({ length: 40 }, (_, place) => String(1000 - place));

  const pile = new EventPile(userIds);
  const shuffled = events.map((event) => ({ event, key: random() })).sort((a, b) => a.key - b.key);
  for (const { event } of shuffled) {
    pile.event(event.place, event.at, event.id, event.id % 3, event.id % 2 ? Number.NaN : event.id);
    if (event.categories.length > 0)
      pile.categories(event.categories.length, (into, offset) => into.set(event.categories, offset));
  }

  const writer = new HistoryWriter(40);
  for (const [place, userId] of userIds.entries()) {
    writer.user(Number(userId));
    const own = events.filter((event) => event.place === place).sort((a, b) => a.at - b.at || a.id - b.id);
    for (const { at, id, categories } of own) {
      writer.event(at, id % 3, id % 2 ? Number.NaN : id);
      for (const category of categories) writer.category(category);
    }
  }
  expect(pile.finish()).toEqual(writer.finish());
});
