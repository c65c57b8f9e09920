import { Field, Float, Int, ObjectType } from "type-graphql";
import { Tag } from "../tags/tag.type.js";

@ObjectType({ description: "An event directly followed by another, by their types." })
export class EventPair {
  @Field(() => String)
  first!: string;
  @Field(() => String)
  next!: string;
}

@ObjectType({ description: "Something users showed before they churned: a tag, or one event directly followed by another." })
export class PreChurnSign {
  @Field(() => Tag, { nullable: true })
  tag!: Tag | null;
  @Field(() => EventPair, { nullable: true })
  sequence!: EventPair | null;
  @Field(() => Int)
  users!: number;
  @Field(() => Float, { description: "The share of the eligible users who showed it." })
  support!: number;
  @Field(() => Float)
  churnRate!: number;
  @Field(() => Float, { description: "Of the eligible users who did not show it." })
  churnRateWithout!: number;
  @Field(() => Float, { nullable: true, description: "The former over the latter; null where nobody without it churned." })
  lift!: number | null;
  @Field(() => Float, { description: "The bounds of the lift's 95 % confidence interval (Katz)." })
  liftLow!: number;
  @Field(() => Float, { nullable: true, description: "Null where nobody without it churned." })
  liftHigh!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "The lift among users of like frequency (Mantel and Haenszel over bands of activity in the lookback): frequent users show more of everything and churn less.",
  })
  likeWithLikeLift!: number | null;
  @Field(() => Float, { description: "Two-sided, corrected for the number of signs by Benjamini and Hochberg." })
  pValue!: number;
}
