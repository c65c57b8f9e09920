import { assert, TidemarkError } from "./errors.js";
import { jobs } from "./jobs.js";
import { advance } from "./pipeline.js";
import { readEvaluatedModel } from "./scores/churn-model.loader.js";
import { TRAINING_JOB } from "./scores/churn-model.step.js";
import { modelReport } from "./scores/model-report.js";
import { orderOf, type TrainingWish } from "./scores/order.step.js";
import { enqueue, jobById, runQueuedJobs } from "./store/job.js";
import type { Store } from "./store/store.js";

const POLL_MS = 500;

/** Trains by the same job that the API starts, waits for it, and gives what came out as lines to be read. */
export async function trainNow(
  store: Store,
  wish: TrainingWish & { readonly now: Date },
  report: (text: string, done: number, total: number) => void,
): Promise<string[]> {
  const { pool } = store;
  const order = await orderOf(pool, wish, wish.now, "command line");
  const { id } = await enqueue(pool, TRAINING_JOB, order);
  const watch = setInterval(async () => {
    const job = await jobById(pool, id).catch(() => undefined);
    if (job?.state === "RUNNING") report(job.step ?? "training", job.progress, 1);
  }, POLL_MS);
  try {
    await runQueuedJobs(pool, jobs, { advance: async () => void (await advance(pool, wish.now)) });
  } finally {
    clearInterval(watch);
  }
  const job = await jobById(pool, id);
  if (job?.error) throw new TidemarkError(job.error.code as TidemarkError["code"], job.error.message);
  const model = await readEvaluatedModel(pool, Number(job?.result?.id));
  assert(model, "a training that is done has a model");
  return modelReport(model);
}
