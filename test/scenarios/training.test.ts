import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PLANTED_NOW, plantedEvents } from "../scores/planted.js";
import { type RunningService, startService } from "./service.js";

const JOB = "query ($id: ID!) { job(id: $id) { state progress attempts error { code } } }";

describe("a training of the running service", () => {
  let dataDirectory: string;
  let service: RunningService;
  const start = () => startService({ TIDEMARK_DATA_DIR: dataDirectory, TIDEMARK_AS_OF: PLANTED_NOW.toISOString() }, ["--empty"]);

  beforeAll(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-training-"));
    service = await start();
    const events = plantedEvents(300, 9).map(({ user, at, amount }, place) => ({
      externalId: user,
      source: "shop",
      type: "order",
      occurredAt: new Date(at).toISOString(),
      eventId: String(place),
      amount,
    }));
    for (let from = 0; from < events.length; from += 10_000)
      await service.graph("mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }", {
        input: { events: events.slice(from, from + 10_000) },
      });
    await service.graph(
      `mutation { saveChurnDefinition(input: {key: "quick", kind: TRANSACTION, horizonDays: 30, lookbackDays: 90}) { errors { code } } }`,
    );
  }, 120_000);
  afterAll(async () => {
    await service?.end("SIGTERM");
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  const train = async () =>
    (
      await service.graph(
        `mutation { trainChurnModel(input: {definition: "quick", algorithm: RANDOM_FOREST}) { job { id } errors { message } } }`,
      )
    ).trainChurnModel.job.id as string;
  const models = async () => (await service.graph("{ churnModels { version state } }")).churnModels;
  async function until(id: string, reached: (job: any) => boolean): Promise<any> {
    for (const deadline = Date.now() + 90_000; Date.now() < deadline; ) {
      const { job } = await service.graph(JOB, { id });
      if (reached(job)) return job;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("The job did not come so far.");
  }

  test("is cancelled while it runs, and leaves no model", async () => {
    const id = await train();
    await until(id, ({ progress }) => progress > 0.2);
    await service.graph("mutation ($id: ID!) { cancelJob(id: $id) { job { state } } }", { id });
    expect(await until(id, ({ state }) => state === "CANCELLED")).toMatchObject({ error: { code: "CANCELLED" } });
    expect(await models()).toEqual([]);
  }, 120_000);

  test("is begun anew when its process was killed, and leaves one whole model", async () => {
    const id = await train();
    await until(id, ({ progress }) => progress > 0.2);
    await service.end("SIGKILL");
    service = await start();
    expect(await models()).toEqual([]);
    expect(await until(id, ({ state }) => state === "DONE" || state === "FAILED")).toEqual({
      state: "DONE",
      progress: 1,
      attempts: 2,
      error: null,
    });
    expect(await models()).toEqual([{ version: 1, state: "CHAMPION" }]);
  }, 180_000);
});
