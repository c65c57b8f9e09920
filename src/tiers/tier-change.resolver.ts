import { Arg, Ctx, Field, FieldResolver, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import { type ChangeRow, registerHidden } from "../people/change.loader.js";
import { Change } from "../people/change.type.js";
import { followChanges } from "../people/change-tail.loader.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { RiskTier } from "./tier.type.js";
import { tierOf } from "./tier-scheme.js";
import { allSchemesOfRequest, schemeFor, schemesOfRequest } from "./tier-scheme.loader.js";

registerHidden("RiskTierChange", async (context) => {
  const shown = await schemesOfRequest(context);
  return (await allSchemesOfRequest(context)).flatMap((scheme) => (shown.includes(scheme) ? [] : [scheme.id]));
});
interface TierChangeArguments {
  readonly tiers?: readonly string[] | null;
  readonly scheme?: string | null;
}

@ObjectType({ implements: Change, description: "A user came into another risk tier." })
export class RiskTierChange extends Change {
  @Field(() => String, { nullable: true })
  reason!: string | null;
}

@Resolver(() => RiskTierChange)
export class RiskTierChangeResolver {
  @Subscription(() => RiskTierChange, {
    description: "Users as they come into another tier, from now on; what came before is in `changes`.",
    subscribe: async ({ args, context }) => {
      const { tiers, scheme } = args as TierChangeArguments;
      const { store } = context as RequestContext;
      const { id } = await schemeFor(context as RequestContext, scheme);
      return followChanges(
        store.pool,
        ({ kind, subjectId, after }) =>
          kind === "RiskTierChange" && subjectId === id && (!tiers || (typeof after === "string" && tiers.includes(after))),
      );
    },
  })
  async riskTierChanged(
    @Root() change: ChangeRow,
    @Ctx() context: RequestContext,
    @Arg("tiers", () => [String], {
      nullable: true,
      description: "Keys of the tiers that users come into; all of them when left out.",
    })
    _tiers?: TierChangeArguments["tiers"],
    @Arg("scheme", () => String, { nullable: true, description: "Key of the tier scheme; `default` when left out." })
    scheme?: TierChangeArguments["scheme"],
  ): Promise<ChangeRow> {
    // Asked anew for each event: a grant may have run out meanwhile.
    await schemeFor(context, scheme);
    return change;
  }

  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => String, { description: "Key of the tier scheme." })
  async scheme(@Root() { subjectId }: ChangeRow, @Ctx() context: RequestContext): Promise<string> {
    return (await schemesOfRequest(context)).find(({ id }) => id === subjectId)?.key ?? String(subjectId);
  }

  @FieldResolver(() => RiskTier, { nullable: true, description: "Null: the user was in none." })
  from(@Root() { subjectId, before }: ChangeRow, @Ctx() context: RequestContext): Promise<RiskTier | null> {
    return tierIn(context, subjectId, before);
  }

  @FieldResolver(() => RiskTier, { nullable: true, description: "Null: the user is in none any more, for want of a score." })
  to(@Root() { subjectId, after }: ChangeRow, @Ctx() context: RequestContext): Promise<RiskTier | null> {
    return tierIn(context, subjectId, after);
  }
}

async function tierIn(context: RequestContext, schemeId: number, key: unknown): Promise<RiskTier | null> {
  if (typeof key !== "string") return null;
  const scheme = (await schemesOfRequest(context)).find(({ id }) => id === schemeId);
  // Its grant may have been taken back since somebody began to follow it.
  return scheme ? tierOf(scheme.tiers, key) : null;
}
