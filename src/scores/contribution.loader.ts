import { TidemarkError } from "../errors.js";
import { contributions } from "../learn/model.js";
import type { RequestContext } from "../request.js";
import { catalogueOf } from "../tags/tag.loader.js";
import { chosenDefinition, definitionsOfRequest } from "./churn-definition.loader.js";
import { type ChurnModelRow, fittedModel, modelById, readChampions } from "./churn-model.loader.js";
import { matrixOf } from "./feature.loader.js";
import { type RankedTag, rankTags } from "./ranking.js";

export interface PopulationRank extends RankedTag {
  /** Over how many users. */
  readonly users: number;
}

export interface RankingQuestion {
  /** The champion of the default definition when left out. */
  readonly modelId?: number | null;
  /** The population; all who are scored under the model's definition when left out. */
  readonly userIds?: readonly string[] | null;
  readonly first: number;
}

/** The order of tags settles long before: over 5,000 users a mean's standard error is 1.4 % of its spread. */
const MOST_USERS = 5_000;

/**
 * Which tags move the scores of a population: a sample of it by a hash of the user, so that the same question gets the same
 * answer. Users without a score under the model's definition do not count.
 */
export async function contributionRanking(
  context: RequestContext,
  { modelId, userIds, first }: RankingQuestion,
): Promise<PopulationRank[]> {
  const { pool } = context.store;
  const model = await chosenModel(context, modelId);
  const rows = await pool.read<{ userId: string; numbers: Buffer }>(
    `select m.user_id as "userId", array_send(m.numbers) as numbers
     from (select s.user_id from churn_score s where s.definition_id = $1 and ($2::bigint[] is null or s.user_id = any($2))
           order by hashint8extended(s.user_id, 1) limit ${MOST_USERS}) s
     join user_metric m on m.user_id = s.user_id order by m.user_id`,
    [model.definitionId, userIds ?? null],
  );
  const { matrix } = matrixOf(await catalogueOf(context)(), model.features, rows);
  const ranked = rankTags(model.features, matrix.columns, contributions(await fittedModel(pool, model), matrix));
  return ranked.slice(0, first).map((tag) => ({ ...tag, users: matrix.rows }));
}

async function chosenModel(context: RequestContext, modelId: number | null | undefined): Promise<ChurnModelRow> {
  const id = modelId ?? (await defaultChampionId(context));
  const model = await modelById(context).load(id);
  if (!model) throw new TidemarkError("NOT_FOUND", "There is no churn model with that id.");
  return model;
}

async function defaultChampionId(context: RequestContext): Promise<number> {
  const definition = chosenDefinition(await definitionsOfRequest(context), null);
  const champion = (await readChampions(context.store.pool)).find(({ definitionId }) => definitionId === definition.id);
  if (!champion)
    throw new TidemarkError(
      "NO_CHAMPION",
      `No model of ${definition.key} has been promoted yet; train one with trainChurnModel.`,
    );
  return champion.id;
}
