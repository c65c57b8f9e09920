import { expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import type { Expression } from "../../src/tags/definition.js";
import { compile } from "../../src/tags/evaluate.js";
import { DAY_MS, HistoryWriter, historiesOf } from "../../src/tags/history.js";
import { DEFINITIONS, LIBRARY } from "../../src/tags/library.js";
import { conditionOf, sinceWhen } from "../../src/tags/since.js";
import { TYPES } from "./real.js";

const random = seededRandom(11);
const writer = new HistoryWriter(300);
const firstDay = Date.UTC(2020, 0, 1) / DAY_MS;
for (let user = 1; user <= 300; user++) {
  writer.user(user);
  const gap = 0.5 + random() * 30;
  // Some events fall on midnight exactly, and some repeat at one gap exactly.
  const grain = random() < 0.3 ? 1 : 24;
  const even = random() < 0.2;
  for (
    let day = random() * 200;
    day < 400 * Math.sqrt(random()) + 20;
    day += even ? Math.ceil(gap) : gap * (0.2 + 1.6 * random())
  ) {
    writer.event(
      (firstDay + Math.floor(day * grain) / grain) * DAY_MS,
      random() < 0.3 ? 1 : random() < 0.9 ? 2 : 3,
      Math.floor(random() * 100) * 10_000,
    );
    for (let category = 0; category < random() * 3; category++) writer.category(1 + Math.floor(random() * 8));
  }
}
const histories = writer.finish();

const CONDITIONS: [string, Expression][] = [
  ...LIBRARY.filter(({ kind }) => kind === "RULE" || kind === "DECLINE").map(({ key }): [string, Expression] => [
    key,
    { tag: key },
  ]),
  // Holds on two stretches of every quiet time: days may not be skipped.
  ["a condition with a hole", { any: [{ lt: [{ tag: "recency_days" }, 5] }, { gt: [{ tag: "recency_days" }, 12] }] }],
  [
    "a condition on whole days",
    { all: [{ gt: [{ tag: "days_since_last_event" }, 3] }, { not: { eq: [{ tag: "days_since_last_event" }, 9] } }] },
  ],
];

test.each(CONDITIONS)("the beginning of %s is what looking at every midnight finds", (_, expression) => {
  const condition = conditionOf(expression, TYPES, DEFINITIONS);
  const program = compile([expression], TYPES, DEFINITIONS);
  for (const asOf of [(firstDay + 300) * DAY_MS, (firstDay + 211) * DAY_MS + 12_345_678, (firstDay + 395) * DAY_MS + 1]) {
    const holds = program(histories, asOf)[0]!;
    const users = Int32Array.from(histories.userIds.keys()).filter((user) => holds[user] === 1);
    const expected = new Float64Array(users.length).fill(asOf);
    let running = Int32Array.from(users.keys());
    const lastMidnight = Math.ceil(asOf / DAY_MS) * DAY_MS - DAY_MS;
    for (let day = 0; day < 90 && running.length > 0; day++) {
      const midnight = lastMidnight - day * DAY_MS;
      const still = program(historiesOf(histories, users), midnight)[0]!;
      running = running.filter((place) => still[place] === 1);
      for (const place of running) expected[place] = midnight;
    }
    expect(Array.from(sinceWhen(condition, histories, users, asOf))).toEqual(Array.from(expected));
  }
});
