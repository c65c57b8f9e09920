import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../request.js";
import { type Health, healthByTag } from "./health.loader.js";
import { RetireProposal, TagHealth } from "./health.type.js";
import { type RetireProposal as Proposal, tagsToRetire } from "./retire.loader.js";
import type { TagRow } from "./tag.loader.js";
import { Tag } from "./tag.type.js";

@Resolver(() => Tag)
export class TagHealthResolver {
  @FieldResolver(() => TagHealth)
  health(@Root() tag: TagRow, @Ctx() context: RequestContext): Promise<Health> {
    return healthByTag(context).load(tag);
  }

  @Query(() => [RetireProposal], { description: "Tags in use that nobody would miss, by key, each with its reasons." })
  tagsToRetire(
    @Ctx() context: RequestContext,
    @Arg("builtIn", () => Boolean, { defaultValue: false, description: "Also those that ship with Tidemark." }) builtIn: boolean,
  ): Promise<Proposal[]> {
    return tagsToRetire(context, builtIn);
  }
}
