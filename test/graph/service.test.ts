import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: new Date("2011-09-10T00:00:00Z") });
});
afterAll(() => app.stop());

test("an empty store says so: nothing simulated, nothing computed, and now is what the operator set", async () => {
  const { service } = await app.graph("{ service { simulated now refreshedAt } }");
  expect(service).toEqual({ simulated: false, now: "2011-09-10T00:00:00.000Z", refreshedAt: null });
});
