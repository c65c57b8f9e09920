import DataLoader from "dataloader";
import { sigmoid } from "../learn/logistic.js";
import { contributions, type FittedModel } from "../learn/model.js";
import { perRequest, type RequestContext } from "../request.js";
import { settingsOf } from "../store/setting.js";
import { wholeCatalogueOf } from "../tags/tag.loader.js";
import { tagStateByUser } from "../tags/tag-state.loader.js";
import { chosenDefinition, definitionsOfRequest } from "./churn-definition.loader.js";
import { fittedModel, mayReadModel, modelById } from "./churn-model.loader.js";
import type { UsualGaps } from "./factor.js";
import { takeHeld } from "./feature.loader.js";

export interface ScoreRow {
  readonly userId: string;
  readonly definitionId: number;
  readonly modelId: number;
  readonly probability: number;
  readonly scoredAt: Date;
}

/** The score of a user under a definition. One statement for a batch, however many definitions it asks for. */
const scoreLoader = perRequest(
  (context) =>
    new DataLoader<{ userId: string; definitionId: number }, ScoreRow | null, string>(
      async (keys) => {
        const rows = await context.store.pool.lookup<ScoreRow>(
          `select user_id as "userId", definition_id as "definitionId", model_id as "modelId", probability, scored_at as "scoredAt"
           from churn_score where user_id = any($1) and definition_id = any($2)`,
          [[...new Set(keys.map(({ userId }) => userId))], [...new Set(keys.map(({ definitionId }) => definitionId))]],
        );
        const hidden = await hiddenModels(context, new Set(rows.map(({ modelId }) => modelId)));
        const shown = rows.filter(({ modelId }) => !hidden.has(modelId));
        const byKey = new Map(shown.map((row) => [`${row.definitionId}:${row.userId}`, row]));
        return keys.map(({ userId, definitionId }) => byKey.get(`${definitionId}:${userId}`) ?? null);
      },
      { cacheKeyFn: ({ userId, definitionId }) => `${definitionId}:${userId}` },
    ),
);

/** Models whose scores are not shown to the viewer: none, and without a statement, as long as all are PUBLIC. */
async function hiddenModels(context: RequestContext, ids: ReadonlySet<number>): Promise<ReadonlySet<number>> {
  const hidden = new Set<number>();
  if ((await settingsOf(context).read()).models === undefined) return hidden;
  for (const id of ids) {
    const model = await modelById(context).load(id);
    if (model && !(await mayReadModel(context, model))) hidden.add(id);
  }
  return hidden;
}

/** The score of a user under the named definition, or the default one. */
export async function scoreOf(context: RequestContext, userId: string, definition?: string | null): Promise<ScoreRow | null> {
  const { id } = chosenDefinition(await definitionsOfRequest(context), definition);
  return scoreLoader(context).load({ userId, definitionId: id });
}

/** The scores of a user under every definition that has one for them, the default definition first. */
export async function scoresOf(context: RequestContext, userId: string): Promise<ScoreRow[]> {
  const definitions = await definitionsOfRequest(context);
  const inOrder = definitions.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || a.id - b.id);
  const scores = await Promise.all(inOrder.map(({ id }) => scoreLoader(context).load({ userId, definitionId: id })));
  return scores.filter((score) => score !== null);
}

export interface Explanation {
  readonly features: readonly string[];
  readonly baseLogOdds: number;
  readonly logOdds: number;
  readonly probability: number;
  /** One for each feature; NaN where the user has none. */
  readonly values: readonly number[];
  /** Of those that are numbers of words, the words. */
  readonly words: FittedModel["words"];
  /** In log-odds; with the base they sum to logOdds. */
  readonly contributions: readonly number[];
  readonly usual: UsualGaps;
}

/** What moved a score, out of the numbers it was computed from: one statement for all users of a page that one model scored. */
export const explanationOf = perRequest(
  (context) =>
    new DataLoader<{ userId: string; modelId: number }, Explanation | null, string>(
      async (keys) => {
        const found = new Map<string, Explanation>();
        for (const modelId of new Set(keys.map((key) => key.modelId))) {
          const ids = keys.filter((key) => key.modelId === modelId).map(({ userId }) => userId);
          for (const [userId, explanation] of await explain(context, modelId, ids))
            found.set(`${modelId}:${userId}`, explanation);
        }
        return keys.map(({ userId, modelId }) => found.get(`${modelId}:${userId}`) ?? null);
      },
      { cacheKeyFn: ({ userId, modelId }) => `${modelId}:${userId}` },
    ),
);

async function explain(context: RequestContext, modelId: number, ids: readonly string[]): Promise<Map<string, Explanation>> {
  const row = await modelById(context).load(modelId);
  if (!row) return new Map();
  const model = await fittedModel(context.store.pool, row);
  const catalogue = await wholeCatalogueOf(context)();
  // The numbers came with the users' tags where those were asked for too, and were read together where they were not.
  const states = await Promise.all(ids.map((id) => tagStateByUser(context).load(id)));
  const known = ids.flatMap((userId, place) => (states[place]!.asOf ? [{ userId, numbers: states[place]!.numbers }] : []));
  const userIds = known.map(({ userId }) => userId);
  const slots = row.features.map((key) => catalogue.byKey.get(key)?.slot ?? -1);
  const columns = slots.map((slot) => Float64Array.from(known, ({ numbers }) => numbers[slot] ?? Number.NaN));
  await takeHeld(context.store.pool, catalogue, { features: row.features, words: model.words }, userIds, columns);
  const matrix = { rows: known.length, columns };
  const { base, values } = contributions(model, matrix);
  const usual = (numbers: ArrayLike<number | null>, key: string) => {
    const days = numbers[catalogue.byKey.get(key)?.slot ?? -1];
    return days !== undefined && days !== null && Number.isFinite(days) ? days : null;
  };
  return new Map(
    userIds.map((userId, i) => {
      const moved = values.map((column) => column[i]!);
      const logOdds = moved.reduce((sum, value) => sum + value, base);
      return [
        userId,
        {
          features: row.features,
          baseLogOdds: base,
          logOdds,
          probability: sigmoid(logOdds),
          values: matrix.columns.map((column) => column[i]!),
          words: model.words,
          contributions: moved,
          usual: {
            activityDays: usual(known[i]!.numbers, "gap_mean_days"),
            orderDays: usual(known[i]!.numbers, "order_gap_mean_days"),
          },
        },
      ];
    }),
  );
}
