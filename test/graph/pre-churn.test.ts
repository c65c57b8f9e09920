import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";
import { importReal, realDataIsAbsent } from "./real-events.js";

const SIGNS = `query ($asOf: DateTime!, $all: Boolean!, $minUsers: Int!) {
  preChurnSigns(definition: "retail", asOf: $asOf, all: $all, minUsers: $minUsers, first: 100) {
    tag { key } sequence { first next } users support churnRate churnRateWithout lift liftLow liftHigh likeWithLikeLift pValue } }`;

describe.skipIf(realDataIsAbsent)("signs before churn on CDNOW", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ asOf: new Date("1998-07-01T00:00:00Z") });
    await importReal(app.store, "cdnow");
  });
  afterAll(() => app?.stop());

  test.each(["1997-10-01", "1998-01-01"])("every tag's churn rates at %s are the reference's", async (day) => {
    const reference = JSON.parse(readFileSync(join(process.cwd(), "../shared/data/reference/cdnow.json"), "utf8")).at[day].exact;
    const { preChurnSigns } = await app.graph(SIGNS, { asOf: `${day}T00:00:00Z`, all: true, minUsers: 1 });
    const byKey = new Map<string, any>(preChurnSigns.map((sign: any) => [sign.tag?.key, sign]));
    let compared = 0;
    for (const [key, { n, churn_rate_with: rate, churn_rate_without: without }] of Object.entries<any>(
      reference.tag_lift_eligible,
    )) {
      if (n === 0) continue;
      expect(byKey.get(key), key).toMatchObject({ users: n, support: n / reference.eligible });
      expect(byKey.get(key).churnRate, key).toBeCloseTo(rate, 6);
      expect(byKey.get(key).churnRateWithout, key).toBeCloseTo(without, 6);
      expect(byKey.get(key).lift, key).toBeCloseTo(rate / without, 5);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(9);
    for (const { lift, liftLow, liftHigh } of preChurnSigns) {
      expect(liftLow).toBeLessThanOrEqual(lift);
      if (liftHigh !== null) expect(liftHigh).toBeGreaterThanOrEqual(lift);
    }
  });

  test("a date whose horizon has not passed is refused", async () => {
    const { errors } = await app.answer(SIGNS, { asOf: "1998-06-01T00:00:00Z", all: false, minUsers: 30 });
    expect(errors![0]!.extensions.code).toBe("NO_SAMPLE");
  });
});

describe("a planted sign", () => {
  let app: TestApp;
  const asOf = "2026-01-01T00:00:00Z";
  beforeAll(async () => {
    app = await startTestApp({ asOf: new Date("2026-06-01T00:00:00Z") });
    const events: object[] = [];
    const day = (days: number) => new Date(Date.parse(asOf) + days * 86_400_000).toISOString();
    for (let user = 0; user < 200; user++) {
      const event = (type: string, days: number) => events.push({ externalId: `u${user}`, type, occurredAt: day(days) });
      event("order", -60 - (user % 7));
      // Every fourth complains, then returns something, and is gone; every fourth does so the other way round, and comes back.
      if (user % 4 === 0) event("complaint", -40);
      if (user % 4 < 2) event("return", -30);
      if (user % 4 === 1) event("complaint", -20);
      if (user % 4 !== 0 && user % 10 !== 3) event("order", 30);
    }
    // Somebody orders on the last day, so that the horizon has passed.
    events.push({ externalId: "last", type: "order", occurredAt: day(140) });
    const { recordEvents } = await app.graph(
      `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted rejected { message } } }`,
      { input: { events } },
    );
    expect(recordEvents.rejected).toEqual([]);
  });
  afterAll(() => app.stop());

  test("is found in its order, and not in the other", async () => {
    const { preChurnSigns } = await app.graph(SIGNS, { asOf, all: false, minUsers: 20 });
    expect(preChurnSigns[0].sequence).not.toBeNull();
    const pairs = new Map<string, any>(
      preChurnSigns.flatMap((sign: any) => (sign.sequence ? [[`${sign.sequence.first} ${sign.sequence.next}`, sign]] : [])),
    );
    expect(pairs.get("complaint return")).toMatchObject({ users: 50, support: 0.25, churnRate: 1 });
    expect(pairs.get("complaint return").pValue).toBeLessThan(1e-6);
    expect(pairs.get("complaint return").liftLow).toBeGreaterThan(2);
    expect(pairs.has("return complaint")).toBe(false);
  });

  test("a second look costs the same statements, whatever is found", async () => {
    const one = await app.statementsOf(() => app.graph(SIGNS, { asOf, all: false, minUsers: 100 }));
    expect(await app.statementsOf(() => app.graph(SIGNS, { asOf, all: true, minUsers: 1 }))).toBe(one);
  });
});
