import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { populate } from "../tags/populate.js";
import { dataIsAbsent, readReal } from "../tags/real.js";
import { startTestApp, type TestApp } from "./harness.js";

const DAYS = ["1997-10-01", "1998-01-01"] as const;
const NOW = new Date("1998-01-01T00:00:00Z");

describe.skipIf(dataIsAbsent)("CDNOW: segments over the tags of the reference", () => {
  let app: TestApp;
  const reference = dataIsAbsent
    ? undefined
    : JSON.parse(readFileSync(join(process.cwd(), "../shared/data/reference/cdnow.json"), "utf8"));

  beforeAll(async () => {
    app = await startTestApp({ asOf: NOW });
    await populate(app.store, readReal("cdnow").histories);
    await app.store.pool.run("analyze");
    await refreshAll(app.store.pool, NOW);
  });
  afterAll(() => app.stop());

  const preview = async (where: object, asOf?: string) =>
    (
      await app.graph(
        "query ($where: SegmentExpression!, $asOf: DateTime) { segmentPreview(where: $where, asOf: $asOf) { count populationCount } }",
        { where, asOf },
      )
    ).segmentPreview;

  for (const day of DAYS) {
    test(`every tag is counted as by the reference at ${day}, over everybody who was known`, async () => {
      const { users_before_T, tag_counts_all_users } = reference.at[day].exact;
      for (const [key, count] of Object.entries(tag_counts_all_users))
        expect({ key, ...(await preview({ tag: { key } }, `${day}T00:00:00Z`)) }).toEqual({
          key,
          count,
          populationCount: users_before_T,
        });
    });

    test(`users active in the last days at ${day}, by events and by metrics`, async () => {
      const { users_active_last_30d, users_active_last_90d } = reference.at[day].exact;
      const asOf = `${day}T00:00:00Z`;
      expect((await preview({ event: { withinDays: 30 } }, asOf)).count).toBe(users_active_last_30d);
      expect((await preview({ event: { type: "order", withinDays: 90 } }, asOf)).count).toBe(users_active_last_90d);
      expect((await preview({ tag: { key: "events_90d", op: "GT", value: 0 } }, asOf)).count).toBe(users_active_last_90d);
    });
  }

  test("the stored state of now says the same as the events for now: tags, stages, RFM, declines", async () => {
    const wheres = [
      ...Object.keys(reference.at["1998-01-01"].exact.tag_counts_all_users).map((key) => ({ tag: { key } })),
      ...["NEW", "ACTIVE", "AT_RISK", "DORMANT", "LOST"].map((stage) => ({ lifecycleStage: { in: [stage] } })),
      ...["CHAMPIONS", "AT_RISK", "LOST"].map((layer) => ({ rfm: { layer: [layer] } })),
      { rfm: { recency: { gte: 3, lte: 4 }, monetary: { gte: 5 } } },
      { decline: { metric: "events_30d", severity: ["SEVERE", "MODERATE"] } },
      { tag: { key: "gap_mean_days", op: "BETWEEN", values: [20, 40] } },
      { not: { tag: { key: "gap_mean_days", op: "LT", value: 40 } } },
      { behaviorBreak: { direction: "DOWN" } },
    ];
    for (const where of wheres)
      expect({ where, ...(await preview(where)) }).toEqual({ where, ...(await preview(where, NOW.toISOString())) });
    expect((await preview({ rfm: { layer: ["CHAMPIONS"] } })).count).toBeGreaterThan(0);
    expect((await preview({ behaviorBreak: { direction: "DOWN" } })).count).toBeGreaterThan(0);
  });

  test("the portrait of those whose activity halved: exact counts, the same from the stored state and from the events", async () => {
    const query = `query ($asOf: DateTime) { segmentPreview(where: {tag: {key: "freq_drop_50"}}, asOf: $asOf) {
      portrait(first: 50) { tag { key } insideCount outsideCount lift pValue } } }`;
    const stored = (await app.graph(query)).segmentPreview.portrait;
    expect(stored).toEqual((await app.graph(query, { asOf: NOW })).segmentPreview.portrait);
    const { tag_counts_all_users: counts } = reference.at["1998-01-01"].exact;
    for (const { tag, insideCount, outsideCount } of stored)
      if (counts[tag.key] !== undefined)
        expect({ key: tag.key, count: insideCount + outsideCount }).toEqual({ key: tag.key, count: counts[tag.key] });
    expect(stored.find(({ tag }: any) => tag.key === "freq_drop_50")).toMatchObject({
      insideCount: counts.freq_drop_50,
      outsideCount: 0,
    });
  });
});
