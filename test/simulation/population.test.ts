import { expect, test } from "vitest";
import { simulatePopulation } from "../../src/simulation/population.js";

const until = new Date("2026-03-01T00:00:00Z");
const DAY_MS = 86_400_000;

test("the same seed simulates the same population, another seed another one", () => {
  expect(simulatePopulation(1, until, 50)).toEqual(simulatePopulation(1, until, 50));
  expect(simulatePopulation(1, until, 50)).not.toEqual(simulatePopulation(2, until, 50));
});

test("events lie in [until - 540 days, until), in order, and start on the day the user was first seen", () => {
  for (const { events, firstSeenAt } of simulatePopulation(3, until, 300)) {
    const times = events.map(({ occurredAt }) => occurredAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const time of times) expect(time >= until.getTime() - 541 * DAY_MS && time < until.getTime()).toBe(true);
    if (times[0] !== undefined) expect(Math.abs(times[0] - firstSeenAt.getTime())).toBeLessThan(2 * DAY_MS);
  }
});

test("churn follows from behaviour: those who complained in the last 60 days fall silent more often", () => {
  const asOf = until.getTime() - 60 * DAY_MS;
  const silent = { complained: [0, 0], others: [0, 0] };
  for (const { events } of simulatePopulation(1, until, 2000)) {
    const activity = events
      .filter(({ type }) => type === "order" || type === "visit")
      .map(({ occurredAt }) => occurredAt.getTime());
    if (!activity.some((time) => time >= asOf - 60 * DAY_MS && time < asOf)) continue;
    const complained = events.some(
      ({ type, occurredAt }) => type === "complaint" && occurredAt.getTime() < asOf && occurredAt.getTime() >= asOf - 60 * DAY_MS,
    );
    const group = complained ? silent.complained : silent.others;
    group[0]!++;
    if (!activity.some((time) => time >= asOf)) group[1]!++;
  }
  const share = ([all, gone]: number[]) => gone! / all!;
  expect(silent.complained[0]).toBeGreaterThan(20);
  expect(share(silent.others)).toBeGreaterThan(0.05);
  expect(share(silent.others)).toBeLessThan(0.6);
  expect(share(silent.complained)).toBeGreaterThan(share(silent.others));
});
