import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { changeRefusal, mayChange, principalOf } from "../people/access.js";
import { type RowRefusal, refusedSource, writeAllowed } from "../people/scope.js";
import type { RequestContext } from "../request.js";
import { type AssignResult, assignTags, type RemoveResult, removeTags } from "./assign.step.js";
import { AssignTagsInput, AssignTagsPayload, RemoveTagsInput, RemoveTagsPayload } from "./assignment.type.js";
import "./merge.step.js";
import { wholeCatalogueOf } from "./tag.loader.js";

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
    const refusal = await refusalOf(context);
    const result = await writeAllowed(input.assignments, refusal, (rows) => assignTags(context.store.pool, rows, context.now));
    await context.advance(context.now);
    return result;
  }

  @Mutation(() => RemoveTagsPayload, { description: "Takes MANUAL and IMPORTED tags from users in bulk; their history is kept." })
  async removeTags(
    @Ctx() context: RequestContext,
    @Arg("input", () => RemoveTagsInput) input: RemoveTagsInput,
  ): Promise<RemoveResult> {
    const refusal = await refusalOf(context);
    const result = await writeAllowed(input.assignments, refusal, (rows) => removeTags(context.store.pool, rows, context.now));
    await context.advance(context.now);
    return result;
  }
}

/** Values of a tag are given by its department, and by anybody where it is PUBLIC; a grant shows them and gives none. */
async function refusalOf(
  context: RequestContext,
): Promise<(row: { readonly source?: unknown; readonly tag?: unknown }) => RowRefusal | undefined> {
  const { byKey } = await wholeCatalogueOf(context)();
  const principal = principalOf(context.viewer);
  return ({ source, tag: key }) => {
    const tag = typeof key === "string" ? byKey.get(key) : undefined;
    if (tag && tag.visibility !== "PUBLIC" && !mayChange(principal, tag))
      return { code: "FORBIDDEN", message: changeRefusal(tag.department.key) };
    return refusedSource(context.viewer, source, "any");
  };
}
