import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { catalogueOf } from "../tags/tag.loader.js";
import { windowsAt } from "./churn-definition.js";
import { censored, chosenDefinition, dataSpan, definitionsOfRequest } from "./churn-definition.loader.js";
import { preChurnSigns } from "./pre-churn.loader.js";
import { PreChurnSign } from "./pre-churn.type.js";

@Resolver()
export class PreChurnResolver {
  @Query(() => [PreChurnSign], {
    description:
      "Which tags and which sequences of two events preceded churn more often than not having them did, the surest first (by the lower bound of the lift).",
  })
  async preChurnSigns(
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, { description: "The observation date; its horizon has to have passed." }) asOf: Date,
    @Arg("definition", () => String, { nullable: true, description: "Key of the churn definition; default: the default one." })
    key?: string | null,
    @Arg("first", () => Int, { defaultValue: 20 }) first = 20,
    @Arg("minUsers", () => Int, { defaultValue: 30, description: "Signs of fewer users are not judged." }) minUsers = 30,
    @Arg("all", () => Boolean, { defaultValue: false, description: "Those that precede churn less often, too." }) all = false,
  ): Promise<object[]> {
    if (minUsers < 1) throw new TidemarkError("BAD_INPUT", `minUsers is ${minUsers}; a sign has at least 1 user.`);
    const { pool } = context.store;
    const definition = chosenDefinition(await definitionsOfRequest(context), key);
    const span = await dataSpan(pool, definition, context.now);
    const reason = censored(definition, windowsAt(definition, asOf), span?.end);
    if (reason !== null) throw new TidemarkError("NO_SAMPLE", reason);
    const found = await preChurnSigns(pool, definition, asOf, minUsers);
    const { byId } = await catalogueOf(context)();
    return found
      .filter(({ sign }) => !("tag" in sign) || byId.has(sign.tag.id))
      .filter(({ lift }) => all || lift > 1)
      .sort((a, b) => b.liftLow - a.liftLow || b.users - a.users)
      .slice(0, pageSize(first))
      .map(({ sign, lift, liftHigh, ...strength }) => ({
        ...strength,
        lift: Number.isFinite(lift) ? lift : null,
        liftHigh: Number.isFinite(liftHigh) ? liftHigh : null,
        tag: "tag" in sign ? sign.tag : null,
        sequence: "tag" in sign ? null : sign,
      }));
  }
}
