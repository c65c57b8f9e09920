import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { type TagRow, tagByKey } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { type ChurnModelRow, modelById } from "./churn-model.loader.js";
import { ChurnModel } from "./churn-model.type.js";
import {
  type BacktestRow,
  backtestsByModel,
  driftsByModel,
  MOST_BACKTESTS,
  MOST_DRIFTS,
  type ModelDriftRow,
  waitingByModel,
} from "./watch.loader.js";
import { Backtest, InputDrift, ModelDrift } from "./watch.type.js";

@Resolver(() => ChurnModel)
export class WatchedModelResolver {
  @FieldResolver(() => [Backtest], { description: `The latest first, at most ${MOST_BACKTESTS}.` })
  async backtests(
    @Root() { id }: ChurnModelRow,
    @Arg("first", () => Int, { defaultValue: 10 }) first: number,
    @Ctx() context: RequestContext,
  ): Promise<BacktestRow[]> {
    return (await backtestsByModel(context).load(id)).slice(0, bounded(first, MOST_BACKTESTS));
  }

  @FieldResolver(() => [DateTime], {
    description: "When forecasts were kept whose horizon has not passed yet, the earliest first; each becomes a backtest.",
  })
  waitingForecasts(@Root() { id }: ChurnModelRow, @Ctx() context: RequestContext): Promise<Date[]> {
    return waitingByModel(context).load(id);
  }

  @FieldResolver(() => [ModelDrift], { description: `One for each UTC day of a year, the latest first.` })
  async drift(
    @Root() { id }: ChurnModelRow,
    @Arg("first", () => Int, { defaultValue: 1 }) first: number,
    @Ctx() context: RequestContext,
  ): Promise<ModelDriftRow[]> {
    return (await driftsByModel(context).load(id)).slice(0, bounded(first, MOST_DRIFTS));
  }
}

type InputDriftRow = InputDrift & { readonly tag: TagRow };

@Resolver(() => ModelDrift)
export class ModelDriftResolver {
  @FieldResolver(() => [InputDrift], { description: "The tags that the model reads, those that moved most first." })
  async inputs(
    @Root() { modelId, inputPsis }: ModelDriftRow,
    @Arg("first", () => Int, { defaultValue: 10 }) first: number,
    @Ctx() context: RequestContext,
  ): Promise<InputDriftRow[]> {
    const { features } = (await modelById(context).load(modelId))!;
    const tags = await Promise.all(features.map((key) => tagByKey(context).load(key)));
    return tags
      .flatMap((tag, place) => (tag ? [{ tag, psi: inputPsis[place] ?? null }] : []))
      .sort((a, b) => (b.psi ?? -1) - (a.psi ?? -1))
      .slice(0, pageSize(first));
  }
}

@Resolver(() => InputDrift)
export class InputDriftResolver {
  @FieldResolver(() => Tag)
  tag(@Root() { tag }: InputDriftRow): TagRow {
    return tag;
  }
}

function bounded(first: number, most: number): number {
  if (first >= 1 && first <= most) return first;
  throw new TidemarkError("BAD_INPUT", `first is ${first}; it must be 1 to ${most}.`);
}
