import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import { type AssignResult, assignTags, type RemoveResult, removeTags } from "./assign.step.js";
import { AssignTagsInput, AssignTagsPayload, RemoveTagsInput, RemoveTagsPayload } from "./assignment.type.js";
import "./merge.step.js";

@Resolver()
export class AssignmentResolver {
  @Mutation(() => AssignTagsPayload, {
    description:
      "Gives MANUAL and IMPORTED tags to users in bulk. A bad row is rejected with its reason; the others are written.",
  })
  async assignTags(
    @Ctx() context: RequestContext,
    @Arg("input", () => AssignTagsInput) input: AssignTagsInput,
  ): Promise<AssignResult> {
    const result = await assignTags(context.store.pool, input.assignments, context.now);
    await context.advance(context.now);
    return result;
  }

  @Mutation(() => RemoveTagsPayload, { description: "Takes MANUAL and IMPORTED tags from users in bulk; their history is kept." })
  async removeTags(
    @Ctx() context: RequestContext,
    @Arg("input", () => RemoveTagsInput) input: RemoveTagsInput,
  ): Promise<RemoveResult> {
    const result = await removeTags(context.store.pool, input.assignments, context.now);
    await context.advance(context.now);
    return result;
  }
}
