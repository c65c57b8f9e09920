import { Arg, Ctx, FieldResolver, Float, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { pageSize } from "../page.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { catalogueOf, type TagRow, tagByKey } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { type ChurnDefinitionRow, chosenDefinition, definitionsOfRequest } from "./churn-definition.loader.js";
import { ChurnDefinition } from "./churn-definition.type.js";
import { type ChurnModelRow, guardedChampion, modelById, refuseHiddenModel } from "./churn-model.loader.js";
import { ChurnModel } from "./churn-model.type.js";
import { type Explanation, explanationOf, type ScoreRow, scoreOf, scoresOf } from "./churn-score.loader.js";
import { ChurnScore, ContributionRank, Factor, ScoreDistribution } from "./churn-score.type.js";
import type { PopulationRank } from "./contribution.loader.js";
import { type Distribution, naturalCuts, readDistribution } from "./distribution.loader.js";
import { factorSentence } from "./factor.js";
import "./merge.step.js";
import { type Words, wordOf } from "./words.js";

const DEFINITION_ARGUMENT = { nullable: true, description: "Key of a churn definition; the default one when left out." } as const;
const MOST_BINS = 200;
const MOST_CLASSES = 20;

@Resolver(() => User)
export class UserChurnScoreResolver {
  @FieldResolver(() => ChurnScore, {
    nullable: true,
    description:
      "By the champion of the default churn definition (ChurnDefinition.isDefault), or of the named one. Null for a user who is not eligible, or before a model was promoted.",
  })
  churnScore(
    @Root() user: UserRow,
    @Arg("definition", () => String, DEFINITION_ARGUMENT) definition: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<ScoreRow | null> {
    return scoreOf(context, user.id, definition);
  }

  @FieldResolver(() => [ChurnScore], {
    description:
      "One for every churn definition that has a champion and for which the user is eligible (churn, silence, repurchase ...), the default definition's first.",
  })
  churnScores(@Root() user: UserRow, @Ctx() context: RequestContext): Promise<ScoreRow[]> {
    return scoresOf(context, user.id);
  }
}

type FactorRow = Factor & { readonly tag: TagRow };

@Resolver(() => ChurnScore)
export class ChurnScoreResolver {
  @FieldResolver(() => ChurnDefinition, { description: "What counts as churn here." })
  async definition(@Root() score: ScoreRow, @Ctx() context: RequestContext): Promise<ChurnDefinitionRow> {
    return (await definitionsOfRequest(context)).find(({ id }) => id === score.definitionId)!;
  }

  @FieldResolver(() => Int)
  async horizonDays(@Root() score: ScoreRow, @Ctx() context: RequestContext): Promise<number> {
    return (await definitionsOfRequest(context)).find(({ id }) => id === score.definitionId)!.horizonDays;
  }

  @FieldResolver(() => ChurnModel)
  model(@Root() score: ScoreRow, @Ctx() context: RequestContext): Promise<ChurnModelRow | null> {
    return modelById(context).load(score.modelId);
  }

  @FieldResolver(() => Float)
  async baseLogOdds(@Root() score: ScoreRow, @Ctx() context: RequestContext): Promise<number> {
    return (await explanation(score, context)).baseLogOdds;
  }

  @FieldResolver(() => Float)
  async logOdds(@Root() score: ScoreRow, @Ctx() context: RequestContext): Promise<number> {
    return (await explanation(score, context)).logOdds;
  }

  @FieldResolver(() => [Factor], {
    description:
      "The tags that moved the score most, computed on demand; the largest first. Without those that are not shared with the viewer.",
  })
  async factors(
    @Root() score: ScoreRow,
    @Arg("first", () => Int, { defaultValue: 5 }) first: number,
    @Ctx() context: RequestContext,
  ): Promise<FactorRow[]> {
    pageSize(first);
    const { features, values, words, contributions, usual } = await explanation(score, context);
    const order = contributions
      .map((contribution, i) => ({ key: features[i]!, contribution, ...saidBy(values[i]!, words?.[i]) }))
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution) || (a.key < b.key ? -1 : 1));
    const { byKey } = await catalogueOf(context)();
    return order
      .flatMap(({ key, contribution, value, text }) => {
        const tag = byKey.get(key);
        const said = tag?.valueType === "BOOLEAN" ? value === 1 : (text ?? value);
        return tag ? [{ tag, value, text, contribution, sentence: factorSentence(tag, said, contribution, usual) }] : [];
      })
      .slice(0, first);
  }
}

function saidBy(value: number, words: Words | null | undefined): { value: number | null; text: string | null } {
  if (words) return { value: null, text: wordOf(value, words) };
  return { value: Number.isFinite(value) ? value : null, text: null };
}

async function explanation(score: ScoreRow, context: RequestContext): Promise<Explanation> {
  const found = await explanationOf(context).load(score);
  if (!found) throw new TidemarkError("CONFLICT", "The user's numbers changed while they were read; ask again.");
  return found;
}

@Resolver(() => Factor)
export class FactorResolver {
  @FieldResolver(() => Tag)
  tag(@Root() factor: FactorRow): TagRow {
    return factor.tag;
  }
}

@Resolver(() => ContributionRank)
export class ContributionRankResolver {
  @FieldResolver(() => Tag)
  async tag(@Root() ranked: PopulationRank, @Ctx() context: RequestContext): Promise<TagRow | null> {
    return tagByKey(context).load(ranked.key);
  }

  @FieldResolver(() => [Tag], {
    description: "The tags of the group, the most important first; of a ranking that is not grouped the tag alone.",
  })
  async tags(@Root() { key, keys }: PopulationRank, @Ctx() context: RequestContext): Promise<TagRow[]> {
    const tags = await tagByKey(context).loadMany([...(keys ?? [key])]);
    return tags.filter((tag): tag is TagRow => tag !== null && !(tag instanceof Error));
  }

  @FieldResolver(() => Float, { nullable: true })
  permutationImportance(@Root() { aucLost }: PopulationRank): number | null {
    return aucLost ?? null;
  }
}

@Resolver(() => ScoreDistribution)
export class ScoreDistributionResolver {
  @Query(() => ScoreDistribution, { description: "How the scores of all users are spread." })
  async scoreDistribution(
    @Arg("bins", () => Int, { defaultValue: 20 }) bins: number,
    @Arg("definition", () => String, DEFINITION_ARGUMENT) definition: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Distribution> {
    if (!(bins >= 1 && bins <= MOST_BINS)) throw new TidemarkError("BAD_INPUT", `bins is ${bins}; it must be 1 to ${MOST_BINS}.`);
    const { id } = chosenDefinition(await definitionsOfRequest(context), definition);
    await refuseHiddenModel(context, await guardedChampion(context, id));
    return readDistribution(context.store.pool, id, bins);
  }

  @FieldResolver(() => [Float], {
    description: "Where the scores fall apart by themselves: the lowest score of each class but the first.",
  })
  naturalBreaks(
    @Root() distribution: Distribution,
    @Arg("classes", () => Int, { defaultValue: 3 }) classes: number,
    @Ctx() context: RequestContext,
  ): Promise<number[]> {
    if (!(classes >= 2 && classes <= MOST_CLASSES))
      throw new TidemarkError("BAD_INPUT", `classes is ${classes}; it must be 2 to ${MOST_CLASSES}.`);
    return naturalCuts(context.store.pool, distribution.definitionId, classes);
  }
}
