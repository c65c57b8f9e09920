import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import { CHURN_KINDS, type ChurnKind } from "./churn-definition.entity.js";

export const ChurnKindEnum = Object.fromEntries(CHURN_KINDS.map((kind) => [kind, kind]));
registerEnumType(ChurnKindEnum, {
  name: "ChurnKind",
  description:
    "Which events keep a user: TRANSACTION (orders), INTERACTION (any activity, orders too), SERVICE (events of that kind). eventTypes may narrow them.",
});

@ObjectType({
  description:
    "What counts as churn. Eligible at asOf: at least one such event in [asOf - lookbackDays, asOf). Churned: none in [asOf + leadDays, asOf + leadDays + horizonDays).",
})
export class ChurnDefinition {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => ChurnKindEnum)
  kind!: ChurnKind;
  @Field(() => [String], { description: "Keys of the event types that count; none means all of the kind." })
  eventTypes!: readonly string[];
  @Field(() => Int)
  horizonDays!: number;
  @Field(() => Int)
  lookbackDays!: number;
  @Field(() => Int, { description: "Days between the observation date and the horizon, left for acting." })
  leadDays!: number;
  @Field(() => Boolean, {
    description:
      "Whether User.churnScore and the risk tiers speak of this one. The definition of the first model that is promoted becomes the default; saveChurnDefinition(default: true) moves it.",
  })
  isDefault!: boolean;
  @Field(() => [Float], {
    nullable: true,
    description:
      "Where the tier scheme `default` cuts while this is the default definition, until somebody saves the scheme with cuts of its own. Null: at 0.5 and 0.8.",
  })
  cuts!: readonly number[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      "By which its model is trained anew (cron, UTC), to serve when it passes the gate; null: only when somebody says so.",
  })
  retrainSchedule!: string | null;
  @Field(() => DateTime, { nullable: true, description: "When that is due next." })
  retrainAt!: Date | null;
}

@ObjectType({ description: "One-click modelling for a line of business; docs/templates.md tells each at length." })
export class ChurnTemplate {
  @Field(() => String, { description: "What trainChurnModel(template:) takes; the churn definition has the same key." })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: "Whom it is for." })
  meantFor!: string;
  @Field(() => String, { description: "Why it is as it is." })
  because!: string;
  @Field(() => [Float], { description: "The lowest probabilities of the risk tiers MEDIUM and HIGH." })
  cuts!: readonly number[];
}

@InputType()
export class ChurnDefinitionInput {
  @Field(() => String, { description: "1 to 60 lower-case letters, digits and underscores. An existing one is changed." })
  key!: string;
  @Field(() => String, { nullable: true })
  name?: string | null;
  @Field(() => ChurnKindEnum)
  kind!: ChurnKind;
  @Field(() => [String], { nullable: true })
  eventTypes?: string[] | null;
  @Field(() => Int)
  horizonDays!: number;
  @Field(() => Int)
  lookbackDays!: number;
  @Field(() => Int, { nullable: true })
  leadDays?: number | null;
  @Field(() => [Float], {
    nullable: true,
    description:
      "Ascending probabilities between the risk tiers (ChurnDefinition.cuts); what was said before stays when left out.",
  })
  cuts?: number[] | null;
  @Field(() => Boolean, { nullable: true, description: "Makes it the default." })
  default?: boolean | null;
}

@ObjectType()
export class SaveChurnDefinitionPayload {
  @Field(() => ChurnDefinition, { nullable: true })
  definition!: ChurnDefinition | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType({ description: "Who could churn at a date, and who did." })
export class ChurnSample {
  @Field(() => Int, { description: "Users with an event that counts in the lookback before the date." })
  eligible!: number;
  @Field(() => Int, {
    nullable: true,
    description: "Those without one in the horizon; null where the data ends before the horizon does.",
  })
  churned!: number | null;
  @Field(() => Float, { nullable: true, description: "churned / eligible; null without eligible users." })
  baseRate!: number | null;
  @Field(() => String, { nullable: true, description: "Why the date cannot be an observation date; null when it can." })
  censored!: string | null;
  @Field(() => Int, {
    description: "Eligible users whose outcome is not known yet: all of them at such a date, nobody at others.",
  })
  censoredUsers!: number;
}

@ObjectType({ description: "What was going on at a day, counted over activity (interactions and transactions)." })
export class Activity {
  @Field(() => Int)
  eventsBefore!: number;
  @Field(() => Int)
  usersBefore!: number;
  @Field(() => Int, { description: "In [asOf - 30 d, asOf)." })
  eventsLast30!: number;
  @Field(() => Int, { description: "In [asOf - 60 d, asOf - 30 d)." })
  eventsPrior30!: number;
  @Field(() => Int)
  usersActiveLast30!: number;
  @Field(() => Int)
  usersActiveLast90!: number;
  @Field(() => String, { description: "The exact sum of transaction amounts, as a decimal." })
  amountBefore!: string;
  @Field(() => String, { description: "The same in [asOf - 30 d, asOf)." })
  amountLast30!: string;
  @Field(() => Int, { description: "In [asOf, asOf + horizonDays)." })
  eventsInHorizon!: number;
}
