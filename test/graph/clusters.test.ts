import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { populate } from "../tags/populate.js";
import { dataIsAbsent, readReal, readReference } from "../tags/real.js";
import { startTestApp, type TestApp } from "./harness.js";

const CLUSTERS = `query ($k: Int, $seed: Int! = 1, $asOf: DateTime) { behaviorClusters(k: $k, seed: $seed, asOf: $asOf) {
  users k silhouette clusters { name users share metrics { tag { key } mean deviation } } } }`;

describe.skipIf(dataIsAbsent)("clusters of CDNOW's customers", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ asOf: new Date("1997-10-01T00:00:00Z") });
    await populate(app.store, readReal("cdnow").histories);
  });
  afterAll(() => app?.stop());

  test("hold everybody, are named by what sets them apart, and are the same for the same seed", async () => {
    const { behaviorClusters: found } = await app.graph(CLUSTERS);
    const { users_before_T: users } = readReference("cdnow").at["1997-10-01"]!.exact;
    expect(found.users).toBe(users);
    expect(found.clusters.reduce((sum: number, cluster: any) => sum + cluster.users, 0)).toBe(users);
    expect(found.clusters.length).toBe(found.k);
    expect(found.silhouette).toBeGreaterThan(0.2);
    expect(new Set(found.clusters.map(({ name }: any) => name)).size).toBeGreaterThan(1);
    for (const { name, metrics } of found.clusters) {
      expect(name).toMatch(/: (very )?(high|low)/);
      expect(metrics.length).toBe(8);
    }
    // Whoever bought lately and whoever did not are not thrown together.
    const recency = found.clusters.map(({ metrics }: any) => metrics.find(({ tag }: any) => tag.key === "recency_days").mean);
    expect(Math.max(...recency)).toBeGreaterThan(2 * Math.min(...recency));
    expect((await app.graph(CLUSTERS)).behaviorClusters).toEqual(found);
  });

  test("as many as are asked for; no fewer than 2, no more than 8, and not of nobody", async () => {
    expect((await app.graph(CLUSTERS, { k: 4 })).behaviorClusters.k).toBe(4);
    for (const k of [1, 9]) expect((await app.answer(CLUSTERS, { k })).errors![0]!.extensions.code).toBe("BAD_INPUT");
    expect((await app.answer(CLUSTERS, { asOf: "1990-01-01T00:00:00Z" })).errors![0]!.extensions.code).toBe("NO_SAMPLE");
  });
});
