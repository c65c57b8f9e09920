import { Arg, Ctx, FieldResolver, Float, ID, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf } from "../node.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime, JSONObject, TagValue } from "../scalars.js";
import { readDefinition, vocabularyOf } from "./definition.loader.js";
import { readInput } from "./definition-text.js";
import { MOST_BINS } from "./distribution.loader.js";
import { countValues, type ValueCount } from "./histogram.js";
import { ExpressionError, kindOfInput } from "./parse.js";
import { type Preview, type PreviewExample, previewDefinition } from "./preview.loader.js";
import { TagExample, TagPreview } from "./preview.type.js";
import { wholeCatalogueOf } from "./tag.loader.js";
import { TagValueCount } from "./tag.type.js";
import type { Texts } from "./texts.js";
import { refusedDefinition } from "./withheld.loader.js";

@Resolver(() => TagPreview)
export class TagPreviewResolver {
  @Query(() => TagPreview, {
    description: "What a tag of this definition would say of everybody, now or at a past instant, before it is made.",
  })
  async previewTag(
    @Ctx() context: RequestContext,
    @Arg("definition", () => JSONObject, { description: "As `createTag` takes it: a condition, a number or a text." })
    input: Record<string, unknown>,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf?: Date | null,
  ): Promise<Preview> {
    const { pool } = context.store;
    const refusal = await refusedDefinition(context, input);
    if (refusal) throw refusal;
    const catalogue = await wholeCatalogueOf(context)();
    try {
      const gives = kindOfInput(readInput(input).json, await vocabularyOf(pool, catalogue));
      const definition = await readDefinition(pool, catalogue, { input, gives });
      const valueType = gives === "condition" ? "BOOLEAN" : gives === "text" ? "TEXT" : "NUMBER";
      return await previewDefinition(pool, catalogue, { definition, valueType, asOf: asOf ?? context.now });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const at = ["definition", ...error.path].join(".");
      throw new TidemarkError("BAD_INPUT", `${at}: ${error.message}`, { at });
    }
  }

  @FieldResolver(() => Float, { description: "count / populationCount, 0 to 1." })
  coverage(@Root() { count, populationCount }: Preview): number {
    return populationCount === 0 ? 0 : count / populationCount;
  }

  @FieldResolver(() => [TagValueCount], {
    description:
      "Of a condition: for how many it is `true`, `false` and `undefined`; of a number: how many lie in each range; of a text: the commonest.",
  })
  valueDistribution(
    @Root() { valueType, values, texts }: Preview,
    @Arg("bins", () => Int, { defaultValue: 10 }) bins: number,
  ): readonly ValueCount[] {
    if (!Number.isInteger(bins) || bins < 1 || bins > MOST_BINS)
      throw new TidemarkError("BAD_INPUT", `bins is ${bins}; a distribution has 1 to ${MOST_BINS} of them.`);
    if (valueType === "NUMBER") return countValues(values, bins);
    if (valueType === "TEXT") return commonest(values, texts, bins);
    const counts = { true: 0, false: 0, undefined: 0 };
    for (const value of values) counts[value === 1 ? "true" : value === 0 ? "false" : "undefined"]++;
    return Object.entries(counts).map(([label, count]) => ({ label, count }));
  }

  @FieldResolver(() => TagValue, {
    nullable: true,
    description:
      "What it says of one user: true or false, a number, a text. Null where that is undefined, and of whom nobody knew then. Of `previewTagRevision` so are a past revision's values read.",
  })
  valueFor(
    @Root() { valueType, userIds, values, texts }: Preview,
    @Arg("user", () => ID, { description: "The id of a user." }) user: string,
  ): boolean | number | string | null {
    const value = values[userIds.indexOf(Number(idOf("User", user)))] ?? Number.NaN;
    if (Number.isNaN(value)) return null;
    if (valueType === "BOOLEAN") return value === 1;
    return valueType === "TEXT" ? texts.textOf(value) : value;
  }

  @FieldResolver(() => [TagExample], {
    description: "Ten users who would have the tag: of a number from the lowest to the highest, of a condition spread by age.",
  })
  examples(@Root() { examples }: Preview): readonly PreviewExample[] {
    return examples;
  }
}

@Resolver(() => TagExample)
export class TagExampleResolver {
  @FieldResolver(() => User)
  async user(@Root() { userId }: PreviewExample, @Ctx() context: RequestContext): Promise<UserRow> {
    return (await userById(context).load(userId))!;
  }
}

function commonest(values: Float64Array, texts: Texts, most: number): ValueCount[] {
  const counts = new Map<number, number>();
  for (const value of values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([text, count]) => ({ label: texts.textOf(text), count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
    .slice(0, most);
}
