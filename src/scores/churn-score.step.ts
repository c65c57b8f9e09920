import { numberArray } from "../store/arrays.js";
import { copyIn, copyOut, instant, integers } from "../store/copy.js";
import type { Transaction } from "../store/pool.js";
import { type BatchOfUsers, batchOf } from "../tags/batch.js";
import { type TagCatalogue, tagCatalogue } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, churnDefinitions } from "./churn-definition.loader.js";
import { type Champion, fittedModel, readChampions } from "./churn-model.loader.js";
import { type FeatureRows, takeHeld, type Wanted } from "./feature.loader.js";
import { isEligible } from "./sample.loader.js";
import { predictProbabilities } from "./training.js";

/** Scores the given users, whom their marks lock, under every definition that has a champion, from the numbers stored at `asOf`; writes what changed. */
export async function scoreUsers(tx: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  const champions = await readChampions(tx);
  if (champions.length === 0) return;
  const definitions = await churnDefinitions(tx);
  const catalogue = await tagCatalogue(tx);
  const batch = batchOf(
    [...userIds].sort((a, b) => Number(a) - Number(b)),
    integers,
  );
  for (const champion of champions) {
    const definition = definitions.find(({ id }) => id === champion.definitionId)!;
    const model = await fittedModel(tx, champion);
    const stored = await readScores(tx, batch, definition.id);
    const wanted = { features: champion.features, words: model.words };
    const eligible = await readEligible(tx, { batch, definition, wanted, catalogue }, asOf);
    await writeScores(tx, { batch, champion, stored }, eligible.userIds, predictProbabilities(model, eligible.matrix), asOf);
  }
}

/** Scores of a batch by the users' places; a model of 0: none. */
interface StoredScores {
  readonly modelIds: Int32Array;
  readonly probabilities: Float64Array;
}

async function readScores({ client }: Transaction, batch: BatchOfUsers, definitionId: number): Promise<StoredScores> {
  const modelIds = new Int32Array(batch.userIds.length);
  const probabilities = new Float64Array(batch.userIds.length);
  await copyOut(
    client,
    `select user_id, model_id, probability from churn_score where ${batch.condition("user_id")} and definition_id = ${definitionId}`,
    (row) => {
      const place = batch.placeOf(row.int8(0));
      if (place < 0) return;
      modelIds[place] = row.int4(1);
      probabilities[place] = row.float8(2);
    },
  );
  return { modelIds, probabilities };
}

interface Asked {
  readonly batch: BatchOfUsers;
  readonly definition: ChurnDefinitionRow;
  readonly wanted: Wanted;
  readonly catalogue: TagCatalogue;
}

/** The model's features of those who are eligible, in no order. */
async function readEligible(tx: Transaction, { batch, definition, wanted, catalogue }: Asked, asOf: Date): Promise<FeatureRows> {
  const columns = wanted.features.map(() => new Float64Array(batch.userIds.length));
  const slots = wanted.features.map((key) => catalogue.byKey.get(key)?.slot ?? -1);
  const userIds: string[] = [];
  let line = new Float64Array(catalogue.bySlot.length);
  const { lookbackFrom } = windowsAt(definition, asOf);
  const eligible = isEligible(integers(definition.typeIds), instant(lookbackFrom), instant(asOf), batch.condition("d.user_id"));
  await copyOut(
    tx.client,
    `select m.user_id, m.numbers from user_metric m where ${batch.condition("m.user_id")} and ${eligible}`,
    (row) => {
      const place = batch.placeOf(row.int8(0));
      if (place < 0) return;
      const count = row.count(1);
      if (count > line.length) line = new Float64Array(count);
      row.float8s(1, line, 0);
      // A row of before the last tags were made is shorter.
      for (let column = 0; column < slots.length; column++) {
        const slot = slots[column]!;
        columns[column]![userIds.length] = slot >= 0 && slot < count ? line[slot]! : Number.NaN;
      }
      userIds.push(batch.userIds[place]!);
    },
  );
  const filled = columns.map((column) => column.subarray(0, userIds.length));
  await takeHeld(tx, catalogue, wanted, userIds, filled);
  return { userIds, matrix: { rows: userIds.length, columns: filled } };
}

interface Scored {
  readonly batch: BatchOfUsers;
  readonly champion: Champion;
  readonly stored: StoredScores;
}

/** Scores that are new go straight in, others are changed where they are, and those of users who are no longer eligible are dropped. */
async function writeScores(
  tx: Transaction,
  { batch, champion: { id, definitionId }, stored }: Scored,
  userIds: readonly string[],
  probabilities: Float64Array,
  asOf: Date,
): Promise<void> {
  const added: number[] = [];
  const changed: number[] = [];
  const isScored = new Uint8Array(batch.userIds.length);
  for (let row = 0; row < userIds.length; row++) {
    const place = batch.placeOf(Number(userIds[row]));
    isScored[place] = 1;
    if (stored.modelIds[place] === 0) added.push(row);
    else if (stored.modelIds[place] !== id || stored.probabilities[place] !== probabilities[row]) changed.push(row);
  }
  if (added.length > 0)
    await copyIn(
      tx.client,
      "churn_score (user_id, definition_id, model_id, probability, scored_at)",
      added.length,
      (row, index) => {
        row.int8(userIds[added[index]!]!);
        row.int4(definitionId);
        row.int4(id);
        row.float8(probabilities[added[index]!]!);
        row.epochMs(asOf.getTime());
      },
    );
  if (changed.length > 0)
    // Numbers leave as their shortest decimal that reads back as the same bits, so what is stored is what was predicted. Planned for
    // these very arrays and bounds: a plan for any takes them for ten rows, and compares all with all (10 s for 10,000).
    await tx.run(
      `update churn_score s set model_id = $2, probability = n.probability, scored_at = $3
       from unnest($4::bigint[], $5::double precision[]) as n (user_id, probability)
       where s.user_id = n.user_id and s.definition_id = $1 and s.user_id between $6::bigint and $7::bigint`,
      [
        definitionId,
        id,
        asOf,
        numberArray(changed.map((row) => userIds[row]!)),
        numberArray(changed.map((row) => probabilities[row]!)),
        batch.userIds[0],
        batch.userIds.at(-1),
      ],
    );
  const dropped = batch.userIds.filter((_, place) => stored.modelIds[place] !== 0 && isScored[place] === 0);
  if (dropped.length > 0)
    await tx.read("delete from churn_score where definition_id = $1 and user_id = any($2::bigint[])", [
      definitionId,
      numberArray(dropped),
    ]);
}
