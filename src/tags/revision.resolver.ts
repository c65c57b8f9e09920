import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { DateTime, JSONObject } from "../scalars.js";
import type { TagPayload as Payload } from "./catalogue.step.js";
import { TagPayload } from "./catalogue.type.js";
import type { TagDefinition } from "./definition.js";
import { formatDefinition } from "./format-definition.js";
import { type Preview, previewDefinition } from "./preview.loader.js";
import { TagPreview } from "./preview.type.js";
import { draftByTag, revisionsByTag, type TagRevisionRow } from "./revision.loader.js";
import { discardTagChanges, publishTag, rollbackTag, updateTag } from "./revision.step.js";
import { TagRevision, UpdateTagInput } from "./revision.type.js";
import { type TagRow, wholeCatalogueOf } from "./tag.loader.js";
import { Tag } from "./tag.type.js";
import { refusedChange, withheld, withheldTag } from "./withheld.loader.js";

const TEXT_FORM = "The same as a text, which `{text: ...}` gives back to createTag, updateTag and previewTag.";

@Resolver(() => Tag)
export class TagRevisionsResolver {
  @Mutation(() => TagPayload, {
    description:
      "Adds to a tag's unpublished changes. They count for nothing until `publishTag`; `previewTagRevision` shows what they would say.",
  })
  async updateTag(@Ctx() context: RequestContext, @Arg("input", () => UpdateTagInput) input: UpdateTagInput): Promise<Payload> {
    const errors = await refusedChange(context, input);
    return errors.length > 0 ? { tag: null, errors } : updateTag(context.store.pool, input, context.now);
  }

  @Mutation(() => TagPayload, { description: "Drops a tag's unpublished changes." })
  async discardTagChanges(@Ctx() context: RequestContext, @Arg("key", () => String) key: string): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    return errors.length > 0 ? { tag: null, errors } : discardTagChanges(context.store.pool, key, context.now);
  }

  @Mutation(() => TagPayload, {
    description: "Makes a tag's unpublished changes its next revision, and computes everybody by it.",
  })
  async publishTag(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("reason", () => String, { nullable: true }) reason?: string | null,
  ): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    if (errors.length > 0) return { tag: null, errors };
    const payload = await publishTag(context.store.pool, { key, by: context.viewer.name, reason: reason ?? null }, context.now);
    await context.advance(context.now);
    return payload;
  }

  @Mutation(() => TagPayload, {
    description:
      "Publishes an earlier revision once more, as the next one, and computes everybody by it. Unpublished changes go on waiting.",
  })
  async rollbackTag(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("revision", () => Int) revision: number,
    @Arg("reason", () => String, { nullable: true }) reason?: string | null,
  ): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    if (errors.length > 0) return { tag: null, errors };
    const publication = { key, by: context.viewer.name, reason: reason ?? null };
    const payload = await rollbackTag(context.store.pool, publication, revision, context.now);
    await context.advance(context.now);
    return payload;
  }

  @Query(() => TagPreview, {
    description:
      "What a revision of a computed tag says of everybody, now or at a past instant: a past one, or the unpublished changes. Tags that it is made from are taken as they are published.",
  })
  async previewTagRevision(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("revision", () => Int, { nullable: true, description: "Default: the unpublished changes." }) revision?: number | null,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf?: Date | null,
  ): Promise<Preview> {
    const hidden = await withheldTag(context, key);
    if (hidden) throw withheld(hidden);
    const catalogue = await wholeCatalogueOf(context)();
    const tag = catalogue.byKey.get(key);
    if (!tag) throw new TidemarkError("NOT_FOUND", `There is no tag ${JSON.stringify(key)}; \`tags\` lists those there are.`);
    const isDraft = revision === undefined || revision === null;
    const found = isDraft
      ? await draftByTag(context).load(tag.id)
      : (await revisionsByTag(context).load(tag.id)).find((each) => each.revision === revision);
    if (!found)
      throw new TidemarkError(
        "NOT_FOUND",
        isDraft
          ? `Nothing of the tag ${key} waits to be published; name a revision, or change the tag with updateTag.`
          : `The tag ${key} has no revision ${revision}; its \`revisions\` lists them.`,
      );
    if (!found.definition)
      throw new TidemarkError(
        "BAD_INPUT",
        `The tag ${key} is ${tag.kind}: its values are given, not computed from a definition.`,
      );
    return previewDefinition(context.store.pool, catalogue, {
      definition: found.definition,
      valueType: tag.valueType,
      asOf: asOf ?? context.now,
    });
  }

  @FieldResolver(() => [TagRevision], { description: "All that was published, the latest first." })
  revisions(@Root() tag: TagRow, @Ctx() context: RequestContext): Promise<TagRevisionRow[]> {
    return revisionsByTag(context).load(tag.id);
  }

  @FieldResolver(() => TagRevision, { nullable: true, description: "What waits to be published." })
  unpublishedChanges(@Root() tag: TagRow, @Ctx() context: RequestContext): Promise<TagRevisionRow | null> {
    return draftByTag(context).load(tag.id);
  }

  @FieldResolver(() => JSONObject, { nullable: true, description: "Of a computed tag." })
  definition(@Root() { definition }: TagRow): object | null {
    return asWritten(definition);
  }

  @FieldResolver(() => String, { nullable: true, description: TEXT_FORM })
  definitionText(@Root() { definition }: TagRow): string | null {
    return definition && formatDefinition(definition.expression);
  }
}

@Resolver(() => TagRevision)
export class TagRevisionResolver {
  @FieldResolver(() => JSONObject, { nullable: true, description: "Of a computed tag." })
  definition(@Root() { definition }: TagRevisionRow): object | null {
    return asWritten(definition);
  }

  @FieldResolver(() => String, { nullable: true, description: TEXT_FORM })
  definitionText(@Root() { definition }: TagRevisionRow): string | null {
    return definition && formatDefinition(definition.expression);
  }
}

/** As `createTag` takes it; of a decline with the two numbers that are its evidence. */
function asWritten(definition: TagDefinition | null): object | null {
  if (!definition) return null;
  if (definition.decline) return definition;
  const { expression } = definition;
  if (typeof expression === "object") return expression;
  return typeof expression === "number" ? { add: [expression] } : { concat: [expression] };
}
