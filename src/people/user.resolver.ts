import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { registerNode, toGlobalId } from "../node.js";
import type { RequestContext } from "../request.js";
import { JSONObject } from "../scalars.js";
import { mayReadAttribute } from "./attribute.js";
import { attributesOfRequest } from "./attribute.loader.js";
import { refusedSource, writeAllowed } from "./scope.js";
import { findSource } from "./source.step.js";
import { type UpsertResult, upsertUsers } from "./upsert.step.js";
import { type IdentifierRow, identifiersByUser, type UserRow, userByExternalId, userById } from "./user.loader.js";
import { UpsertUsersInput, UpsertUsersPayload, User, UserIdentifier } from "./user.type.js";

registerNode("User", (context, ids) => Promise.all(ids.map((id) => userById(context).load(id))));

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, {
    nullable: true,
    description: "A user by the name that a source has for them; the source may be left out where only one user is meant.",
  })
  async user(
    @Ctx() context: RequestContext,
    @Arg("externalId", () => String) externalId: string,
    @Arg("source", () => String, { nullable: true }) source?: string | null,
  ): Promise<UserRow | null> {
    let sourceId: number | null = null;
    if (source !== null && source !== undefined) {
      const found = await findSource(context.store.pool, source);
      if (found === undefined)
        throw new TidemarkError(
          "UNKNOWN_SOURCE",
          `No data has come from a source ${JSON.stringify(source.slice(0, 100))}; leave source out, or name one that was written to.`,
        );
      sourceId = found;
    }
    return userByExternalId(context).load({ externalId, sourceId });
  }

  @FieldResolver(() => ID)
  id(@Root() user: UserRow): string {
    return toGlobalId("User", user.id);
  }

  @FieldResolver(() => JSONObject)
  async attributes(@Root() user: UserRow, @Ctx() context: RequestContext): Promise<UserRow["attributes"]> {
    const declared = await attributesOfRequest(context);
    return Object.fromEntries(Object.entries(user.attributes).filter(([key]) => mayReadAttribute(context.viewer, key, declared)));
  }

  @FieldResolver(() => [UserIdentifier], { description: "Every name by which a source knows the user." })
  identifiers(@Root() user: UserRow, @Ctx() context: RequestContext): Promise<IdentifierRow[]> {
    return identifiersByUser(context).load(user.id);
  }

  @Mutation(() => UpsertUsersPayload)
  async upsertUsers(
    @Ctx() context: RequestContext,
    @Arg("input", () => UpsertUsersInput) input: UpsertUsersInput,
  ): Promise<UpsertResult> {
    const result = await writeAllowed(
      input.users,
      ({ source }) => refusedSource(context.viewer, source),
      (users) => upsertUsers(context.store.pool, users, context.now),
    );
    await context.advance(context.now);
    return result;
  }
}
