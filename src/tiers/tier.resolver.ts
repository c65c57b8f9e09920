import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { type Connection, connectionOf, decodeCursor, notOfThisList, pageOf, pageSize } from "../page.js";
import { registerThing } from "../people/thing.step.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { bumpCatalogues } from "../store/setting.js";
import { classify, extent, withinSumOfSquares } from "./suggest.js";
import { readMigration, tierHistory, tierOfUser } from "./tier.loader.js";
import { RiskTier, SuggestedCuts, TierCutsInput, TierMigration, TierScheme, TierStay, UserRiskTier } from "./tier.type.js";
import { cutValues, scoreValues, tagValues } from "./tier-cuts.loader.js";
import { tierOf, tiersNamed } from "./tier-scheme.js";
import { schemeFor, schemesOfRequest, type TierSchemeRow } from "./tier-scheme.loader.js";
import "./merge.step.js";

const SCHEME_ARGUMENT = { nullable: true, description: "Key of a tier scheme; `default` when left out." } as const;
const MOST_TIERS = 10;

const TierStayConnection = connectionOf("TierStay", TierStay);

@Resolver(() => User)
export class UserTierResolver {
  @FieldResolver(() => UserRiskTier, { nullable: true, description: "Null for a user without a churn score." })
  async riskTier(
    @Root() user: UserRow,
    @Arg("scheme", () => String, SCHEME_ARGUMENT) key: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<UserRiskTier | null> {
    const { tiers } = await schemeFor(context, key);
    const held = await tierOfUser(context, user.id, key);
    if (!held) return null;
    const { tier, since, previous, reason } = held;
    return { tier: tierOf(tiers, tier), since, previous: previous === null ? null : tierOf(tiers, previous), reason };
  }

  @FieldResolver(() => TierStayConnection, { description: "Every stay in a tier, the latest first; with asOf, as it was then." })
  async riskTierHistory(
    @Root() user: UserRow,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
    @Arg("scheme", () => String, SCHEME_ARGUMENT) key: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Connection<TierStay>> {
    const limit = pageSize(first) + 1;
    const { tiers } = await schemeFor(context, key);
    const before = after ? instantOf(decodeCursor(after, 1)[0]) : null;
    const rows = await tierHistory(context, user.id, { scheme: key ?? null, asOf: asOf ?? null, before, limit });
    return pageOf(
      rows,
      first,
      (row) => [row.from.toISOString()],
      ({ tier, from, to, reason }) => ({ tier: tierOf(tiers, tier), from, to, reason }),
    );
  }
}

registerThing("TIER_SCHEME", {
  table: "tier_scheme",
  rows: "select id, key, key as name, department, visibility, key = 'default' as built_in from tier_scheme",
  changed: bumpCatalogues,
});

@Resolver(() => TierScheme)
export class TierSchemeResolver {
  @Query(() => [TierScheme])
  tierSchemes(@Ctx() context: RequestContext): Promise<TierSchemeRow[]> {
    return schemesOfRequest(context);
  }

  @FieldResolver(() => [RiskTier], { description: "The lowest risk first." })
  tiers(@Root() { tiers }: TierSchemeRow): RiskTier[] {
    return tiers.map(({ key }) => tierOf(tiers, key));
  }

  @Query(() => SuggestedCuts, { description: "Where tiers could be cut, and who would stand where." })
  async suggestTierCuts(
    @Arg("input", () => TierCutsInput) input: TierCutsInput,
    @Ctx() context: RequestContext,
  ): Promise<SuggestedCuts> {
    const tiers = input.method === "FIXED" && input.cuts ? input.cuts.length + 1 : (input.tiers ?? 3);
    if (!(tiers >= 2 && tiers <= MOST_TIERS))
      throw new TidemarkError("BAD_INPUT", `tiers is ${tiers}; it must be 2 to ${MOST_TIERS}.`);
    if (input.asOf && !input.tag)
      throw new TidemarkError("BAD_INPUT", "asOf is for tags; scores are cut as they stand. Name a tag, or leave asOf out.");
    const chosen = input.tag
      ? await tagValues(context, input.tag, input.definition, input.asOf ?? context.now)
      : await scoreValues(context, input.definition);
    const { cuts, thresholds } = cutValues(chosen, { ...input, tiers });
    const classes = classify(chosen.values, cuts, chosen.churn);
    const [low, high] = chosen.isScore ? [0, 1] : chosen.values.length === 0 ? [0, 0] : extent(chosen.values);
    const finite = (value: number) => (Number.isFinite(value) ? value : high);
    const names = tiersNamed(classes.length);
    return {
      cuts: cuts.map(finite),
      thresholds,
      tiers: classes.map(({ count, min, max, churnRate }, i) => ({
        ...names[i]!,
        from: i === 0 ? low : finite(cuts[i - 1]!),
        to: i === cuts.length ? high : finite(cuts[i]!),
        count,
        min,
        max,
        expectedChurnRate: churnRate,
      })),
      withinSumOfSquares: withinSumOfSquares(chosen.values, cuts),
      users: chosen.values.length,
    };
  }

  @Query(() => TierMigration, { description: "Who went where between two instants." })
  async tierMigration(
    @Arg("from", () => DateTime) from: Date,
    @Arg("to", () => DateTime) to: Date,
    @Arg("scheme", () => String, SCHEME_ARGUMENT) key: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<TierMigration> {
    if (from > to) throw new TidemarkError("BAD_INPUT", "from lies after to; exchange them.");
    const scheme = await schemeFor(context, key);
    const moves = await readMigration(context.store.pool, scheme.id, from, to);
    const known = scheme.tiers.map((tier) => tier.key);
    // Tiers that a former version of the scheme had stand between those of today and NONE.
    const former = moves.flatMap(({ before, after }) => [before, after]).filter((tier) => tier !== null && !known.includes(tier));
    const tiers = [...known, ...new Set(former as string[]), "NONE"];
    const counts = tiers.map(() => tiers.map(() => 0));
    for (const { before, after, count } of moves)
      counts[tiers.indexOf(before ?? "NONE")]![tiers.indexOf(after ?? "NONE")]! += count;
    return { tiers, counts };
  }
}

function instantOf(value: unknown): Date {
  const instant = new Date(typeof value === "string" ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw notOfThisList();
  return instant;
}
