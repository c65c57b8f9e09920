import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import type { BoundEvent } from "../../src/segments/bind.js";
import { eventTruth } from "../../src/segments/event-truth.js";
import { tagDue } from "../../src/segments/tag-due.js";
import type { Expression } from "../../src/tags/definition.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { conditionOf } from "../../src/tags/since.js";

const NOW = Date.UTC(2024, 2, 1, 10);
const UNTIL = NOW + DAY_MS;
const GRID_MS = 15 * 60_000;
const TYPES = [
  { id: 1, key: "login", kind: "INTERACTION" },
  { id: 2, key: "order", kind: "TRANSACTION" },
] as const;

/** Users with up to a dozen events of the last ten days and the next one, some at the very edges of windows of whole days. */
function someUsers(count: number, seed: number) {
  const random = seededRandom(seed);
  const writer = new HistoryWriter(count);
  for (let user = 1; user <= count; user++) {
    writer.user(user);
    const times = Array.from({ length: Math.floor(random() * 12) }, () =>
      random() < 0.2 ? NOW - Math.floor(random() * 10) * DAY_MS : UNTIL - random() * 11 * DAY_MS,
    );
    for (const at of times.sort((a, b) => a - b))
      writer.event(at, 1 + Math.floor(random() * 2), Math.floor(random() * 100) * 1_000);
  }
  return writer.finish();
}

const users = someUsers(300, 5);

/** Said at every quarter of an hour, and around the instant that is due. */
function expectForeseen(due: Float64Array, answersAt: (at: number) => ArrayLike<number>, until: number): number {
  const now = answersAt(NOW);
  for (let at = NOW; at <= until; at += GRID_MS) {
    const answers = answersAt(at);
    for (let user = 0; user < due.length; user++)
      if (at < due[user]!) expect(answers[user], `user ${user} at ${new Date(at).toISOString()}`).toBe(now[user]);
  }
  let flips = 0;
  for (const [user, at] of due.entries()) {
    if (at === Number.POSITIVE_INFINITY || at > until) continue;
    flips++;
    expect(answersAt(at - 1)[user], `user ${user} just before`).toBe(now[user]);
    expect(answersAt(at)[user], `user ${user} when due`).not.toBe(now[user]);
  }
  return flips;
}

describe("the instant at which a computed tag flips by time alone", () => {
  const week = { measure: "count", days: 7 } as const;
  test.each<[string, Expression]>([
    ["a count", { gte: [week, 3] }],
    ["a sum", { gt: [{ measure: "sum", days: 3, endingDaysAgo: 1, types: ["order"] }, 8] }],
    ["days since something", { gt: [{ measure: "daysSinceLast" }, 2.5] }],
    ["whole days since something", { gte: [{ floor: { measure: "daysSinceLast", types: ["login"] } }, 3] }],
    ["a fall against an earlier window", { lt: [week, { multiply: [0.5, { measure: "count", days: 7, endingDaysAgo: 2 }] }] }],
    ["a gap against the usual one", { gt: [{ measure: "daysSinceLast" }, { multiply: [2, { measure: "gapMean" }] }] }],
    ["several at once", { all: [{ gte: [week, 1] }, { not: { gte: [{ measure: "count", days: 2 }, 1] } }] }],
  ])("%s", (_, expression) => {
    const condition = conditionOf(expression, TYPES, new Map());
    const passes = (value: number) => value === 1;
    const due = tagDue({ condition, passes }, users, NOW, UNTIL);
    const answersAt = (at: number) => condition.program(users, at)[0]!.map((value) => (passes(value) ? 1 : 0));
    expect(expectForeseen(due, answersAt, UNTIL)).toBeGreaterThan(10);
  });
});

test.each<[string, Partial<BoundEvent>]>([
  ["at least one", {}],
  ["at least three, with a lag", { atLeast: 3, endingDaysAgo: 1 }],
  ["none", { atLeast: 0, atMost: 0 }],
  ["one to three of some worth", { atLeast: 1, atMost: 3, minAmount: 4.5, withinDays: 3 }],
])("a condition on events foresees when it can flip: %s", (_, more) => {
  const event: BoundEvent = {
    ...{ kind: "event", typeIds: [1, 2], atLeast: undefined, atMost: undefined, withinDays: 5, endingDaysAgo: 0 },
    ...{ categoryId: undefined, minAmount: undefined },
    ...more,
  };
  const { due } = eventTruth(event, users, NOW);
  const now = eventTruth(event, users, NOW).holds;
  let flips = 0;
  for (let at = NOW; at <= UNTIL; at += GRID_MS) {
    const { holds } = eventTruth(event, users, at);
    for (let user = 0; user < due.length; user++) {
      if (at < due[user]!) expect(holds[user], `user ${user} at ${new Date(at).toISOString()}`).toBe(now[user]);
      if (holds[user] !== now[user]) flips++;
    }
  }
  expect(flips).toBeGreaterThan(10);
});
