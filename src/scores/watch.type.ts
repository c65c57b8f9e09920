import { Field, Float, Int, ObjectType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { ReliabilityPoint } from "./model-evaluation.type.js";

@ObjectType({
  description:
    "What a champion foretold of up to 10,000 users, held against what happened once the horizon had passed. A forecast is kept every week and judged by itself.",
})
export class Backtest {
  @Field(() => DateTime, { description: "When it was foretold." })
  scoredAt!: Date;
  @Field(() => DateTime)
  judgedAt!: Date;
  @Field(() => Int)
  users!: number;
  @Field(() => Float, { description: "The sum of the probabilities: so many users were foretold to churn." })
  expected!: number;
  @Field(() => Int, { description: "So many did." })
  observed!: number;
  @Field(() => Float, { nullable: true, description: "Null where only one outcome occurred." })
  auc!: number | null;
  @Field(() => Float, { nullable: true, description: "DeLong's." })
  aucStandardError!: number | null;
  @Field(() => Float)
  brier!: number;
  @Field(() => Float)
  logLoss!: number;
  @Field(() => Float, { description: "Expected calibration error over ten bins." })
  calibrationError!: number;
  @Field(() => [ReliabilityPoint])
  reliability!: readonly ReliabilityPoint[];
}

@ObjectType({ description: "How far one input has moved." })
export class InputDrift {
  @Field(() => Float, { nullable: true, description: "The population stability index: over 0.25 the population is another one." })
  psi!: number | null;
}

@ObjectType({
  description:
    "How far the users whom a model scores have moved from those of its last observation date, over a sample of up to 5,000. Measured at every refresh of everybody while the model serves.",
})
export class ModelDrift {
  @Field(() => DateTime)
  asOf!: Date;
  @Field(() => Int)
  users!: number;
  @Field(() => Float, { nullable: true, description: "Of the scores." })
  scorePsi!: number | null;
}
