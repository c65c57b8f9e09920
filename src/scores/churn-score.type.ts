import { Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { CONTRIBUTION_DIRECTIONS, type ContributionDirection } from "./ranking.js";

const DirectionEnum = Object.fromEntries(CONTRIBUTION_DIRECTIONS.map((direction) => [direction, direction]));
registerEnumType(DirectionEnum, {
  name: "ContributionDirection",
  description: "What a higher value of the tag does to the risk over the population; MIXED where it works both ways.",
});

@ObjectType({ description: "How much one tag moved one user's score." })
export class Factor {
  @Field(() => Float, { nullable: true, description: "The tag's value; null where the user has none." })
  value!: number | null;
  @Field(() => String, { nullable: true, description: "Of a TEXT tag what it says; its value is then null." })
  text!: string | null;
  @Field(() => Float, {
    description: "In log-odds, above 0 where it raises the risk. All of them and baseLogOdds sum to logOdds.",
  })
  contribution!: number;
  @Field(() => String, { description: "The same in words." })
  sentence!: string;
}

@ObjectType({ description: "A calibrated probability that the user churns within the horizon." })
export class ChurnScore {
  @Field(() => Float)
  probability!: number;
  @Field(() => Int)
  horizonDays!: number;
  @Field(() => DateTime, {
    description: "The asOf of the tags it was computed from; a later refresh that changed nothing leaves it.",
  })
  scoredAt!: Date;
  @Field(() => Float, { description: "The log-odds of a user of whom nothing is known." })
  baseLogOdds!: number;
  @Field(() => Float, { description: "The log-odds of the probability." })
  logOdds!: number;
}

export const GROUPED_ARGUMENT = {
  defaultValue: false,
  description: "Tags that say much the same (a rank correlation of 0.8 with the leader) stand together as one.",
} as const;

@ObjectType({ description: "A tag's place among those that move the scores of a population." })
export class ContributionRank {
  @Field(() => Int)
  rank!: number;
  @Field(() => Float, { description: "In log-odds; of a group, of the sum over its tags." })
  meanAbsoluteContribution!: number;
  @Field(() => Float, {
    nullable: true,
    description:
      "Signed, in log-odds: above 0 where it raises the risk of this population against that of the users the model was trained on. Null in older models.",
  })
  meanContribution?: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "The AUC that the model loses on users held out when the values are dealt out at random (of a group, all of its tags' together). Null where it was not tried.",
  })
  permutationImportance?: number | null;
  @Field(() => Float, { description: "Of the sum over all tags of the model." })
  share!: number;
  @Field(() => DirectionEnum)
  direction!: ContributionDirection;
  @Field(() => Int, { description: "Over how many users it was taken; large populations are sampled." })
  users!: number;
}

@ObjectType({ description: "Users whose probability lies in [from, to); the last bin includes 1." })
export class ScoreBin {
  @Field(() => Float)
  from!: number;
  @Field(() => Float)
  to!: number;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: "How the scores of all users are spread." })
export class ScoreDistribution {
  @Field(() => Int)
  count!: number;
  @Field(() => Float, { nullable: true })
  mean!: number | null;
  @Field(() => [ScoreBin])
  bins!: ScoreBin[];
}
