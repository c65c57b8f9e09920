import { Arg, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { type ModelFormat, writeModel } from "../learn/foreign-model.js";
import { idOf, registerNode, toGlobalId } from "../node.js";
import { pageSize } from "../page.js";
import { COMPANY } from "../people/department.step.js";
import { registerThing } from "../people/thing.step.js";
import { perRequest, type RequestContext } from "../request.js";
import { enqueue, type JobRow } from "../store/job.js";
import { registerJobResult } from "../store/job.type.js";
import { type Dependant, registerDependants } from "../tags/dependant.js";
import { catalogueOf, type TagRow, tagByKey } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { tagsNamedIn, withheld, withheldTag } from "../tags/withheld.loader.js";
import { definitionByKey, definitionsOfRequest } from "./churn-definition.loader.js";
import {
  type ChurnModelRow,
  type EvaluatedModelRow,
  evaluationById,
  fittedModel,
  guardModels,
  keyOfModel,
  mayReadModel,
  modelById,
  readChampionsOn,
  readModels,
  refuseHiddenModel,
  thingOfModel,
} from "./churn-model.loader.js";
import { TRAINING_JOB } from "./churn-model.step.js";
import {
  ChurnModel,
  ChurnRule,
  ImportChurnModelInput,
  ModelFormatEnum,
  TrainChurnModelInput,
  TrainChurnModelPayload,
  TrainingSample,
} from "./churn-model.type.js";
import { ContributionRank, GROUPED_ARGUMENT } from "./churn-score.type.js";
import { type PopulationRank, shownRanks } from "./contribution.loader.js";
import { confusionAt } from "./evaluation.js";
import { Confusion, ModelEvaluation } from "./model-evaluation.type.js";
import { orderOf, type TrainingWish } from "./order.step.js";

registerNode("ChurnModel", (context, ids) => Promise.all(ids.map((id) => shownModel(context, Number(id)))));
registerThing("CHURN_MODEL", {
  table: "churn_model",
  rows: `select m.id, d.key || '/' || m.version as key, 'Churn model ' || m.version || ' of ' || d.key as name, m.department, m.visibility, false as built_in
    from churn_model m join churn_definition d on d.id = m.definition_id`,
  changed: guardModels,
});

registerJobResult("ChurnModel", ChurnModel, (context, id) => shownModel(context, Number(id)));

async function shownModel(context: RequestContext, id: number): Promise<ChurnModelRow | null> {
  const model = await modelById(context).load(id);
  return model && (await mayReadModel(context, model)) ? model : null;
}

/** Models that serve: a candidate is looked at when it is promoted, a retired model reads nothing any more. */
registerDependants(async (context, keys) => {
  const found = new Map<string, (ChurnModelRow & Dependant)[]>(keys.map((key) => [key, []]));
  for (const model of await readChampionsOn(context.store.pool, keys))
    for (const key of model.features)
      found
        .get(key)
        ?.push({ ...model, key: keyOfModel(model), name: nameOf(model), __typename: "ChurnModel", thing: thingOfModel(model) });
  return found;
});

function nameOf({ definition, version }: ChurnModelRow): string {
  return `Churn model ${version} of ${definition}`;
}

const MOST_MODELS = 100;
const MOST_EXPORTS = 2;
const exportsOf = perRequest(() => ({ count: 0 }));

@Resolver(() => ChurnModel)
export class ChurnModelResolver {
  @Query(() => ChurnModel, { nullable: true })
  async churnModel(@Arg("id", () => ID) id: string, @Ctx() context: RequestContext): Promise<ChurnModelRow | null> {
    const model = await modelById(context).load(Number(idOf("ChurnModel", id)));
    if (model) await refuseHiddenModel(context, model);
    return model;
  }

  @Query(() => [ChurnModel], { description: "The newest first, at most 100." })
  async churnModels(
    @Arg("definition", () => String, { nullable: true }) definition: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<ChurnModelRow[]> {
    if (definition) definitionByKey(await definitionsOfRequest(context), definition);
    const models = await readModels(context.store.pool, definition ?? null, MOST_MODELS);
    const shown = await Promise.all(models.map((model) => mayReadModel(context, model)));
    return models.filter((_, i) => shown[i]);
  }

  @Mutation(() => TrainChurnModelPayload, {
    description: "From a template or chosen tags to a judged model, as a job; what is wrong with the order is said at once.",
  })
  async trainChurnModel(
    @Arg("input", () => TrainChurnModelInput) input: TrainingWish,
    @Ctx() context: RequestContext,
  ): Promise<{ job: JobRow | null; errors: TrainChurnModelPayload["errors"] }> {
    try {
      const { viewer } = context;
      for (const key of [...(input.tags ?? []), ...tagsNamedIn(input.rules)]) {
        const hidden = await withheldTag(context, key);
        if (hidden) throw withheld(hidden);
      }
      const { byKey } = await catalogueOf(context)();
      const wish = await orderOf(context.store.pool, input, context.now, viewer.name);
      const hidden = wish.tags.find((key) => !byKey.has(key));
      // One that was trained elsewhere reads what it reads.
      if (hidden && wish.imported) throw withheld((await withheldTag(context, hidden))!);
      // Learned from what the viewer may read, and their department's.
      const order = { ...wish, tags: wish.tags.filter((key) => byKey.has(key)), department: viewer.department ?? COMPANY };
      return { job: await enqueue(context.store.pool, TRAINING_JOB, order), errors: [] };
    } catch (error) {
      if (error instanceof TidemarkError && REFUSALS.has(error.code))
        return { job: null, errors: [{ code: error.code, message: error.message, path: ["input"] }] };
      throw error;
    }
  }

  @Mutation(() => TrainChurnModelPayload, {
    description: "Takes in a model trained elsewhere: judged on the sample and promoted as any other, as a job.",
  })
  async importChurnModel(
    @Arg("input", () => ImportChurnModelInput) { definition, format, model, features, ...input }: ImportChurnModelInput,
    @Ctx() context: RequestContext,
  ): Promise<{ job: JobRow | null; errors: TrainChurnModelPayload["errors"] }> {
    return this.trainChurnModel({ ...input, definition, tags: features ?? null, imported: { format, model } }, context);
  }

  @FieldResolver(() => ID)
  id(@Root() model: ChurnModelRow): string {
    return toGlobalId("ChurnModel", model.id);
  }

  @FieldResolver(() => String, { description: "Its definition's key and its version." })
  key(@Root() model: ChurnModelRow): string {
    return keyOfModel(model);
  }

  @FieldResolver(() => String)
  name(@Root() model: ChurnModelRow): string {
    return nameOf(model);
  }

  @FieldResolver(() => [Tag], { description: "The tags it reads." })
  async features(@Root() model: ChurnModelRow, @Ctx() context: RequestContext): Promise<TagRow[]> {
    const tags = await tagByKey(context).loadMany([...model.features]);
    return tags.filter((tag): tag is TagRow => tag !== null && !(tag instanceof Error));
  }

  @FieldResolver(() => [ChurnRule], { description: "Of a model by RULES: what it counts. Of others none." })
  rules(@Root() { algorithm, sample }: ChurnModelRow): readonly ChurnRule[] {
    return algorithm === "RULES" ? (sample.rules ?? []) : [];
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      "The model as others load it. As XGBOOST its predictions are the probabilities, unless the calibration is ISOTONIC; ML_RANDOM_FOREST is for random forests, and knows no missing values. Null where the model cannot be written so: a logistic regression has no trees.",
  })
  async exported(
    @Root() model: ChurnModelRow,
    @Arg("format", () => ModelFormatEnum) format: ModelFormat,
    @Ctx() context: RequestContext,
  ): Promise<string | null> {
    const asked = exportsOf(context);
    if (++asked.count > MOST_EXPORTS)
      throw new TidemarkError(
        "TOO_COMPLEX",
        `A request exports at most ${MOST_EXPORTS} models, for each has megabytes; ask for the others in another.`,
      );
    return writeModel(format, await fittedModel(context.store.pool, model), model.features);
  }

  @FieldResolver(() => TrainingSample)
  sample(@Root() { sample }: ChurnModelRow): TrainingSample {
    const dates = sample.observationDates.map((date) => new Date(date));
    return {
      ...sample,
      share: sample.share ?? 1,
      observationDates: dates,
      from: dates[0]!,
      to: dates.at(-1)!,
      censoredDates: (sample.censoredDates ?? []).map((date) => new Date(date)),
      allowedLeaks: sample.allowedLeaks ?? [],
    };
  }

  @FieldResolver(() => ModelEvaluation)
  async evaluation(@Root() model: ChurnModelRow, @Ctx() context: RequestContext): Promise<ModelEvaluation> {
    const evaluation = (await evaluationById(context).load(model.id))!;
    const { baselines = [], promotion } = evaluation;
    return { ...evaluation, baselines, promotion: { ...promotion, checks: promotion.checks ?? [] } };
  }

  @FieldResolver(() => [ContributionRank], { description: "Which tags moved the scores of the users it was trained on." })
  async contributionRanking(
    @Root() model: ChurnModelRow,
    @Arg("first", () => Int, { defaultValue: 10 }) first: number,
    @Arg("grouped", () => Boolean, GROUPED_ARGUMENT) grouped: boolean,
    @Ctx() context: RequestContext,
  ): Promise<PopulationRank[]> {
    pageSize(first);
    const { ranking, groups, rankedOver } = (await evaluationById(context).load(model.id))!;
    const shown = await shownRanks(context, grouped ? (groups ?? []) : ranking);
    return shown.slice(0, first).map((ranked) => ({ ...ranked, users: rankedOver }));
  }
}

@Resolver(() => ModelEvaluation)
export class ModelEvaluationResolver {
  @FieldResolver(() => Confusion, { description: "When every row at or above the threshold is flagged." })
  confusion(
    @Root() evaluation: EvaluatedModelRow["evaluation"],
    @Arg("threshold", () => Float, { defaultValue: 0.5 }) threshold: number,
  ): Confusion {
    if (!(threshold >= 0 && threshold <= 1))
      throw new TidemarkError("BAD_INPUT", `threshold is ${threshold}; it must be a probability, 0 to 1.`);
    return confusionAt(evaluation.histogram, threshold);
  }
}

/** Expected outcomes of an order, which come as errors beside the job. */
const REFUSALS = new Set(["FORBIDDEN", "BAD_INPUT", "NOT_FOUND", "UNKNOWN_TAG", "NO_SAMPLE"]);
