import fc from "fast-check";
import { expect, test } from "vitest";
import { type Histories, HistoryWriter } from "../../src/tags/history.js";
import { epochMs, HistoryJoiner, HistoryPacker } from "../../src/tags/history-pack.js";

interface Event {
  /** Microseconds since 2000. */
  readonly micros: number;
  readonly typeId: number;
  readonly amount: number;
  readonly categories: readonly number[];
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const event: fc.Arbitrary<Event> = fc.record({
  // From 1950 to 2100; some at one instant.
  micros: fc.oneof(whole(-5, 5), whole(-1_577_880_000_000_000, 3_155_760_000_000_000)),
  typeId: fc.oneof(whole(1, 40), whole(1, 2_147_483_647)),
  amount: fc.oneof(fc.constant(Number.NaN), whole(-100_000, 100_000), whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  categories: fc.array(fc.oneof(whole(1, 300), whole(1, 2_147_483_647)), { maxLength: 5 }),
});
const history = fc.array(event, { maxLength: 60 });

function written(users: readonly (readonly Event[])[]): Histories {
  const writer = new HistoryWriter(users.length);
  for (const [user, events] of users.entries()) {
    writer.user(user + 1);
    for (const { micros, typeId, amount, categories } of [...events].sort((a, b) => a.micros - b.micros)) {
      writer.event(epochMs(micros), typeId, amount);
      for (const category of categories) writer.category(category);
    }
  }
  return writer.finish();
}

test("a packed history and what came after it are the whole history again, before any instant", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(history, history, fc.boolean()), { minLength: 1, maxLength: 4 }),
      fc.oneof(fc.constant(Number.POSITIVE_INFINITY), whole(-1e15, 2e15).map(epochMs), fc.constantFrom(-1, 0, 1).map(epochMs)),
      (users, before) => {
        const early = ({ micros }: Event) => epochMs(micros) < before;
        const packed = written(users.map(([old]) => old));
        const recent = written(users.map(([, late]) => late.filter(early)));
        const packer = new HistoryPacker();
        const writer = new HistoryWriter(1);
        const joiner = new HistoryJoiner(recent, before);
        for (const [user, [old, , isPacked]] of users.entries())
          joiner.join(isPacked || old.length > 0 ? packer.pack(packed, user) : null, user, writer);
        // A stable sort: of events at one instant the packed ones first.
        const expected = written(users.map(([old, late]) => [...old, ...late].filter(early)));
        expect(writer.finish()).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});
