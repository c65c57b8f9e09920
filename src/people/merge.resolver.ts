import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf, toGlobalId } from "../node.js";
import type { UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { findUser } from "./find.loader.js";
import { MOST_MERGED, mergeUsers, unmergeUser } from "./merge.step.js";
import { MergedUser, MergeUsersInput, MergeUsersPayload, type UserReference } from "./merge.type.js";
import { refusedSource } from "./scope.js";
import { type MergedUserRow, mergedByUser, type UserRow, userById } from "./user.loader.js";
import { User } from "./user.type.js";

interface Payload {
  readonly user: UserRow | null;
  readonly errors: readonly UserError[];
}

@Resolver(() => User)
export class MergeResolver {
  @Mutation(() => MergeUsersPayload, {
    description:
      "Makes users one: everything of theirs is then the one's that stays, and their ids go on being answered, as that one. `unmergeUser` parts them again.",
  })
  async mergeUsers(
    @Ctx() context: RequestContext,
    @Arg("input", () => MergeUsersInput) input: MergeUsersInput,
  ): Promise<Payload> {
    if (input.from.length === 0 || input.from.length > MOST_MERGED)
      return refused("BAD_INPUT", `from has ${input.from.length} users; it takes 1 to ${MOST_MERGED}.`, ["input", "from"]);
    const errors: UserError[] = [];
    for (const [place, { source }] of [input.into, ...input.from].entries()) {
      const refusal = refusedSource(context.viewer, source, "any");
      if (refusal) errors.push({ ...refusal, path: place === 0 ? ["input", "into"] : ["input", "from", String(place - 1)] });
    }
    if (errors.length > 0) return { user: null, errors };
    const find = async (reference: UserReference, path: string[]): Promise<string | null> => {
      const found = await findUser(context, reference);
      if (!(found instanceof TidemarkError)) return found.id;
      errors.push({ code: found.code, message: found.message, path });
      return null;
    };
    const into = await find(input.into, ["input", "into"]);
    const from = await Promise.all(input.from.map((reference, place) => find(reference, ["input", "from", String(place)])));
    for (const [place, id] of from.entries())
      if (id !== null && id === into)
        errors.push({
          code: "BAD_INPUT",
          message: "That is the user that stays, and cannot be merged into itself; leave it out.",
          path: ["input", "from", String(place)],
        });
    if (into === null || errors.length > 0) return { user: null, errors };
    const userIds = [...new Set(from)].filter((id) => id !== null);
    const refusal = await mergeUsers(
      context.store.pool,
      { userIds, intoUserId: into, by: context.viewer.name },
      context.now,
    ).catch(refusalOf);
    if (refusal) {
      // Whoever was carried forward meanwhile was passed over, as the users were locked here.
      await context.advance(context.now);
      return { user: null, errors: [refusal] };
    }
    return { user: await carried(context, into), errors: [] };
  }

  @Mutation(() => MergeUsersPayload, {
    description:
      "Parts a user from the one it was merged into: it gets back what it had then; what was recorded since stays with the other. Answers the user that came back.",
  })
  async unmergeUser(
    @Ctx() context: RequestContext,
    @Arg("id", () => ID, { description: "Of the user that was merged: `User.mergedUsers { id }`." }) id: string,
  ): Promise<Payload> {
    if (context.viewer.sources !== null)
      return refused("FORBIDDEN", "A user is parted by whoever writes of every source; this key writes of some only.", ["id"]);
    const userId = idOf("User", id);
    const refusal = await unmergeUser(context.store.pool, userId, context.now).catch(refusalOf);
    if (refusal) return { user: null, errors: [{ ...refusal, path: ["id"] }] };
    return { user: await carried(context, userId), errors: [] };
  }

  @FieldResolver(() => [MergedUser], { description: "The users that were merged into this one, the earliest first." })
  async mergedUsers(@Root() user: UserRow, @Ctx() context: RequestContext): Promise<MergedUserRow[]> {
    const merged = await mergedByUser(context).load(user.id);
    return merged.map((row) => ({ ...row, id: toGlobalId("User", row.id) }));
  }
}

/** The user with everything that follows from the change. */
async function carried(context: RequestContext, userId: string): Promise<UserRow | null> {
  await context.advance(context.now);
  userById(context).clearAll();
  return userById(context).load(userId);
}

function refusalOf(error: unknown): UserError {
  if (error instanceof TidemarkError) return { code: error.code, message: error.message, path: ["input"] };
  throw error;
}

function refused(code: string, message: string, path: readonly string[]): Payload {
  return { user: null, errors: [{ code, message, path: [...path] }] };
}
