import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { RFM_GROUPS, RFM_LAYERS, type RfmGroup, type RfmLayer } from "./rfm.js";
import { RFM_METHODS, type RfmMethod } from "./rfm-distribution.js";
import { named } from "./tag.type.js";

export const RfmLayerEnum = named(RFM_LAYERS);
registerEnumType(RfmLayerEnum, {
  name: "RfmLayer",
  description: "The usual eleven layers by recency and frequency scores, best first.",
});

export const RfmGroupEnum = named(RFM_GROUPS);
registerEnumType(RfmGroupEnum, {
  name: "RfmGroup",
  description:
    "The eleven layers in three: CHAMPIONS to PROMISING are to be kept (HIGH_VALUE_ACTIVE), NEED_ATTENTION to CANNOT_LOSE to be won back (AT_RISK), HIBERNATING and LOST are DORMANT.",
});

export const RfmMethodEnum = named(RFM_METHODS);
registerEnumType(RfmMethodEnum, {
  name: "RfmMethod",
  description: "How the population is divided into five.",
  valuesConfig: {
    VALUE: {
      description:
        "By the quintiles of the values (percentile_cont), or by cuts of your own. Equal values get equal scores, so that a score may hold more than a fifth of the users, or nobody: `emptyScores` names those.",
    },
    NTILE: {
      description:
        "Every score gets a fifth of the users (the lower ones one more where they do not divide). Equal values may get different scores: among equals the smaller external id, compared byte by byte, gets the lower score.",
    },
  },
});

@InputType({ description: "Cuts of your own: four ascending numbers for each; left out, those are the quintiles of the values." })
export class RfmCutsInput {
  @Field(() => [Float], { nullable: true, description: "In whole days; above one, the score is lower." })
  recency?: number[] | null;
  @Field(() => [Float], {
    nullable: true,
    description: "Above one, the score is higher. Two equal cuts leave the score between them empty.",
  })
  frequency?: number[] | null;
  @Field(() => [Float], { nullable: true })
  monetary?: number[] | null;
}

@ObjectType({
  description:
    "Recency, frequency and monetary value of a user's transactions (of their activity, where the store has no transactions).",
})
export class Rfm {
  @Field(() => Int, { description: "Whole days since the last one." })
  recencyDays!: number;
  @Field(() => Int)
  frequency!: number;
  @Field(() => Float, { description: "Sum of the amounts; the frequency once more where the store has no transactions." })
  monetary!: number;
}

@ObjectType({ description: "The four cuts between the five scores of each." })
export class RfmThresholds {
  @Field(() => [Float], { description: "In whole days; above one, the score is lower." })
  recency!: readonly number[];
  @Field(() => [Float], { description: "Above one, the score is higher." })
  frequency!: readonly number[];
  @Field(() => [Float])
  monetary!: readonly number[];
}

@ObjectType({ description: "How many users have the scores 1, 2, 3, 4 and 5." })
export class RfmScoreCounts {
  @Field(() => [Int])
  recency!: readonly number[];
  @Field(() => [Int])
  frequency!: readonly number[];
  @Field(() => [Int])
  monetary!: readonly number[];
}

@ObjectType()
export class RfmCell {
  @Field(() => Int)
  recency!: number;
  @Field(() => Int)
  frequency!: number;
  @Field(() => Int)
  monetary!: number;
  @Field(() => Int)
  count!: number;
}

@ObjectType()
export class RfmLayerCount {
  @Field(() => RfmLayerEnum)
  layer!: RfmLayer;
  @Field(() => Int)
  count!: number;
}

@ObjectType()
export class RfmGroupCount {
  @Field(() => RfmGroupEnum)
  group!: RfmGroup;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: "Scores that nobody has." })
export class RfmEmptyScores {
  @Field(() => [Int])
  recency!: readonly number[];
  @Field(() => [Int])
  frequency!: readonly number[];
  @Field(() => [Int])
  monetary!: readonly number[];
}

@ObjectType({ description: "The population by its scores of recency, frequency and money." })
export class RfmDistribution {
  @Field(() => DateTime)
  asOf!: Date;
  @Field(() => RfmMethodEnum)
  method!: RfmMethod;
  @Field(() => Int)
  users!: number;
  @Field(() => RfmThresholds, { nullable: true, description: "Null for NTILE, where equal values may have different scores." })
  thresholds!: RfmThresholds | null;
  @Field(() => RfmScoreCounts)
  scoreCounts!: RfmScoreCounts;
  @Field(() => RfmEmptyScores)
  emptyScores!: RfmEmptyScores;
  @Field(() => [String], {
    description: "The exact sum of the money of those with monetary score 1, 2, 3, 4 and 5, as decimals of four places.",
  })
  monetarySums!: readonly string[];
  @Field(() => [RfmCell], { description: "Those with at least one user." })
  cells!: readonly RfmCell[];
  @Field(() => [RfmLayerCount], { description: "Best layer first." })
  layers!: readonly RfmLayerCount[];
  @Field(() => [RfmGroupCount])
  groups!: readonly RfmGroupCount[];
}
