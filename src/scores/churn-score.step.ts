import type { Session, Transaction } from "../store/pool.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, churnDefinitions } from "./churn-definition.loader.js";
import { type Champion, fittedModel, readChampions } from "./churn-model.loader.js";
import { matrixOf } from "./feature.loader.js";
import { ELIGIBLE } from "./sample.loader.js";
import { predictProbabilities } from "./training.js";

/** Scores the given users under every definition that has a champion, from the numbers stored at `asOf`; writes what changed. */
export async function scoreUsers(tx: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  const champions = await readChampions(tx);
  if (champions.length === 0) return;
  const definitions = await churnDefinitions(tx);
  for (const champion of champions) {
    const definition = definitions.find(({ id }) => id === champion.definitionId)!;
    await scoreUnder(tx, champion, definition, userIds, asOf);
  }
}

async function scoreUnder(
  tx: Transaction,
  champion: Champion,
  definition: ChurnDefinitionRow,
  userIds: readonly string[],
  asOf: Date,
): Promise<void> {
  const rows = await tx.read<{ userId: string; numbers: Buffer }>(
    `select m.user_id as "userId", array_send(m.numbers) as numbers from user_metric m where m.user_id = any($1) and exists (${ELIGIBLE})`,
    [userIds, definition.typeIds, windowsAt(definition, asOf).lookbackFrom, asOf],
  );
  const model = await fittedModel(tx, champion);
  const wanted = { features: champion.features, words: model.words };
  const eligible = await matrixOf(tx, await tagCatalogue(tx), wanted, rows);
  const probabilities = predictProbabilities(model, eligible.matrix);
  await writeScores(tx, champion, eligible.userIds, probabilities, asOf);
  const scored = new Set(eligible.userIds);
  const others = userIds.filter((id) => !scored.has(id));
  if (others.length > 0)
    await tx.read("delete from churn_score where definition_id = $1 and user_id = any($2)", [definition.id, others]);
}

async function writeScores(
  session: Session,
  { id, definitionId }: Champion,
  userIds: readonly string[],
  probabilities: Float64Array,
  asOf: Date,
): Promise<void> {
  if (userIds.length === 0) return;
  // Numbers leave as their shortest decimal that reads back as the same bits, so what is stored is what was predicted.
  await session.read(
    `insert into churn_score as s (user_id, definition_id, model_id, probability, scored_at)
     select n.user_id, $1::int, $2::int, n.probability, $3::timestamptz
     from unnest($4::bigint[], $5::double precision[]) as n (user_id, probability)
     on conflict (user_id, definition_id) do update set model_id = excluded.model_id, probability = excluded.probability, scored_at = excluded.scored_at
     where (s.model_id, s.probability) is distinct from (excluded.model_id, excluded.probability)`,
    [definitionId, id, asOf, userIds, Array.from(probabilities)],
  );
}
