import { afterAll, beforeAll, expect, test } from "vitest";
import { recordEvents } from "../src/events/record.step.js";
import { isRefreshDue, refreshAll } from "../src/pipeline.js";
import { seed } from "../src/seed.js";
import { openTestStore, type TestStore } from "./database.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seed(store.pool);
});
afterAll(() => store.close());

const monday = new Date("2026-03-02T12:00:00Z");
const later = new Date("2026-03-02T18:00:00Z");
const tuesday = new Date("2026-03-03T00:10:00Z");
const order = (user: number) => ({
  externalId: `user-${user}`,
  type: "order",
  occurredAt: "2026-03-01T10:00:00Z",
  eventId: `order-${user}`,
  amount: "10",
});
const record = (from: number, to: number) =>
  recordEvents(
    store.pool,
    Array.from({ length: to - from }, (_, index) => order(from + index)),
    monday,
  );

test("everybody is due for a refresh at first, on a new day, and when half as many users again have come", async () => {
  expect(await isRefreshDue(store.pool, monday)).toBe(false);
  await record(0, 10);
  expect(await isRefreshDue(store.pool, monday)).toBe(true);
  expect(await refreshAll(store.pool, monday)).toBe(10);
  expect(await isRefreshDue(store.pool, later)).toBe(false);
  expect(await isRefreshDue(store.pool, tuesday)).toBe(true);
  await record(10, 15);
  expect(await isRefreshDue(store.pool, later)).toBe(false);
  await record(15, 16);
  expect(await isRefreshDue(store.pool, later)).toBe(true);
});

test("nobody is taken back to an earlier instant", async () => {
  await expect(refreshAll(store.pool, new Date("2026-03-01T00:00:00Z"))).rejects.toThrow(/cannot be taken back/);
  expect(await isRefreshDue(store.pool, new Date("2026-03-01T00:00:00Z"))).toBe(false);
});
