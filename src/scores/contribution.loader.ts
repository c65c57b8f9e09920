import { setImmediate } from "node:timers/promises";
import { TidemarkError } from "../errors.js";
import { type Matrix, takeRows } from "../learn/matrix.js";
import { contributions, type FittedModel } from "../learn/model.js";
import type { Contributions } from "../learn/tree-shap.js";
import type { RequestContext } from "../request.js";
import { catalogueOf, wholeCatalogueOf } from "../tags/tag.loader.js";
import { chosenDefinition, definitionsOfRequest } from "./churn-definition.loader.js";
import {
  type ChurnModelRow,
  evaluationById,
  fittedModel,
  modelById,
  readChampions,
  refuseHiddenModel,
} from "./churn-model.loader.js";
import { matrixOf } from "./feature.loader.js";
import { type RankedTag, rankGroups, rankTags, withoutOrder } from "./ranking.js";
import { MOST_RANKED_ROWS } from "./training.js";

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
  /** Tags that say much the same stand together. */
  readonly grouped?: boolean;
}

/** Rows explained at one go: between them other requests have their turn (a forest takes some 70 ms for 50). */
const PIECE_ROWS = 50;

/**
 * Which tags move the scores of a population: a sample of it by a hash of the user, so that the same question gets the same
 * answer. Users without a score under the model's definition do not count.
 */
export async function contributionRanking(
  context: RequestContext,
  { modelId, userIds, first, grouped = false }: RankingQuestion,
): Promise<PopulationRank[]> {
  const { pool } = context.store;
  const model = await chosenModel(context, modelId);
  const fitted = await fittedModel(pool, model);
  const rows = await pool.read<{ userId: string; numbers: Buffer }>(
    `select m.user_id as "userId", array_send(m.numbers) as numbers
     from (select s.user_id from churn_score s where s.definition_id = $1 and ($2::bigint[] is null or s.user_id = any($2))
           order by hashint8extended(s.user_id, 1) limit $3) s
     join user_metric m on m.user_id = s.user_id order by m.user_id`,
    [model.definitionId, userIds ?? null, MOST_RANKED_ROWS[fitted.algorithm]],
  );
  const wanted = { features: model.features, words: fitted.words };
  const { matrix } = await matrixOf(pool, await wholeCatalogueOf(context)(), wanted, rows);
  const moved = await explainInPieces(fitted, matrix);
  const isWords = (key: string) => Boolean(fitted.words?.[model.features.indexOf(key)]);
  const evaluation = await evaluationById(context).load(model.id);
  // What the model loses without a tag was tried once, on users held out; so its groups are those of the training, whatever the population.
  const groups = evaluation?.groups;
  const known = groups?.map(({ key, keys }) => keys ?? [key]);
  const ranked = withoutOrder(
    grouped ? rankGroups(model.features, matrix.columns, moved, known) : rankTags(model.features, matrix.columns, moved),
    isWords,
  );
  const lost = new Map((grouped ? groups : evaluation?.ranking)?.map(({ key, aucLost }) => [key, aucLost]));
  return (await shownRanks(context, ranked)).slice(0, first).map((tag) => {
    const aucLost = lost.get(tag.key);
    return { ...tag, ...(aucLost === undefined ? {} : { aucLost }), users: matrix.rows };
  });
}

/** Without tags that the viewer may not read; the others keep their rank and share. */
export async function shownRanks<T extends { readonly key: string }>(
  context: RequestContext,
  ranked: readonly T[],
): Promise<T[]> {
  const { byKey } = await catalogueOf(context)();
  return ranked.filter(({ key }) => byKey.has(key));
}

async function explainInPieces(model: FittedModel, matrix: Matrix): Promise<Contributions> {
  const values = matrix.columns.map(() => new Float64Array(matrix.rows));
  let base = 0;
  for (let start = 0; start < matrix.rows; start += PIECE_ROWS) {
    const rows = Int32Array.from({ length: Math.min(PIECE_ROWS, matrix.rows - start) }, (_, i) => start + i);
    const piece = contributions(model, takeRows(matrix, rows));
    base = piece.base;
    for (const [j, column] of piece.values.entries()) values[j]!.set(column, start);
    await setImmediate();
  }
  return { base, values };
}

async function chosenModel(context: RequestContext, modelId: number | null | undefined): Promise<ChurnModelRow> {
  const id = modelId ?? (await defaultChampionId(context));
  const model = await modelById(context).load(id);
  if (!model) throw new TidemarkError("NOT_FOUND", "There is no churn model with that id.");
  await refuseHiddenModel(context, model);
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
