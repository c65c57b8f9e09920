import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { TidemarkError } from "../errors.js";
import { takeLabels, takeValues } from "../learn/matrix.js";
import { decodeModel } from "../learn/model-bytes.js";
import { COMPANY } from "../people/department.step.js";
import type { JobHandler, RunningJob } from "../store/job.js";
import type { Pool, Transaction } from "../store/pool.js";
import { driftSince } from "../tags/drift.js";
import { type Assembled, assemble } from "./assemble.step.js";
import { type ChurnDefinitionRow, churnDefinitions, definitionByKey } from "./churn-definition.loader.js";
import { type Champion, type ChurnModelRow, fittedModel, readChampions } from "./churn-model.loader.js";
import { codeVersion } from "./code-version.step.js";
import { currentFeatures } from "./current.loader.js";
import { type GateQuestion, judgePromotion, type Verdict } from "./gate.js";
import { compareLosses } from "./loss.js";
import type { TrainingOrder } from "./order.step.js";
import { markEverybody, promote, recordState } from "./promotion.step.js";
import { predictProbabilities, runTraining, type TrainingRequest, type TrainingResult } from "./training.js";
import { codesOf } from "./words.js";

export const TRAINING_JOB = "trainChurnModel";

/** From tags to a judged model: sample, train off the event loop, judge, and keep it in one transaction. */
export const trainingJob: JobHandler = {
  kind: TRAINING_JOB,
  async work(job) {
    const order = job.input as TrainingOrder;
    const definition = definitionByKey(await churnDefinitions(job.pool), order.definition);
    job.progress(0.02, "reading the sample");
    const champion = (await readChampions(job.pool)).find(({ definitionId }) => definitionId === definition.id);
    const assembled = await assemble(job, definition, order, champion?.features ?? []);
    const { request } = assembled;
    const result = await trainInWorker(request, job);
    const { evaluation } = result;
    const verdict = judgePromotion({
      promotion: order.promote,
      signal: evaluation.signal,
      signalSentence: evaluation.signalSentence,
      rows: evaluation.rows,
      calibrationError: evaluation.calibrationError,
      allowedLeaks: assembled.sample.allowedLeaks ?? [],
      champion: champion ? await compareWithChampion(job.pool, champion, assembled, result) : null,
      scorePsi: champion ? await scoreDrift(job.pool, champion, request, result) : null,
    });
    return async (tx) => {
      const by = order.by ?? "unknown";
      const at = new Date(order.now);
      const id = await storeModel(tx, definition, order, assembled, result, verdict);
      await recordState(tx, id, null, "CANDIDATE", { by, at, reason: `It was trained with the seed ${order.seed}.` });
      if (verdict.promoted) {
        await promote(tx, id, definition, { by, at, reason: verdict.reason });
        await markEverybody(tx, at);
        job.progress(0.95, "scoring everybody");
      }
      return { type: "ChurnModel", id: String(id) };
    };
  },
  async settle(job) {
    try {
      // Without marked users this does nothing, so a repeated call costs nothing.
      await job.advance();
    } catch (error) {
      // Somebody was carried further by another writer a moment ago: the marks stay, and the next pass of the pipeline takes them.
      if (!(error instanceof TidemarkError && error.code === "STALE_AS_OF")) throw error;
    }
  },
};

/** Beside the sample itself (see MOST_CELLS). A forest of 200 trees takes some 20 MB. */
const MOST_HEAP_MB = 1_024;

function outOfMemory(error: unknown): TidemarkError | undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY")) return undefined;
  return new TidemarkError(
    "TOO_COMPLEX",
    `The training took more than the ${MOST_HEAP_MB} MB that are given to one; choose fewer tags or observation dates.`,
  );
}

const WORKER = new URL("./training.worker.js", import.meta.url);

/**
 * Trains in a thread of its own, so that heartbeats go on and a cancelled training can be ended at once. Where this file runs
 * uncompiled (under the test runner) there is no such file, and the training runs right here.
 */
async function trainInWorker(request: TrainingRequest, job: RunningJob): Promise<TrainingResult> {
  const told = (progress: number, step: string) => job.progress(0.2 + 0.7 * progress, step);
  if (!existsSync(fileURLToPath(WORKER))) return runTraining(request, told);
  job.signal.throwIfAborted();
  const worker = new Worker(WORKER, { workerData: request, resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB } });
  const end = () => void worker.terminate();
  job.signal.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<TrainingResult>((resolve, reject) => {
      worker.on("message", (message: { progress: number; step: string } | { result: TrainingResult }) => {
        if ("result" in message) resolve(message.result);
        else told(message.progress, message.step);
      });
      worker.on("error", (error) => reject(outOfMemory(error) ?? error));
      worker.on("exit", () => reject(job.signal.reason ?? new Error("The training thread ended without a result.")));
    });
  } finally {
    job.signal.removeEventListener("abort", end);
    await worker.terminate();
  }
}

/**
 * The champion on the rows of the last date, against models that have seen neither their users nor that date; with a single date, on all
 * rows against models that have not seen their users. Where the champion was trained on them it is flattered, which the verdict says.
 */
async function compareWithChampion(
  pool: Pool,
  champion: Champion,
  { request: { labels }, sample, columns, texts }: Assembled,
  { later, outOfFold }: TrainingResult,
): Promise<GateQuestion["champion"]> {
  const rows = later?.rows ?? Int32Array.from(labels.keys());
  const model = await fittedModel(pool, champion);
  const theirs = predictProbabilities(model, {
    rows: rows.length,
    columns: champion.features.map((key, column) => {
      const words = model.words?.[column];
      return takeValues(words ? codesOf(texts.get(key)!, words) : columns.get(key)!, rows);
    }),
  });
  const comparison = compareLosses(later?.probabilities ?? outOfFold, theirs, takeLabels(labels, rows));
  const latest = (dates: readonly string[]) => Math.max(...dates.map(Date.parse));
  const isFlattered = latest(champion.observationDates) >= latest(sample.observationDates);
  return { version: champion.version, rows: rows.length, isLater: later !== null, isFlattered, ...comparison };
}

/** How far the users whom the champion scores today are from those of the sample's last date, by the new model; null without any. */
async function scoreDrift(
  pool: Pool,
  { definitionId }: Champion,
  { features, words }: TrainingRequest,
  { parameters, evaluation }: TrainingResult,
): Promise<number | null> {
  const { matrix } = await currentFeatures(pool, definitionId, { features, words });
  if (matrix.rows === 0 || !evaluation.reference) return null;
  return driftSince(evaluation.reference.score, predictProbabilities(decodeModel(parameters), matrix));
}

async function storeModel(
  tx: Transaction,
  definition: ChurnDefinitionRow,
  order: TrainingOrder,
  { sample, request, dataFingerprint }: Assembled,
  { algorithm, parameters, evaluation }: TrainingResult,
  promotion: Verdict,
): Promise<number> {
  // Two trainings of one definition that end together take their version numbers in turn.
  await tx.read("select from churn_definition where id = $1 for update", [definition.id]);
  const rows = await tx.read<Pick<ChurnModelRow, "id">>(
    `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint, code_version, data_fingerprint, department)
     select $1, coalesce(max(version), 0) + 1, 'CANDIDATE', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from churn_model where definition_id = $1
     returning id`,
    [
      definition.id,
      algorithm,
      request.features,
      order.seed,
      new Date(order.now),
      JSON.stringify(sample),
      JSON.stringify({ ...evaluation, promotion }),
      Buffer.from(parameters),
      createHash("sha256").update(parameters).digest("hex"),
      codeVersion(),
      dataFingerprint,
      order.department ?? COMPANY,
    ],
  );
  return rows[0]!.id;
}
