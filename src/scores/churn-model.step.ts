import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { TidemarkError } from "../errors.js";
import type { Algorithm as Trainable } from "../learn/model.js";
import type { JobHandler, RunningJob } from "../store/job.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import { standardObservationDates, windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, censored, churnDefinitions, dataSpan, definitionByKey } from "./churn-definition.loader.js";
import { makeDefaultDefinition } from "./churn-definition.step.js";
import type { Algorithm } from "./churn-model.entity.js";
import { type Champion, type ChurnModelRow, fittedModel, type ModelSample, readChampions } from "./churn-model.loader.js";
import { type ChurnRule, MOST_RULES, MOST_TESTS, standardRules } from "./rule.js";
import { alignColumns, isConstant, stack } from "./sample.js";
import { readSample, type SampleRows } from "./sample.loader.js";
import {
  compareLosses,
  predictProbabilities,
  runTraining,
  TRAINABLE,
  type TrainingRequest,
  type TrainingResult,
} from "./training.js";

export const PROMOTIONS = ["IF_BETTER", "NEVER", "ALWAYS"] as const;
export type Promotion = (typeof PROMOTIONS)[number];

/** What is asked for, checked at the door. Stored as the job's input. */
export interface TrainingOrder {
  readonly definition: string;
  readonly algorithm: Algorithm;
  /** Keys of METRIC tags. */
  readonly tags: readonly string[];
  /** ISO instants. */
  readonly observationDates: readonly string[];
  readonly promote: Promotion;
  readonly seed: number;
  /** Of RULES; the standard ones where none were given. */
  readonly rules: readonly ChurnRule[];
  /** The instant that counts as now, ISO. */
  readonly now: string;
}

export const TRAINING_JOB = "trainChurnModel";
const FEWEST_USERS = 50;
const FEWEST_OF_EACH = 10;
const MOST_OBSERVATION_DATES = 24;

/** From tags to a judged model: sample, train off the event loop, judge, and keep it in one transaction. */
export const trainingJob: JobHandler = {
  kind: TRAINING_JOB,
  async work(job) {
    const order = job.input as TrainingOrder;
    const definition = definitionByKey(await churnDefinitions(job.pool), order.definition);
    job.progress(0.02, "reading the sample");
    const champion = (await readChampions(job.pool)).find(({ definitionId }) => definitionId === definition.id);
    const { request, sample, columns } = await assemble(job, definition, order, champion?.features ?? []);
    const result = await trainInWorker(request, job);
    const comparison = champion ? await compareWithChampion(job.pool, champion, columns, request.labels, result) : null;
    const verdict = judgePromotion(order.promote, result, comparison);
    return async (tx) => {
      const id = await storeModel(tx, definition, order, sample, request.features, result, verdict);
      if (verdict.promoted) {
        await promote(tx, id, definition);
        await markEverybody(tx, new Date(order.now));
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

/** What somebody asks for; what is left out is filled in. */
export interface TrainingWish {
  readonly template?: string | null;
  readonly definition?: string | null;
  readonly tags?: readonly string[] | null;
  readonly algorithm?: Algorithm | null;
  readonly observationDates?: readonly Date[] | null;
  readonly promote?: Promotion | null;
  readonly seed?: number | null;
  readonly rules?: readonly ChurnRule[] | null;
}

/** Checks a wish at the door. @throws TidemarkError saying what is wrong with it */
export async function orderOf(session: Session, wish: TrainingWish, now: Date): Promise<TrainingOrder> {
  const key = wish.definition ?? wish.template;
  if (!key || (wish.definition && wish.template))
    throw new TidemarkError("BAD_INPUT", `Name either a template or a definition; template: "retail" is a good beginning.`);
  const definition = definitionByKey(await churnDefinitions(session), key);
  const algorithm = wish.algorithm ?? "BEST";
  algorithmsOf(algorithm);
  const dates = await observationDates(session, definition, wish.observationDates, now);
  if (dates.length > MOST_OBSERVATION_DATES)
    throw new TidemarkError(
      "BAD_INPUT",
      `There are ${dates.length} observation dates; at most ${MOST_OBSERVATION_DATES} are taken.`,
    );
  const asked = checkedRules(wish.rules, algorithm);
  const chosen = wish.tags?.length ? [...wish.tags, ...asked.flatMap(({ all }) => all.map(({ tag }) => tag))] : wish.tags;
  const tags = await featureKeys(session, chosen);
  const foreign = asked.flatMap(({ all }) => all).find(({ tag }) => !tags.includes(tag));
  if (foreign)
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `rules: there is no METRIC tag ${JSON.stringify(foreign.tag.slice(0, 60))} in use; see the query tags for those that there are.`,
    );
  const rules = asked.length > 0 ? asked : standardRules(definition, tags);
  if (algorithm === "RULES" && rules.length === 0)
    throw new TidemarkError(
      "BAD_INPUT",
      "The standard rules ask for tags that were not chosen; give rules of your own, or leave tags out.",
    );
  return {
    definition: definition.key,
    algorithm,
    tags,
    rules,
    observationDates: dates.map((date) => date.toISOString()),
    promote: wish.promote ?? "IF_BETTER",
    seed: wish.seed ?? 1,
    now: now.toISOString(),
  };
}

function checkedRules(rules: readonly ChurnRule[] | null | undefined, algorithm: Algorithm): readonly ChurnRule[] {
  if (!rules?.length) return [];
  if (algorithm !== "RULES" && algorithm !== "BEST")
    throw new TidemarkError(
      "BAD_INPUT",
      `rules are counted by the algorithm RULES, not by ${algorithm}; leave them out, or ask for RULES or BEST.`,
    );
  const wrong = rules.findIndex(
    ({ all, points }) => all.length === 0 || all.length > MOST_TESTS || !Number.isFinite(points) || points === 0,
  );
  if (rules.length > MOST_RULES || wrong >= 0)
    throw new TidemarkError(
      "BAD_INPUT",
      `${wrong >= 0 ? `rules[${wrong}]` : `rules has ${rules.length}`}: a model has at most ${MOST_RULES} rules, each of 1 to ${MOST_TESTS} tests and with points other than 0.`,
    );
  return rules;
}

/** Keys of the tags to learn from: the chosen ones, else every active METRIC tag. */
async function featureKeys(session: Session, chosen: readonly string[] | null | undefined): Promise<string[]> {
  const { tags, byKey } = await tagCatalogue(session);
  if (!chosen?.length) return tags.filter(({ kind, state }) => kind === "METRIC" && state === "ACTIVE").map(({ key }) => key);
  for (const key of chosen) {
    const tag = byKey.get(key);
    if (!tag)
      throw new TidemarkError(
        "UNKNOWN_TAG",
        `There is no tag ${JSON.stringify(key.slice(0, 60))}; see the query tags for those that there are.`,
      );
    if (tag.kind !== "METRIC")
      throw new TidemarkError(
        "BAD_INPUT",
        `The tag ${key} is of the kind ${tag.kind}; a model can only learn from METRIC tags, whose value at a past date is known exactly.`,
      );
  }
  return [...new Set(chosen)];
}

/** Which algorithms are tried. @throws TidemarkError BAD_INPUT, naming those that there are */
function algorithmsOf(algorithm: Algorithm): readonly Trainable[] {
  if (algorithm === "BEST") return TRAINABLE;
  const found = TRAINABLE.find((each) => each === algorithm);
  if (found) return [found];
  throw new TidemarkError(
    "BAD_INPUT",
    `${algorithm} cannot be trained yet; choose ${TRAINABLE.join(", ")} or BEST (tries them all).`,
  );
}

/** The observation dates that are to be used, the earliest first; those of the template when none is named. */
async function observationDates(
  session: Session,
  definition: ChurnDefinitionRow,
  wanted: readonly Date[] | null | undefined,
  now: Date,
): Promise<Date[]> {
  const span = await dataSpan(session, definition, now);
  const dates = wanted?.length ? [...wanted] : span ? standardObservationDates(definition, span.first, span.end) : [now];
  dates.sort((a, b) => a.getTime() - b.getTime());
  for (const date of dates) {
    const reason = censored(definition, windowsAt(definition, date), span?.end);
    if (reason !== null) throw new TidemarkError("NO_SAMPLE", reason);
  }
  return dates.filter((date, i) => date.getTime() !== dates[i - 1]?.getTime());
}

/** Makes a model the one that serves; what served before is retired. The first definition with a champion becomes the default. */
export async function promote(tx: Transaction, id: number, definition: Pick<ChurnDefinitionRow, "id" | "key">): Promise<void> {
  await tx.read(
    `update churn_model set state = case when id = $1 then 'CHAMPION' else 'RETIRED' end
     where definition_id = $2 and (id = $1 or state = 'CHAMPION')`,
    [id, definition.id],
  );
  const defaults = await tx.read("select from churn_definition where is_default");
  if (defaults.length === 0) await makeDefaultDefinition(tx, definition.key);
}

/** Has the pipeline carry everybody forward: scores and tiers follow the model. */
export async function markEverybody(session: Session, now: Date): Promise<void> {
  await session.read("insert into user_change (user_id, marked_at) select id, $1 from app_user on conflict do nothing", [now]);
}

interface Assembled {
  readonly request: TrainingRequest;
  readonly sample: ModelSample;
  /** By key: those of the request, constant ones, and what the champion needs. */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** Features strictly before each date, labels strictly after it; several dates give a user several rows. */
async function assemble(
  job: RunningJob,
  definition: ChurnDefinitionRow,
  order: TrainingOrder,
  championFeatures: readonly string[],
): Promise<Assembled> {
  const keys = [...new Set([...order.tags, ...championFeatures])];
  const dates = order.observationDates.map((date) => new Date(date));
  const parts: (SampleRows & { readonly place: number; readonly columns: readonly Float64Array[] })[] = [];
  for (const [place, asOf] of dates.entries()) {
    job.signal.throwIfAborted();
    const { userIds, labels } = await readSample(job.pool, definition, asOf);
    const matrix = await tagMatrix(job.pool, { asOf, keys });
    parts.push({ userIds, labels, place, columns: alignColumns(userIds, matrix.userIds, matrix.columns) });
    job.progress(0.02 + (0.18 * (place + 1)) / dates.length, "reading the sample");
  }
  const groups = stack(parts.map(({ userIds }) => userIds));
  const labels = Uint8Array.from(parts.flatMap((part) => [...part.labels]));
  const churned = labels.reduce((sum, label) => sum + label, 0);
  const users = new Set(groups).size;
  if (users < FEWEST_USERS || churned < FEWEST_OF_EACH || labels.length - churned < FEWEST_OF_EACH) {
    throw new TidemarkError(
      "NO_SAMPLE",
      `At ${order.observationDates.join(", ")} there are ${users} eligible users, of whom ${churned} rows churned; a model needs at least ${FEWEST_USERS} users and ${FEWEST_OF_EACH} rows of either outcome. Choose other dates or another churn definition.`,
    );
  }
  const columns = new Map(keys.map((key, j) => [key, stack(parts.map((part) => part.columns[j]!))]));
  // A model by rules reads what its rules ask for, and nothing else.
  const asked = new Set(order.rules.flatMap(({ all }) => all.map(({ tag }) => tag)));
  const wanted = order.algorithm === "RULES" ? order.tags.filter((key) => asked.has(key)) : order.tags;
  const features = wanted.filter((key) => !isConstant(columns.get(key)!));
  if (features.length === 0)
    throw new TidemarkError("NO_SAMPLE", "Every one of the chosen tags has one value for all users; choose tags that differ.");
  // A rule on a tag that says the same of everybody says nothing either.
  const rules = order.rules.filter(({ all }) => all.every(({ tag }) => features.includes(tag)));
  if (order.algorithm === "RULES" && rules.length === 0)
    throw new TidemarkError(
      "NO_SAMPLE",
      "Every rule asks for a tag that has one value for all users; give rules on tags that differ.",
    );
  return {
    request: {
      algorithms: algorithmsOf(order.algorithm).filter((algorithm) => algorithm !== "RULES" || rules.length > 0),
      rules: rules.map(({ all, points }) => ({
        all: all.map(({ tag, op, value }) => ({ column: features.indexOf(tag), op, value })),
        points,
      })),
      features,
      columns: features.map((key) => columns.get(key)!),
      labels,
      groups,
      dates: Uint8Array.from(parts.flatMap(({ userIds, place }) => new Array<number>(userIds.length).fill(place))),
      seed: order.seed,
    },
    sample: {
      rows: labels.length,
      users,
      churned,
      observationDates: order.observationDates,
      constantTags: wanted.filter((key) => !features.includes(key)),
      rules,
    },
    columns,
  };
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
  const worker = new Worker(WORKER, { workerData: request });
  const end = () => void worker.terminate();
  job.signal.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<TrainingResult>((resolve, reject) => {
      worker.on("message", (message: { progress: number; step: string } | { result: TrainingResult }) => {
        if ("result" in message) resolve(message.result);
        else told(message.progress, message.step);
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(job.signal.reason ?? new Error("The training thread ended without a result.")));
    });
  } finally {
    job.signal.removeEventListener("abort", end);
    await worker.terminate();
  }
}

interface Comparison {
  readonly version: number;
  /** The mean log-loss saved against the champion on the same rows, and its standard error. */
  readonly saved: number;
  readonly standardError: number;
}

/** The champion on the very rows. Where it was trained on them it is flattered, so a tie keeps it. */
async function compareWithChampion(
  pool: Pool,
  champion: Champion,
  columns: ReadonlyMap<string, Float64Array>,
  labels: Uint8Array,
  { outOfFold }: TrainingResult,
): Promise<Comparison> {
  const model = await fittedModel(pool, champion);
  const rows = { rows: labels.length, columns: champion.features.map((key) => columns.get(key)!) };
  return { version: champion.version, ...compareLosses(outOfFold, predictProbabilities(model, rows), labels) };
}

export interface Verdict {
  readonly promoted: boolean;
  readonly reason: string;
}

/** A one-sided 95 %: better by more than noise. */
const Z95_ONE_SIDED = 1.645;

/** Whether a model is to serve. One without a signal never does: its tiers would be the overall share for everybody. */
export function judgePromotion(
  promotion: Promotion,
  { evaluation }: Pick<TrainingResult, "evaluation">,
  comparison: Comparison | null,
): Verdict {
  if (!evaluation.signal) return { promoted: false, reason: evaluation.signalSentence };
  if (promotion === "NEVER") return { promoted: false, reason: "It was asked not to be promoted." };
  if (promotion === "ALWAYS") return { promoted: true, reason: "It was asked to be promoted." };
  if (!comparison) return { promoted: true, reason: "It is the first model of its definition with a usable signal." };
  const { version, saved, standardError } = comparison;
  const figures = `it saves ${saved.toFixed(4)} of the log-loss of version ${version} on the same rows, with a standard error of ${standardError.toFixed(4)}`;
  return saved > Z95_ONE_SIDED * standardError
    ? { promoted: true, reason: `It is better than the champion by more than noise: ${figures}.` }
    : { promoted: false, reason: `It is not better than the champion by more than noise: ${figures}.` };
}

async function storeModel(
  tx: Transaction,
  definition: ChurnDefinitionRow,
  order: TrainingOrder,
  sample: ModelSample,
  features: readonly string[],
  { algorithm, parameters, evaluation }: TrainingResult,
  promotion: Verdict,
): Promise<number> {
  // Two trainings of one definition that end together take their version numbers in turn.
  await tx.read("select from churn_definition where id = $1 for update", [definition.id]);
  const rows = await tx.read<Pick<ChurnModelRow, "id">>(
    `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint)
     select $1, coalesce(max(version), 0) + 1, 'CANDIDATE', $2, $3, $4, $5, $6, $7, $8, $9 from churn_model where definition_id = $1
     returning id`,
    [
      definition.id,
      algorithm,
      features,
      order.seed,
      new Date(order.now),
      JSON.stringify(sample),
      JSON.stringify({ ...evaluation, promotion }),
      Buffer.from(parameters),
      createHash("sha256").update(parameters).digest("hex"),
    ],
  );
  return rows[0]!.id;
}
