import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { type Dependant, registerDependants } from "../tags/dependant.js";
import { ownerOfScheme, type SavedScheme, saveScheme } from "../tiers/save-scheme.step.js";
import { SaveTierSchemePayload, TierScheme } from "../tiers/tier.type.js";
import { allSchemesOfRequest, type TierSchemeRow, thingOfScheme } from "../tiers/tier-scheme.loader.js";
import { parsed } from "./catalogue.loader.js";
import { formatExpression } from "./format.js";
import { plainExpression } from "./save.step.js";
import { tagsAskedFor } from "./tags-asked.loader.js";
import { findRuled, readRules, ruleErrors } from "./tier-rule.step.js";
import { TierRule, TierSchemeInput } from "./tier-rule.type.js";

/** Tier schemes whose rules ask for tags. */
registerDependants(async (context, keys) => {
  const found = new Map<string, Dependant[]>(keys.map((key) => [key, []]));
  for (const scheme of await allSchemesOfRequest(context))
    for (const key of await tagsAskedFor(
      context,
      scheme.rules.map(({ where }) => where),
    ))
      found.get(key)?.push({ ...scheme, name: scheme.key, __typename: "TierScheme", thing: thingOfScheme(scheme) });
  return found;
});

@Resolver(() => TierScheme)
export class TierRuleResolver {
  @Mutation(() => SaveTierSchemePayload, {
    description: "Makes or changes a tier scheme and moves everybody to the tier it gives them.",
  })
  async saveTierScheme(
    @Arg("input", () => TierSchemeInput) input: TierSchemeInput,
    @Ctx() context: RequestContext,
  ): Promise<SavedScheme> {
    const owner = await ownerOfScheme(context, input.key);
    if (typeof owner !== "string") return { scheme: null, changed: [], errors: [owner] };
    const rules = (input.rules ?? []).map(({ where, then, reason }) => ({
      where: plainExpression(where),
      then,
      reason: reason ?? null,
    }));
    const errors = await ruleErrors(context, rules, owner);
    if (errors.length > 0) return { scheme: null, changed: [], errors };
    return saveScheme(context, owner, input, rules, findRuled);
  }

  @FieldResolver(() => String, { description: "The key." })
  name(@Root() { key }: TierSchemeRow): string {
    return key;
  }

  @FieldResolver(() => [TierRule], { description: "Second-level rules, in the order in which they are asked." })
  async rules(@Root() scheme: TierSchemeRow, @Ctx() context: RequestContext): Promise<TierRule[]> {
    const read = await readRules(context, scheme);
    return scheme.rules.map(({ where, then, reason }, place) => {
      const found = read[place];
      const [expression] = parsed(where);
      return {
        where,
        text: expression ? formatExpression(expression) : "",
        then,
        reason,
        error: found instanceof TidemarkError ? found.message : null,
      };
    });
  }
}
