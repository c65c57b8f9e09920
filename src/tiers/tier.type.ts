import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import { TagDependant } from "../tags/tag.type.js";
import { CUT_METHODS, type CutMethod } from "./tier-scheme.entity.js";

const CutMethodEnum = Object.fromEntries(CUT_METHODS.map((method) => [method, method]));
registerEnumType(CutMethodEnum, {
  name: "CutMethod",
  description:
    "FIXED: cuts of one's own (0.5 and 0.8 when left out). EQUAL_WIDTH, QUANTILE, NATURAL_BREAKS (the exact optimum of Fisher and Jenks): from the values. GOAL: what the business wants of the highest tier.",
});

@ObjectType({ description: "A tier of a scheme." })
export class RiskTier {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Int, { description: "From 1, the lowest risk; 0 for one that the scheme no longer has." })
  rank!: number;
}

@ObjectType({ description: "The tier a user stands in." })
export class UserRiskTier {
  @Field(() => RiskTier)
  tier!: RiskTier;
  @Field(() => DateTime)
  since!: Date;
  @Field(() => RiskTier, { nullable: true, description: "The one before; null for the first." })
  previous!: RiskTier | null;
  @Field(() => String)
  reason!: string;
}

@ObjectType({ description: "One stay in a tier, from (included) to (not included; null: still there)." })
export class TierStay {
  @Field(() => RiskTier)
  tier!: RiskTier;
  @Field(() => DateTime)
  from!: Date;
  @Field(() => DateTime, { nullable: true })
  to!: Date | null;
  @Field(() => String)
  reason!: string;
}

@ObjectType({ implements: TagDependant, description: "How a score becomes a risk tier." })
export class TierScheme extends TagDependant {
  @Field(() => CutMethodEnum)
  method!: CutMethod;
  @Field(() => [Float], { description: "The lowest probability of each tier but the first: tiers are intervals [from, to)." })
  cuts!: readonly number[];
  @Field(() => [RiskTier], { description: "The lowest risk first." })
  tiers!: readonly RiskTier[];
  @Field(() => Float, { description: "A user comes down a tier only where the score lies so far below its cut." })
  hysteresis!: number;
}

@InputType({ description: "What the business wants of the highest tier; exactly one." })
export class TierGoalInput {
  @Field(() => Int, { nullable: true, description: "At most so many users." })
  capacity?: number | null;
  @Field(() => Float, { nullable: true, description: "At least this share of those expected to churn." })
  recall?: number | null;
  @Field(() => Float, { nullable: true, description: "At least this share of the tier expected to churn." })
  precision?: number | null;
}

@InputType()
export class TierCutsInput {
  @Field(() => CutMethodEnum)
  method!: CutMethod;
  @Field(() => Int, { nullable: true, description: "2 to 10; 3 when left out." })
  tiers?: number | null;
  @Field(() => [Float], { nullable: true, description: "For FIXED." })
  cuts?: number[] | null;
  @Field(() => TierGoalInput, { nullable: true, description: "For GOAL." })
  goal?: TierGoalInput | null;
  @Field(() => String, { nullable: true, description: "A METRIC tag to cut instead of the score." })
  tag?: string | null;
  @Field(() => String, {
    nullable: true,
    description: "Whose scores; with a tag, over whose eligible users. The default churn definition when left out.",
  })
  definition?: string | null;
  @Field(() => DateTime, { nullable: true, description: "With a tag: the day; now when left out." })
  asOf?: Date | null;
}

@ObjectType({ description: "A tier as it would be cut: from (included) to (not included, but for the last)." })
export class SuggestedTier {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Float)
  from!: number;
  @Field(() => Float)
  to!: number;
  @Field(() => Int)
  count!: number;
  @Field(() => Float, { nullable: true, description: "The least value in it." })
  min!: number | null;
  @Field(() => Float, { nullable: true, description: "The greatest." })
  max!: number | null;
  @Field(() => Float, {
    nullable: true,
    description: "The mean probability of its users; for a tag on a day whose horizon has passed, the share that did churn.",
  })
  expectedChurnRate!: number | null;
}

@ObjectType()
export class SuggestedCuts {
  @Field(() => [Float], { description: "The lowest value of each tier but the first." })
  cuts!: number[];
  @Field(() => [Float], {
    description:
      "What the method itself computed: for QUANTILE the interpolated quantiles (percentile_cont), above which a tier begins.",
  })
  thresholds!: number[];
  @Field(() => [SuggestedTier], { description: "The lowest values first." })
  tiers!: SuggestedTier[];
  @Field(() => Float, {
    description: "The sum of squared distances to the mean of each tier: natural breaks make it as small as possible.",
  })
  withinSumOfSquares!: number;
  @Field(() => Int)
  users!: number;
}

@InputType()
export class SchemeTierInput {
  @Field(() => String)
  key!: string;
  @Field(() => String, { nullable: true })
  name?: string | null;
}

/** What a scheme is but for its rules, which the segments room adds: they are segment expressions. */
@InputType()
export abstract class TierSchemeFields {
  @Field(() => String, {
    description: "1 to 60 lower-case letters, digits and underscores; `default` is the one that shows where none is named.",
  })
  key!: string;
  @Field(() => CutMethodEnum, { nullable: true, description: "FIXED when left out." })
  method?: CutMethod | null;
  @Field(() => [Float], { nullable: true, description: "Ascending probabilities, one fewer than there are tiers." })
  cuts?: number[] | null;
  @Field(() => [SchemeTierInput], { nullable: true, description: "The lowest risk first; LOW, MEDIUM, HIGH when left out." })
  tiers?: SchemeTierInput[] | null;
  @Field(() => TierGoalInput, { nullable: true, description: "For GOAL." })
  goal?: TierGoalInput | null;
  @Field(() => Float, {
    nullable: true,
    description: "Of probability, 0 (when left out) to 0.2: up at a cut, down only so far below it, so that tiers do not flap.",
  })
  hysteresis?: number | null;
}

@ObjectType({ description: "How many users went from one tier to another; null: none." })
export class TierChange {
  @Field(() => String, { nullable: true })
  from!: string | null;
  @Field(() => String, { nullable: true })
  to!: string | null;
  @Field(() => Int)
  count!: number;
}

@ObjectType()
export class SaveTierSchemePayload {
  @Field(() => TierScheme, { nullable: true })
  scheme!: TierScheme | null;
  @Field(() => [TierChange])
  changed!: readonly TierChange[];
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType({ description: "How many users stood in which tier at two instants: counts[i][j] went from tiers[i] to tiers[j]." })
export class TierMigration {
  @Field(() => [String], { description: "Keys of the tiers, the lowest risk first; the last, NONE, is having no tier." })
  tiers!: string[];
  @Field(() => [[Int]])
  counts!: number[][];
}
