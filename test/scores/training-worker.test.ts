import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import type { TrainingRequest, TrainingResult } from "../../src/scores/training.js";

// What the service starts: the compiled thread, which is there after a build.
const compiled = (file: string) => pathToFileURL(join(process.cwd(), "dist", "src", "scores", file));
const isAbsent = !existsSync(compiled("training.worker.js"));

describe.skipIf(isAbsent)("a training in a thread of its own", () => {
  const random = seededRandom(21);
  const rows = 400;
  const planted = Float64Array.from({ length: rows }, () => random() * 4 - 2);
  const request: TrainingRequest = {
    algorithms: ["LOGISTIC_REGRESSION", "DECISION_TREE"],
    features: ["planted", "noise"],
    columns: [planted, Float64Array.from({ length: rows }, random)],
    labels: Uint8Array.from(planted, (value) => (random() < 1 / (1 + Math.exp(-2 * value)) ? 1 : 0)),
    groups: Float64Array.from({ length: rows }, (_, row) => row),
    dates: new Uint8Array(rows),
    seed: 4,
    rules: [],
    recency: null,
  };

  test("tells its progress and gives the same bytes as in this thread", async () => {
    const told: number[] = [];
    const result = await new Promise<TrainingResult>((resolve, reject) => {
      const worker = new Worker(compiled("training.worker.js"), { workerData: request });
      worker.on("message", (message: { progress: number } | { result: TrainingResult }) => {
        if ("result" in message) resolve(message.result);
        else told.push(message.progress);
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("The thread ended without a result.")));
    });
    const { runTraining }: typeof import("../../src/scores/training.js") = await import(compiled("training.js").href);
    const here = runTraining(request, () => {});
    expect(Buffer.from(result.parameters).equals(here.parameters)).toBe(true);
    expect(result.outOfFold).toEqual(here.outOfFold);
    expect(result.evaluation).toEqual(here.evaluation);
    expect(result.evaluation.ranking[0]).toMatchObject({ key: "planted", direction: "RAISES" });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(3);
  });

  test("a training that cannot be ends the thread with its reason", async () => {
    const worker = new Worker(compiled("training.worker.js"), { workerData: { ...request, labels: new Uint8Array(rows) } });
    const error = await new Promise<unknown>((resolve) => worker.on("error", resolve));
    expect(error).toMatchObject({ message: expect.stringMatching("two users of each label") });
  });
});
