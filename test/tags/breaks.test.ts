import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { BREAK_METHODS, type BreakMethod, behaviorBreaks } from "../../src/tags/breaks.js";
import { DAY_MS } from "../../src/tags/history.js";

const WEEK_MS = 7 * DAY_MS;
const WEEKS = 26;
const AS_OF = Date.UTC(2026, 0, 1);
const START = AS_OF - WEEKS * WEEK_MS;

/** A Poisson process whose rate a week changes at a week; known for a week longer than is looked at. */
function events(random: () => number, before: number, after: number, breakWeek: number): number[] {
  const at = [START - WEEK_MS];
  for (let week = 0; ; ) {
    const rate = week < breakWeek ? before : after;
    if (rate === 0 && week >= breakWeek) return at;
    const next = week - Math.log(1 - random()) / rate;
    // The rest of a gap that reaches over the change goes on at the new rate.
    if (week < breakWeek && next >= breakWeek) {
      week = breakWeek;
      continue;
    }
    week = next;
    if (week >= WEEKS) return at;
    at.push(START + week * WEEK_MS);
  }
}

const RATES = [1, 3, 8];
const CLOSE_WEEKS = 2;

describe("breaks planted in random histories", () => {
  test("users whose rate never changes seldom have one: at most 5 % for every method and rate", () => {
    const shares: Record<string, number> = {};
    for (const method of BREAK_METHODS)
      for (const rate of RATES) {
        const random = seededRandom(11);
        let alarms = 0;
        for (let user = 0; user < 1_000; user++)
          if (behaviorBreaks(events(random, rate, rate, 0), AS_OF, method).length > 0) alarms++;
        shares[`${method} at ${rate} a week`] = alarms / 1_000;
      }
    console.log("false alarms", shares);
    for (const [name, share] of Object.entries(shares)) expect(share, name).toBeLessThanOrEqual(0.05);
  });

  test("precision, recall, and delay of a fall to a fifth", () => {
    const found: Record<string, { precision: number; recall: number; medianDelayWeeks: number }> = {};
    for (const method of BREAK_METHODS)
      for (const rate of RATES) found[`${method} at ${rate} a week`] = measured(method, rate, rate / 5);
    console.table(found);
    for (const method of BREAK_METHODS) {
      // One visit a week leaves too little to see; three are mostly seen, eight nearly always, and where they are.
      expect(found[`${method} at 3 a week`]!.recall, method).toBeGreaterThan(0.6);
      expect(found[`${method} at 8 a week`]!.recall, method).toBeGreaterThan(0.95);
      expect(found[`${method} at 8 a week`]!.precision, method).toBeGreaterThan(0.9);
      expect(found[`${method} at 8 a week`]!.medianDelayWeeks, method).toBeLessThanOrEqual(4);
    }
    // Counts wait for four whole weeks behind a break; gaps need not.
    expect(found["PELT_GAPS at 8 a week"]!.medianDelayWeeks).toBeLessThan(found["PELT_COUNTS at 8 a week"]!.medianDelayWeeks);
  });

  test("a dip and its recovery are two breaks, the first down, the second up", () => {
    const random = seededRandom(5);
    const at = [...events(random, 8, 0, 9), ...events(random, 8, 8, 0).filter((event) => event >= START + 17 * WEEK_MS)];
    for (const method of BREAK_METHODS)
      expect(
        behaviorBreaks(at, AS_OF, method).map(({ direction }) => direction),
        method,
      ).toEqual(["DOWN", "UP"]);
  });

  test("nobody without activity, or with one event, has a break", () => {
    for (const method of BREAK_METHODS) {
      expect(behaviorBreaks([], AS_OF, method)).toEqual([]);
      expect(behaviorBreaks([AS_OF - 100 * DAY_MS], AS_OF, method)).toEqual([]);
    }
  });
});

function measured(method: BreakMethod, before: number, after: number) {
  const random = seededRandom(7);
  let alarms = 0;
  let right = 0;
  let users = 0;
  const delays: number[] = [];
  for (; users < 160; users++) {
    const week = 8 + Math.floor(random() * 11);
    const planted = START + week * WEEK_MS;
    const at = events(random, before, after, week);
    const isRight = (found: ReturnType<typeof behaviorBreaks>[number]) =>
      found.direction === "DOWN" && Math.abs(found.at.getTime() - planted) <= CLOSE_WEEKS * WEEK_MS;
    const breaks = behaviorBreaks(at, AS_OF, method);
    alarms += breaks.length;
    right += breaks.filter(isRight).length > 0 ? 1 : 0;
    // When it would have been seen by somebody who looks every day.
    for (let days = 1; days <= 56; days++) {
      const instant = planted + days * DAY_MS;
      const known = at.filter((event) => event < instant);
      if (!behaviorBreaks(known, instant, method).some(isRight)) continue;
      delays.push(days / 7);
      break;
    }
  }
  delays.sort((a, b) => a - b);
  // Those never seen count as seen last.
  return {
    precision: right / alarms,
    recall: right / users,
    medianDelayWeeks: delays[Math.floor(users / 2)] ?? Number.POSITIVE_INFINITY,
  };
}
