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

  const SAVE = `mutation ($input: SaveClustersInput!) { saveBehaviorClusters(input: $input) {
    tag { key kind valueType } segments { key name count text } errors { code message path } } }`;
  const input = { key: "habit", name: "Habit", department: "marketing", k: 3 };

  test("are kept as a tag of every user and as segments, and saved again they say the same", async () => {
    const { behaviorClusters: found } = await app.graph(CLUSTERS, { k: 3 });
    const { saveBehaviorClusters: saved } = await app.graph(SAVE, { input });
    expect(saved.errors).toEqual([]);
    expect(saved.tag).toEqual({ key: "habit", kind: "IMPORTED", valueType: "TEXT" });
    expect(saved.segments.map(({ key, count, text }: any) => ({ key, count, text }))).toEqual(
      found.clusters.map(({ users }: any, place: number) => ({
        key: `habit_${place + 1}`,
        count: users,
        text: `tag.habit = "${place + 1}"`,
      })),
    );
    expect(saved.segments[0].name).toBe(`Habit 1: ${found.clusters[0].name}`);
    const since = await app.store.pool.read("select min(since), max(since), count(*) from user_tag where source = 'clusters'");
    expect((await app.graph(SAVE, { input })).saveBehaviorClusters).toEqual(saved);
    expect(await app.store.pool.read("select min(since), max(since), count(*) from user_tag where source = 'clusters'")).toEqual(
      since,
    );
  });

  test("another number of clusters moves users, and what they were in stays in their history", async () => {
    const before = (await app.graph(SAVE, { input })).saveBehaviorClusters.segments;
    await app.store.pool.read("update user_tag set since = since - interval '1 day' where source = 'clusters'");
    const { saveBehaviorClusters: saved } = await app.graph(SAVE, { input: { ...input, k: 2 } });
    expect(saved.segments.map(({ count }: any) => count).reduce((sum: number, count: number) => sum + count)).toBe(
      before.reduce((sum: number, { count }: any) => sum + count, 0),
    );
    const [ended] = await app.store.pool.read<{ count: number }>(
      "select count(*)::int as count from user_tag_history where source = 'clusters' and text_value = '3'",
    );
    expect(ended!.count, "all of the third cluster").toBe(before[2].count);
  });

  test("a key that means something else, and too many clusters, are refused", async () => {
    expect((await app.graph(SAVE, { input: { ...input, key: "vip" } })).saveBehaviorClusters).toMatchObject({
      tag: null,
      errors: [{ code: "CONFLICT", path: ["input", "key"] }],
    });
    expect((await app.graph(SAVE, { input: { ...input, key: "many", k: 12 } })).saveBehaviorClusters).toMatchObject({
      tag: null,
      errors: [{ code: "BAD_INPUT", path: ["input", "k"] }],
    });
  });
});
