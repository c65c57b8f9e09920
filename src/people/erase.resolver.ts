import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { toGlobalId } from "../node.js";
import type { RequestContext } from "../request.js";
import { hasBadCharacter } from "./clean.js";
import { eraseUser } from "./erase.step.js";
import { EraseUserInput, EraseUserPayload } from "./erase.type.js";
import { findUser } from "./find.loader.js";
import { refusedSource } from "./scope.js";

const LONGEST_REASON = 500;

@Resolver()
export class EraseResolver {
  @Mutation(() => EraseUserPayload, {
    description:
      "Erases a person from every table, with the users that were merged into them; what was counted over everybody stays. It cannot be undone.",
  })
  async eraseUser(
    @Ctx() context: RequestContext,
    @Arg("input", () => EraseUserInput) input: EraseUserInput,
  ): Promise<EraseUserPayload> {
    const refused = (code: string, message: string, field: string) => ({
      erased: false,
      receipt: null,
      errors: [{ code, message, path: ["input", field] }],
    });
    const reason = input.reason?.trim() || null;
    if (reason !== null && (reason.length > LONGEST_REASON || hasBadCharacter(reason)))
      return refused("TOO_LONG", `A reason has at most ${LONGEST_REASON} well-formed characters.`, "reason");
    const refusal = refusedSource(context.viewer, input.source, "any");
    if (refusal) return refused(refusal.code, refusal.message, "source");
    const user = await findUser(context, input);
    if (user instanceof TidemarkError) return refused(user.code, user.message, "externalId");
    await eraseUser(context.store.pool, { userId: user.id, by: context.viewer.name, reason }, context.now);
    return { erased: true, receipt: { id: toGlobalId("User", user.id), at: context.now }, errors: [] };
  }
}
