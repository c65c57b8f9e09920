import { describe, expect, it } from "vitest";
import { poissonBreak } from "../../src/math/change-point.js";
import { readLines, referenceIsAbsent, samplesOf } from "./reference.js";

describe("a break in weekly counts", () => {
  it("is where the rate fell", () => {
    const found = poissonBreak([3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0]);
    expect(found).toMatchObject({ split: 8, rateBefore: 3, rateAfter: 0 });
    expect(found.twoLogLikelihoodRatio).toBeCloseTo(2 * 24 * Math.log(12 / 8), 10);
  });

  it("is the earliest place of a series without events, with a ratio of 0", () => {
    expect(poissonBreak(new Uint16Array(26))).toEqual({ split: 4, twoLogLikelihoodRatio: 0, rateBefore: 0, rateAfter: 0 });
  });

  it("needs two segments", () => expect(() => poissonBreak([1, 2, 3])).toThrow(RangeError));
});

describe.skipIf(referenceIsAbsent)("breaks of CDNOW's customers, against the reference values", () => {
  const day = 86_400_000;
  const events = new Map<string, number[]>();
  for (const line of referenceIsAbsent ? [] : readLines("cdnow/CDNOW_master.txt.gz")) {
    const [user, date] = line.trim().split(/\s+/);
    if (!date || !/^\d{8}$/.test(date)) continue;
    const at = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)));
    const known = events.get(user!);
    if (known) known.push(at);
    else events.set(user!, [at]);
  }

  it.each(["1997-10-01", "1998-01-01"])("as of %s", (asOf) => {
    const start = Date.parse(asOf) - 182 * day;
    const { users, column } = samplesOf("cdnow", asOf);
    const [ratio, week, before, after] = ["cp_2llr", "cp_week", "cp_rate_before", "cp_rate_after"].map(column);
    let compared = 0;
    for (const [row, user] of users.entries()) {
      const counts = new Uint16Array(26);
      for (const at of events.get(user)!) {
        const place = Math.floor((at - start) / (7 * day));
        if (place >= 0 && place < 26) counts[place]!++;
      }
      const found = poissonBreak(counts);
      expect(found.twoLogLikelihoodRatio, user).toBeCloseTo(ratio![row]!, 5);
      expect(found.split, user).toBe(week![row]!);
      expect(found.rateBefore, user).toBeCloseTo(before![row]!, 5);
      expect(found.rateAfter, user).toBeCloseTo(after![row]!, 5);
      compared++;
    }
    expect(compared).toBeGreaterThan(6000);
  });
});
