import { createHash } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { RunningJob } from "../store/job.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import type { ChurnDefinitionRow } from "./churn-definition.loader.js";
import type { ModelSample } from "./churn-model.loader.js";
import { readImported } from "./import-model.js";
import { type SuspectedLeak, suspectedLeaks } from "./leak.js";
import { algorithmsOf, type TrainingOrder } from "./order.step.js";
import { alignColumns, isConstant, isSampled, shareThatFits, stack } from "./sample.js";
import { countCensored, readSample, type SampleRows } from "./sample.loader.js";
import type { TrainingRequest } from "./training.js";
import { codesOf, wordsOf } from "./words.js";

const FEWEST_USERS = 50;
const FEWEST_OF_EACH = 10;

export interface Assembled {
  readonly request: TrainingRequest;
  readonly sample: ModelSample;
  /** By key: those of the request, constant ones, and what the champion needs. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** Of those that are numbers of words, what they say: another model has other words. */
  readonly texts: ReadonlyMap<string, readonly (string | null)[]>;
  /** SHA-256 of users, dates, labels and features: the same sample shows it. */
  readonly dataFingerprint: string;
}

/** Features strictly before each date, labels strictly after it; several dates give a user several rows. */
export async function assemble(
  job: RunningJob,
  definition: ChurnDefinitionRow,
  order: TrainingOrder,
  championFeatures: readonly string[],
): Promise<Assembled> {
  const recencyKey = definition.kind === "TRANSACTION" ? "days_since_last_order" : "recency_days";
  const isKnown = (await tagCatalogue(job.pool)).definitions.has(recencyKey);
  const keys = [...new Set([...order.tags, ...championFeatures, ...(isKnown ? [recencyKey] : [])])];
  const dates = order.observationDates.map((date) => new Date(date));
  const { byKey } = await tagCatalogue(job.pool);
  const texts = new Map(keys.filter((key) => byKey.get(key)?.valueType === "TEXT").map((key) => [key, [] as (string | null)[]]));
  const parts: (SampleRows & { readonly place: number; readonly columns: readonly Float64Array[] })[] = [];
  const samples: SampleRows[] = [];
  for (const asOf of dates) samples.push(await readSample(job.pool, definition, asOf));
  const share = shareThatFits(
    samples.reduce((rows, { userIds }) => rows + userIds.length, 0),
    keys.length,
  );
  const among = (userId: number) => isSampled(userId, share);
  for (const [place, asOf] of dates.entries()) {
    job.signal.throwIfAborted();
    const { userIds, labels } = sampled(samples[place]!, share);
    const matrix = await tagMatrix(job.pool, { asOf, keys, among });
    const aligned = alignColumns(userIds, matrix.userIds, matrix.columns);
    for (const [j, key] of keys.entries()) {
      // A rule that cannot be decided is not held, and so it is stored.
      if (byKey.get(key)?.valueType === "BOOLEAN") aligned[j] = aligned[j]!.map((truth) => (truth === 1 ? 1 : 0));
      for (const id of texts.has(key) ? aligned[j]! : []) texts.get(key)!.push(Number.isNaN(id) ? null : matrix.texts.textOf(id));
    }
    parts.push({ userIds, labels, place, columns: aligned });
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
  const words = new Map([...texts].map(([key, said]) => [key, wordsOf(said)]));
  const columns = new Map(
    keys.map((key, j) => {
      const said = texts.get(key);
      return [key, said ? codesOf(said, words.get(key)!) : stack(parts.map((part) => part.columns[j]!))];
    }),
  );
  // A model by rules reads what its rules ask for, and nothing else.
  const asked = new Set(order.rules.flatMap(({ all }) => all.map(({ tag }) => tag)));
  const wanted = order.algorithm === "RULES" ? order.tags.filter((key) => asked.has(key)) : order.tags;
  // A foreign model has its columns, whatever they say here.
  const features = order.imported ? wanted : wanted.filter((key) => !isConstant(columns.get(key)!));
  if (features.length === 0)
    throw new TidemarkError("NO_SAMPLE", "Every one of the chosen tags has one value for all users; choose tags that differ.");
  const leaks = suspectedLeaks(
    features,
    features.map((key) => columns.get(key)!),
    labels,
    (key) => words.has(key),
  );
  refuseLeaks(leaks, order.allowLeaks ?? []);
  // A rule on a tag that says the same of everybody says nothing either.
  const rules = order.rules.filter(({ all }) => all.every(({ tag }) => features.includes(tag)));
  if (order.algorithm === "RULES" && rules.length === 0)
    throw new TidemarkError(
      "NO_SAMPLE",
      "Every rule asks for a tag that has one value for all users; give rules on tags that differ.",
    );
  return {
    request: {
      algorithms: order.imported
        ? ["IMPORTED"]
        : algorithmsOf(order.algorithm).filter((algorithm) => algorithm !== "RULES" || rules.length > 0),
      imported: order.imported ? readImported(order.imported, features.length) : null,
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
      ...(features.some((key) => words.has(key)) && { words: features.map((key) => words.get(key) ?? null) }),
      recency: columns.get(recencyKey) ?? null,
    },
    sample: {
      rows: labels.length,
      users,
      churned,
      observationDates: order.observationDates,
      share,
      constantTags: wanted.filter((key) => !features.includes(key)),
      rules,
      censoredDates: order.censoredDates ?? [],
      censoredUsers: await countCensored(job.pool, definition, dates, new Date(order.now)),
      allowedLeaks: leaks.map(({ key }) => key),
    },
    columns,
    texts,
    dataFingerprint: fingerprintOf({ features, dates: order.observationDates }, [
      groups,
      labels,
      ...features.map((key) => columns.get(key)!),
    ]),
  };
}

function sampled({ userIds, labels }: SampleRows, share: number): SampleRows {
  if (share >= 1) return { userIds, labels };
  const kept = (_: number, row: number) => isSampled(userIds[row]!, share);
  return { userIds: userIds.filter(kept), labels: labels.filter(kept) };
}

/** @throws TidemarkError LEAK_SUSPECTED, naming the tags */
function refuseLeaks(leaks: readonly SuspectedLeak[], allowed: readonly string[]): void {
  const refused = leaks.filter(({ key }) => !allowed.includes(key));
  if (refused.length === 0) return;
  const named = refused.map(({ key, auc }) => `${key} (AUC ${auc.toFixed(4)})`).join(", ");
  throw new TidemarkError(
    "LEAK_SUSPECTED",
    `Alone, ${named} tell${refused.length === 1 ? "s" : ""} almost perfectly who churned, as only what was known afterwards does: look for events that were written back to a date before. Leave such tags out with tags, or name them in allowLeaks if they really are known in time.`,
    { tags: refused.map(({ key }) => key) },
  );
}

function fingerprintOf(head: object, columns: readonly (Float64Array | Uint8Array)[]): string {
  const hash = createHash("sha256").update(JSON.stringify(head));
  for (const { buffer, byteOffset, byteLength } of columns) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}
