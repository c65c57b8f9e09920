import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { type AttributeRow, attributesOfRequest, readAttributes } from "./attribute.loader.js";
import { saveAttribute } from "./attribute.step.js";
import { Attribute, AttributePayload, SaveAttributeInput } from "./attribute.type.js";
import { COMPANY } from "./department.step.js";

@Resolver()
export class AttributeResolver {
  @Query(() => [Attribute], { description: "What was declared of attributes of users, by key, at most 1,000." })
  async attributes(@Ctx() context: RequestContext): Promise<AttributeRow[]> {
    return [...(await attributesOfRequest(context)).values()];
  }

  @Mutation(() => AttributePayload, {
    description:
      "Says of what type an attribute is, and whether it is personal. Values that stand already stay; what is written from then on has to be of the type.",
  })
  async saveAttribute(
    @Ctx() { store, viewer, now }: RequestContext,
    @Arg("input", () => SaveAttributeInput) { department, ...input }: SaveAttributeInput,
  ): Promise<{ attribute: AttributeRow | null; errors: UserError[] }> {
    try {
      const attribute = { ...input, department: department ?? COMPANY };
      await store.pool.transaction((transaction) => saveAttribute(transaction, attribute, viewer.name, now));
      return { attribute: (await readAttributes(store.pool)).get(input.key) ?? null, errors: [] };
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
      const { at } = error.extensions;
      const path = ["input", ...(typeof at === "string" ? [at] : [])];
      return { attribute: null, errors: [{ code: error.code, message: error.message, path }] };
    }
  }
}
