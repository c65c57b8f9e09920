import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GrantRight } from "../people/access.js";
import { GrantRightEnum } from "../people/grant.type.js";
import { share } from "../people/share.step.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { createTag, moveTag, type TagPayload as Payload } from "./catalogue.step.js";
import { CreateTagInput, TagPayload } from "./catalogue.type.js";
import { type Dependant, findDependants } from "./dependant.js";
import type { TagState } from "./tag.entity.js";
import { tagCatalogue, wholeCatalogueOf } from "./tag.loader.js";
import { TagStateEnum } from "./tag.type.js";
import { refusedChange } from "./withheld.loader.js";

@Resolver()
export class CatalogueResolver {
  @Mutation(() => TagPayload, {
    description:
      "Makes a tag. MANUAL and IMPORTED ones can be assigned at once; computed ones begin as a DRAFT: move them to ACTIVE.",
  })
  async createTag(@Ctx() context: RequestContext, @Arg("input", () => CreateTagInput) input: CreateTagInput): Promise<Payload> {
    const errors = await refusedChange(context, input);
    if (errors.length > 0) return { tag: null, errors };
    return createTag(context.store.pool, input, context.viewer.name, context.now);
  }

  @Mutation(() => TagPayload, {
    description:
      "Gives another department a right on a tag of one's own; a PRIVATE tag becomes SHARED by it. Given again it has the new end.",
  })
  async shareTag(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("with", () => String, { description: "Key of the department." }) department: string,
    @Arg("right", () => GrantRightEnum, { defaultValue: "READ" }) right: GrantRight,
    @Arg("expiresAt", () => DateTime, { nullable: true }) expiresAt?: Date | null,
  ): Promise<Payload> {
    const errors = await share(context, { kind: "TAG", key, with: department, right, expiresAt: expiresAt ?? null });
    if (errors.length > 0) return { tag: null, errors };
    return { tag: (await tagCatalogue(context.store.pool)).byKey.get(key) ?? null, errors };
  }

  @Mutation(() => TagPayload, {
    description:
      "Moves a tag through its life: DRAFT, ACTIVE, DEPRECATED, RETIRED. A computed tag that becomes ACTIVE is computed for everybody.",
  })
  async moveTag(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("to", () => TagStateEnum) to: TagState,
    @Arg("reason", () => String, { nullable: true }) reason?: string | null,
  ): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    if (errors.length > 0) return { tag: null, errors };
    const payload = await moveTag(
      context.store.pool,
      { key, to, reason: reason ?? null, by: context.viewer.name },
      await dependantsToSpare(context, key),
      context.now,
    );
    if (to === "ACTIVE") await context.advance(context.now);
    return payload;
  }
}

/** What would break without a tag, and without the declines that are generated from it and go with it. */
async function dependantsToSpare(context: RequestContext, key: string): Promise<Dependant[]> {
  const { byKey, tags } = await wholeCatalogueOf(context)();
  const id = byKey.get(key)?.id;
  const gone = new Set([
    key,
    ...tags.filter(({ generatedFrom }) => generatedFrom !== null && generatedFrom === id).map((tag) => tag.key),
  ]);
  const dependants = (await findDependants(context, [...gone])).flat();
  return dependants.filter((each) => !(each.__typename === "Tag" && gone.has(each.key)));
}
