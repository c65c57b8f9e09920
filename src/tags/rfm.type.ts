import { Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { RFM_LAYERS, type RfmLayer } from "./rfm.js";
import { named } from "./tag.type.js";

export const RfmLayerEnum = named(RFM_LAYERS);
registerEnumType(RfmLayerEnum, {
  name: "RfmLayer",
  description: "The usual eleven layers by recency and frequency scores, best first.",
});

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

@ObjectType({
  description:
    "The population by value quintiles: equal values get equal scores, so that a score may hold more than a fifth, or nobody.",
})
export class RfmDistribution {
  @Field(() => DateTime)
  asOf!: Date;
  @Field(() => Int)
  users!: number;
  @Field(() => RfmThresholds)
  thresholds!: RfmThresholds;
  @Field(() => RfmScoreCounts)
  scoreCounts!: RfmScoreCounts;
  @Field(() => [RfmCell], { description: "Those with at least one user." })
  cells!: readonly RfmCell[];
  @Field(() => [RfmLayerCount], { description: "Best layer first." })
  layers!: readonly RfmLayerCount[];
}
