import { afterAll, beforeAll, expect, test } from "vitest";
import { raiseAlert } from "../../src/people/alert.step.js";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test("an alert is told once however often its finding is made, and alerts are read by pages, the latest first", async () => {
  const alert = (subjectKey: string, day: string) => ({
    kind: "SEGMENT_SIZE_JUMP",
    subjectType: "SEGMENT" as const,
    subjectKey,
    message: `${subjectKey} grew.`,
    at: new Date(day),
  });
  await raiseAlert(app.store.pool, alert("a", "2020-01-01"));
  await raiseAlert(app.store.pool, alert("a", "2020-01-01"));
  await raiseAlert(app.store.pool, alert("b", "2020-01-01"));
  await raiseAlert(app.store.pool, alert("a", "2020-01-02"));
  const ask = `query ($after: String, $key: String) { alerts(first: 2, after: $after, subjectKey: $key) { nodes { at kind subjectType subjectKey message } pageInfo { hasNextPage endCursor } } }`;
  const { alerts: first } = await app.graph(ask);
  expect(first.nodes.map(({ subjectKey, at }: any) => [subjectKey, at.slice(0, 10)])).toEqual([
    ["a", "2020-01-02"],
    ["b", "2020-01-01"],
  ]);
  const { alerts: second } = await app.graph(ask, { after: first.pageInfo.endCursor });
  expect(second.nodes).toEqual([
    {
      at: "2020-01-01T00:00:00.000Z",
      kind: "SEGMENT_SIZE_JUMP",
      subjectType: "SEGMENT",
      subjectKey: "a",
      message: "a grew.",
    },
  ]);
  expect(second.pageInfo.hasNextPage).toBe(false);
  expect((await app.graph(ask, { key: "b" })).alerts.nodes).toHaveLength(1);
});
