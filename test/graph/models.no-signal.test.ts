import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";
import { trained } from "./models.js";
import { importReal, realDataIsAbsent } from "./real-events.js";

describe.skipIf(realDataIsAbsent)("a population in which churn cannot be foretold", () => {
  let app: TestApp;
  const now = new Date("2015-03-17T00:00:00Z");
  beforeAll(async () => {
    app = await startTestApp({ asOf: now });
    await importReal(app.store, "retail_transactions_125k");
  });
  afterAll(() => app?.stop());

  test("the model says that it found no usable signal, and is not promoted, not even on demand", async () => {
    const model = await trained(app, now, {
      template: "retail",
      observationDates: ["2014-06-01T00:00:00Z"],
      algorithm: "LOGISTIC_REGRESSION",
      promote: "ALWAYS",
    });
    expect(model.evaluation.signal).toBe(false);
    expect(model.evaluation.signalSentence).toMatch(/^No usable signal was found/);
    expect(model.state).toBe("CANDIDATE");
    expect(model.evaluation.promotion.promoted).toBe(false);
    const { promoteChurnModel } = await app.graph(
      "mutation ($id: ID!) { promoteChurnModel(id: $id) { model { state } errors { code message path } } }",
      { id: model.id },
    );
    expect(promoteChurnModel.errors).toMatchObject([{ code: "NO_SIGNAL" }]);
    expect(promoteChurnModel.model.state).toBe("CANDIDATE");
  });
});
