import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { windowsAt } from "../scores/churn-definition.js";
import {
  type ChurnDefinitionRow,
  censored,
  chosenDefinition,
  dataSpan,
  definitionsOfRequest,
} from "../scores/churn-definition.loader.js";
import { guardedChampion, refuseHiddenModel } from "../scores/churn-model.loader.js";
import { readScores } from "../scores/distribution.loader.js";
import { alignColumns } from "../scores/sample.js";
import { readSample } from "../scores/sample.loader.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { catalogueOf } from "../tags/tag.loader.js";
import { withheld, withheldTag } from "../tags/withheld.loader.js";
import { cutsByEqualWidth, cutsByGoal, cutsByNaturalBreaks, cutsByQuantile, type TierGoal } from "./suggest.js";
import type { CutMethod } from "./tier-scheme.entity.js";
import { DEFAULT_CUTS } from "./tier-scheme.js";

export interface CutsQuestion {
  readonly method: CutMethod;
  readonly tiers: number;
  readonly cuts?: readonly number[] | null | undefined;
  readonly goal?: TierGoal | null | undefined;
}

/** What is cut, and what is known of each member's churn: its probability, or what happened. */
export interface CutValues {
  readonly values: Float64Array;
  readonly churn: Float64Array | null;
  readonly isScore: boolean;
}

/** The scores of the default churn definition, or the named one. */
export async function scoreValues(context: RequestContext, definition?: string | null): Promise<CutValues> {
  const { id } = chosenDefinition(await definitionsOfRequest(context), definition);
  await refuseHiddenModel(context, await guardedChampion(context, id));
  const values = await readScores(context.store.pool, id);
  return { values, churn: values, isScore: true };
}

/** A METRIC tag over a definition's eligible users at a day; users for whom it is undefined are left out. */
export async function tagValues(
  context: RequestContext,
  key: string,
  definitionKey: string | null | undefined,
  asOf: Date,
): Promise<CutValues> {
  const { pool } = context.store;
  const tag = (await catalogueOf(context)()).byKey.get(key);
  const hidden = await withheldTag(context, key);
  if (hidden) throw withheld(hidden);
  if (!tag)
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `There is no tag ${JSON.stringify(key.slice(0, 60))}; see the query tags for those that there are.`,
    );
  if (tag.kind !== "METRIC")
    throw new TidemarkError("BAD_INPUT", `The tag ${key} is of the kind ${tag.kind}; only METRIC tags have numbers to cut.`);
  const definition = chosenDefinition(await definitionsOfRequest(context), definitionKey);
  const [{ userIds, labels }, matrix, known] = await Promise.all([
    readSample(pool, definition, asOf),
    tagMatrix(pool, { asOf, keys: [key] }),
    isKnown(context, definition, asOf),
  ]);
  const values = alignColumns(userIds, matrix.userIds, matrix.columns)[0]!;
  return {
    values: values.filter((value) => !Number.isNaN(value)),
    churn: known ? Float64Array.from(labels).filter((_, i) => !Number.isNaN(values[i]!)) : null,
    isScore: false,
  };
}

/** @throws TidemarkError BAD_INPUT saying what the question lacks, NO_SAMPLE where there is nothing to cut */
export function cutValues(
  { values, isScore }: CutValues,
  { method, tiers, cuts, goal }: CutsQuestion,
): { cuts: number[]; thresholds: number[] } {
  if (values.length === 0 && method !== "FIXED")
    throw new TidemarkError(
      "NO_SAMPLE",
      isScore
        ? "Nobody has a churn score yet, so there is nothing to cut; train a model with trainChurnModel, or give cuts of your own (FIXED)."
        : "The tag is defined for none of the eligible users at that day; choose another tag or another day.",
    );
  switch (method) {
    case "FIXED": {
      const chosen = [...(cuts ?? DEFAULT_CUTS)];
      return { cuts: chosen, thresholds: chosen };
    }
    case "EQUAL_WIDTH":
      return cutsByEqualWidth(values, tiers);
    case "QUANTILE":
      return cutsByQuantile(values, tiers);
    case "NATURAL_BREAKS":
      return cutsByNaturalBreaks(values, tiers);
    case "GOAL": {
      if (!isScore)
        throw new TidemarkError(
          "BAD_INPUT",
          "A goal speaks of expected churn, so it cuts scores; leave tag out, or choose another method.",
        );
      const named = Object.values(goal ?? {}).filter((value) => value !== null && value !== undefined);
      if (!goal || named.length !== 1)
        throw new TidemarkError("BAD_INPUT", "goal names exactly one of capacity, recall and precision.");
      const found = cutsByGoal(values, tiers, goal);
      if (!found) throw new TidemarkError("BAD_INPUT", "No cut reaches that goal with today's scores; ask for less.");
      return { cuts: found, thresholds: found };
    }
    default:
      return method satisfies never;
  }
}

async function isKnown(context: RequestContext, definition: ChurnDefinitionRow, asOf: Date): Promise<boolean> {
  const span = await dataSpan(context.store.pool, definition, context.now);
  return censored(definition, windowsAt(definition, asOf), span?.end) === null;
}
