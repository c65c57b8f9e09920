import { expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import type { Expression } from "../../src/tags/definition.js";
import { compile } from "../../src/tags/evaluate.js";
import { emptyFacts, type Facts, type Stretch } from "../../src/tags/facts.js";
import { DAY_MS, HistoryWriter, historiesOf } from "../../src/tags/history.js";
import { DEFINITIONS, LIBRARY } from "../../src/tags/library.js";
import { conditionOf, LONGEST_SINCE_DAYS, sinceWhen } from "../../src/tags/since.js";
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
/** Beside the events: a plan, a day that some keep, and two tags that people give and take. */
const facts: Facts = {
  ...emptyFacts(),
  categoryNames: new Map(Array.from({ length: 8 }, (_, id) => [id + 1, `c${7 - id}`])),
  attributes: new Map<string, unknown[]>([
    ["plan", Array.from({ length: 300 }, (_, user) => (user % 4 === 0 ? null : user % 3 === 0 ? "Basic" : "Pro"))],
    ["renewal", Array.from({ length: 300 }, (_, user) => `2020-${String((user % 12) + 1).padStart(2, "0")}-15`)],
  ]),
  given: new Map([
    ["vip", Array.from({ length: 300 }, (_, user) => (user % 2 === 0 ? stretches(() => true) : undefined))],
    ["brand", Array.from({ length: 300 }, () => stretches(() => (random() < 0.5 ? "one" : "two")))],
  ]),
};
const histories = { ...writer.finish(), facts };

function stretches(value: () => Stretch["value"]): Stretch[] {
  const found: Stretch[] = [];
  for (let day = 180 + random() * 60; day < 400; day += 20 * random()) {
    const since = (firstDay + day) * DAY_MS;
    day += 30 * random();
    found.push({ since, until: (firstDay + day) * DAY_MS, value: value() });
  }
  return found;
}

const CONDITIONS: [string, Expression][] = [
  ...LIBRARY.filter(({ kind }) => kind === "RULE" || kind === "DECLINE").map(({ key }): [string, Expression] => [
    key,
    { tag: key },
  ]),
  // Holds on two stretches of every quiet time: days may not be skipped.
  ["a condition with a hole", { any: [{ lt: [{ tag: "recency_days" }, 5] }, { gt: [{ tag: "recency_days" }, 12] }] }],
  ["a tag that is given", { any: [{ given: "vip", as: "BOOLEAN" }, { gt: [{ tag: "recency_days" }, 40] }] }],
  ["a text that is given", { given: "brand", as: "TEXT" }],
  ["the category of most events", { measure: "topCategory", days: 90 }],
  ["a text by cases", { case: [{ gt: [{ tag: "recency_days" }, 14] }, "quiet", { attribute: "plan", as: "TEXT" }] }],
  [
    "a day that comes near",
    {
      all: [
        { gte: [{ daysUntil: { attribute: "renewal", as: "DATE" } }, -30] },
        { lt: [{ daysUntil: { attribute: "renewal", as: "DATE" } }, 60] },
      ],
    },
  ],
  ["an anniversary", { lt: [{ daysToAnniversary: { attribute: "renewal", as: "DATE" } }, 30] }],
  ["a month of the year", { in: [{ month: { daysAgo: 0 } }, 8, 10] }],
  ["the month of the last activity", { eq: [{ month: { daysAgo: { tag: "recency_days" } } }, 10] }],
  [
    "a condition on whole days",
    { all: [{ gt: [{ tag: "days_since_last_event" }, 3] }, { not: { eq: [{ tag: "days_since_last_event" }, 9] } }] },
  ],
];

const TEXTS = new Set(["a text that is given", "the category of most events", "a text by cases"]);

test.each(CONDITIONS)("the beginning of %s is what looking at every midnight finds", (name, expression) => {
  const condition = conditionOf(expression, TYPES, DEFINITIONS);
  const program = compile([expression], TYPES, DEFINITIONS);
  for (const asOf of [(firstDay + 300) * DAY_MS, (firstDay + 211) * DAY_MS + 12_345_678, (firstDay + 395) * DAY_MS + 1]) {
    const holds = program(histories, asOf)[0]!;
    // A text holds while it stays what it is.
    const isText = TEXTS.has(name);
    const users = Int32Array.from(histories.userIds.keys()).filter((user) => (isText ? holds[user]! >= 0 : holds[user] === 1));
    const value = (place: number) => (isText ? holds[users[place]!]! : 1);
    const expected = new Float64Array(users.length).fill(asOf);
    let running = Int32Array.from(users.keys());
    const lastMidnight = Math.ceil(asOf / DAY_MS) * DAY_MS - DAY_MS;
    const least = new Date(lastMidnight - 89 * DAY_MS);
    const earliest = Date.UTC(least.getUTCFullYear(), least.getUTCMonth(), 1);
    for (let midnight = lastMidnight; midnight >= earliest && running.length > 0; midnight -= DAY_MS) {
      const still = program(historiesOf(histories, users), midnight)[0]!;
      running = running.filter((place) => still[place] === value(place));
      for (const place of running) expected[place] = midnight;
    }
    if (TEXTS.has(name)) expect(users.length).toBeGreaterThan(0);
    expect(Array.from(sinceWhen(condition, histories, users, asOf, LONGEST_SINCE_DAYS, value))).toEqual(Array.from(expected));
  }
});
