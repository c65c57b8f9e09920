import { type GraphQLSchema, isInputObjectType } from "graphql";
import { Field, Float, ID, InputType, Int, registerEnumType } from "type-graphql";
import { TagValue, type TagValueScalar } from "../scalars.js";
import { SeverityEnum } from "../tags/assignment.type.js";
import { BreakDirectionEnum } from "../tags/behavior-break.type.js";
import { RfmLayerEnum } from "../tags/rfm.type.js";
import { named } from "../tags/tag.type.js";
import { type Severity, TEST_OPERATORS, type TestOperator } from "./expression.js";

const TestOperatorEnum = named(TEST_OPERATORS);
registerEnumType(TestOperatorEnum, {
  name: "TestOperator",
  description: "An absent value passes none of them, NE included. IN and BETWEEN take values, the others value.",
});

@InputType()
export class TagCondition {
  @Field(() => String)
  key!: string;
  @Field(() => TestOperatorEnum, { nullable: true, description: "IS_SET when left out." })
  op?: TestOperator | null;
  @Field(() => TagValue, { nullable: true })
  value?: TagValueScalar | null;
  @Field(() => [TagValue], {
    nullable: true,
    description: "For IN the choices, for BETWEEN the low and the high end, both included.",
  })
  values?: TagValueScalar[] | null;
}

@InputType()
export class AttributeCondition {
  @Field(() => String)
  name!: string;
  @Field(() => TestOperatorEnum, { nullable: true, description: "IS_SET when left out." })
  op?: TestOperator | null;
  @Field(() => TagValue, { nullable: true, description: "A value of another type differs from it and has no order with it." })
  value?: TagValueScalar | null;
  @Field(() => [TagValue], { nullable: true })
  values?: TagValueScalar[] | null;
}

@InputType()
export class RiskTierCondition {
  @Field(() => [String], { description: "Keys of tiers of the scheme." })
  in!: string[];
  @Field(() => String, { nullable: true, description: "Key of the tier scheme; `default` when left out." })
  scheme?: string | null;
}

@InputType()
export class ProbabilityCondition {
  @Field(() => Float, { nullable: true })
  gte?: number | null;
  @Field(() => Float, { nullable: true })
  lt?: number | null;
}

@InputType()
export class ChoiceCondition {
  @Field(() => [String])
  in!: string[];
}

@InputType({ description: "How often something happened in [asOf - endingDaysAgo - withinDays, asOf - endingDaysAgo)." })
export class EventCondition {
  @Field(() => String, { nullable: true, description: "Key of an event type; any activity when left out." })
  type?: string | null;
  @Field(() => Int, { nullable: true, description: "1 when left out; 0 where atMost is given." })
  atLeast?: number | null;
  @Field(() => Int, { nullable: true, description: "0 means: did not." })
  atMost?: number | null;
  @Field(() => Int, { nullable: true, description: "Ever since when left out." })
  withinDays?: number | null;
  @Field(() => Int, { nullable: true, description: "0 when left out." })
  endingDaysAgo?: number | null;
  @Field(() => String, { nullable: true })
  category?: string | null;
  @Field(() => Float, { nullable: true, description: "Counts only events of at least this amount, each." })
  minAmount?: number | null;
}

@InputType()
export class ScoreRange {
  @Field(() => Int, { nullable: true })
  gte?: number | null;
  @Field(() => Int, { nullable: true })
  lte?: number | null;
}

@InputType()
export class RfmCondition {
  @Field(() => ScoreRange, { nullable: true, description: "Scores run from 1 to 5, the best." })
  recency?: ScoreRange | null;
  @Field(() => ScoreRange, { nullable: true })
  frequency?: ScoreRange | null;
  @Field(() => ScoreRange, { nullable: true })
  monetary?: ScoreRange | null;
  @Field(() => [RfmLayerEnum], { nullable: true })
  layer?: string[] | null;
}

@InputType()
export class DeclineCondition {
  @Field(() => String, { nullable: true, description: "Key of a decline tag, or of the metric that fell; any when left out." })
  metric?: string | null;
  @Field(() => [SeverityEnum], { nullable: true, description: "Any when left out." })
  severity?: Severity[] | null;
}

@InputType()
export class BehaviorBreakCondition {
  @Field(() => BreakDirectionEnum, { nullable: true, description: "Either when left out." })
  direction?: "DOWN" | "UP" | null;
  @Field(() => Int, { nullable: true, description: "Only breaks of the last so many days." })
  sinceDays?: number | null;
}

@InputType()
export class SegmentCondition {
  @Field(() => String)
  key!: string;
}

@InputType({
  description:
    "Who is meant: exactly one key per node, at most 12 levels and 200 nodes. `not` is everybody else of the population, those included of whom nothing is known.",
})
export class SegmentExpression {
  @Field(() => [SegmentExpression], { nullable: true })
  all?: SegmentExpression[] | null;
  @Field(() => [SegmentExpression], { nullable: true })
  any?: SegmentExpression[] | null;
  @Field(() => SegmentExpression, { nullable: true })
  not?: SegmentExpression | null;
  @Field(() => TagCondition, { nullable: true })
  tag?: TagCondition | null;
  @Field(() => RiskTierCondition, { nullable: true })
  riskTier?: RiskTierCondition | null;
  @Field(() => ProbabilityCondition, {
    nullable: true,
    description: "Of the default churn definition. Users without a score satisfy none.",
  })
  churnProbability?: ProbabilityCondition | null;
  @Field(() => ChoiceCondition, { nullable: true })
  lifecycleStage?: ChoiceCondition | null;
  @Field(() => AttributeCondition, {
    nullable: true,
    description: "Attributes have no history: at a past asOf they are those of now.",
  })
  attribute?: AttributeCondition | null;
  @Field(() => ChoiceCondition, {
    nullable: true,
    description: "Channels have no history: at a past asOf they are those of now.",
  })
  channel?: ChoiceCondition | null;
  @Field(() => EventCondition, { nullable: true })
  event?: EventCondition | null;
  @Field(() => RfmCondition, { nullable: true })
  rfm?: RfmCondition | null;
  @Field(() => DeclineCondition, { nullable: true })
  decline?: DeclineCondition | null;
  @Field(() => BehaviorBreakCondition, { nullable: true })
  behaviorBreak?: BehaviorBreakCondition | null;
  @Field(() => SegmentCondition, { nullable: true })
  segment?: SegmentCondition | null;
  @Field(() => [ID], { nullable: true, description: "Ids of users, at most 1,000." })
  ids?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'The same as a text: `tag.dormant and not tier in (LOW)`, `tag.orders_90d >= 2`, `probability in [0.5, 0.8)`, `stage = ACTIVE`, `event(type: order, atMost: 0, withinDays: 30)`, `rfm(recency: 1..2)`, `decline(severity: (SEVERE))`, `break(direction: DOWN)`, `attribute.city = "Oslo"`, `channel = web`, `segment.lapsing`. `not` binds closest, then `and`, then `or`.',
  })
  text?: string | null;
}

/** type-graphql cannot say @oneOf yet: said on the finished schema, so that clients and GraphiQL see it and graphql-js holds it. */
export function declareOneOf(schema: GraphQLSchema): GraphQLSchema {
  const type = schema.getType("SegmentExpression");
  if (isInputObjectType(type)) type.isOneOf = true;
  return schema;
}
