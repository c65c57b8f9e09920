import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { MODEL_FORMATS, type ModelFormat } from "../learn/foreign-model.js";
import { RULE_OPERATORS, type RuleOperator } from "../learn/rules.js";
import { Node } from "../node.js";
import { UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import { Job } from "../store/job.type.js";
import { named, TagDependant } from "../tags/tag.type.js";
import { type Algorithm, MODEL_STATES, type ModelState } from "./churn-model.entity.js";
import { AlgorithmEnum } from "./model-evaluation.type.js";

const ModelStateEnum = Object.fromEntries(MODEL_STATES.map((state) => [state, state]));
registerEnumType(ModelStateEnum, { name: "ModelState", description: "CHAMPION: the one of its definition that scores users." });
const PromotionEnum = { IF_BETTER: "IF_BETTER", NEVER: "NEVER", ALWAYS: "ALWAYS" } as const;
registerEnumType(PromotionEnum, {
  name: "Promotion",
  description:
    "Whether a trained model becomes the champion. IF_BETTER: when it passes every check of the gate (GateCheckKind). A model without a usable signal never does, not even with ALWAYS.",
});
@ObjectType({ description: "What a model was trained on." })
export class TrainingSample {
  @Field(() => Int, { description: "One row for each user and observation date." })
  rows!: number;
  @Field(() => Int)
  users!: number;
  @Field(() => Int, { description: "Rows that churned." })
  churned!: number;
  @Field(() => Float, {
    description:
      "Of the eligible users, by a hash of them; below 1 where there were more rows than a training holds (30 million numbers).",
  })
  share!: number;
  @Field(() => DateTime, { description: "The earliest observation date." })
  from!: Date;
  @Field(() => DateTime, { description: "The latest." })
  to!: Date;
  @Field(() => [DateTime])
  observationDates!: Date[];
  @Field(() => [String], { description: "Tags left out because they had one value throughout." })
  constantTags!: readonly string[];
  @Field(() => Int, {
    nullable: true,
    description:
      "Users left out because the data ends before their outcome is known: eligible at its end, and at none of the observation dates.",
  })
  censoredUsers?: number | null;
  @Field(() => [DateTime], { description: "Observation dates that were asked for and left out for the same reason." })
  censoredDates!: Date[];
  @Field(() => [String], { description: "Tags that tell the outcome almost perfectly and were allowed by name (allowLeaks)." })
  allowedLeaks!: readonly string[];
}

@ObjectType({ description: "One move of a model from state to state." })
export class ModelMove {
  @Field(() => ModelStateEnum, { nullable: true, description: "Null: it was trained." })
  from!: ModelState | null;
  @Field(() => ModelStateEnum)
  to!: ModelState;
  @Field(() => DateTime)
  at!: Date;
  @Field(() => String)
  by!: string;
  @Field(() => String)
  reason!: string;
}

@ObjectType({ implements: [Node, TagDependant], description: "A fitted model with its evaluation." })
export class ChurnModel extends Node {
  @Field(() => Int, { description: "From 1, for each definition." })
  version!: number;
  @Field(() => String, { description: "Key of the churn definition it foretells." })
  definition!: string;
  @Field(() => ModelStateEnum)
  state!: ModelState;
  @Field(() => AlgorithmEnum)
  algorithm!: Algorithm;
  @Field(() => Int)
  horizonDays!: number;
  @Field(() => DateTime)
  trainedAt!: Date;
  @Field(() => Float)
  seed!: number;
  @Field(() => String, { description: "SHA-256 of its parameters: the same data and seed give the same." })
  fingerprint!: string;
  @Field(() => String, {
    nullable: true,
    description: "SHA-256 of the sample it was trained on (users, dates, labels, features); null in older models.",
  })
  dataFingerprint!: string | null;
  @Field(() => String, { nullable: true, description: "Of the program that trained it; null in older models." })
  codeVersion!: string | null;
}

export const RuleOperatorEnum = named(RULE_OPERATORS);
registerEnumType(RuleOperatorEnum, { name: "RuleOperator" });

@InputType({ description: "One question of a rule; a user for whom the tag is undefined passes none." })
export class RuleTestInput {
  @Field(() => String, { description: "Key of a METRIC tag." })
  tag!: string;
  @Field(() => RuleOperatorEnum)
  op!: RuleOperator;
  @Field(() => Float)
  value!: number;
}

@InputType({
  description: "Points for users who pass all of its tests: `no visit for 30 days and last order more than 60 days ago`.",
})
export class ChurnRuleInput {
  @Field(() => [RuleTestInput], { description: "1 to 8." })
  all!: RuleTestInput[];
  @Field(() => Float, {
    defaultValue: 1,
    description: "Higher for more risk; what a sum of points means is learned from the sample.",
  })
  points: number = 1;
}

@ObjectType()
export class RuleTest {
  @Field(() => String, { description: "Key of a METRIC tag." })
  tag!: string;
  @Field(() => RuleOperatorEnum)
  op!: RuleOperator;
  @Field(() => Float)
  value!: number;
}

@ObjectType({ description: "Points for users who pass all of its tests." })
export class ChurnRule {
  @Field(() => [RuleTest])
  all!: readonly RuleTest[];
  @Field(() => Float)
  points!: number;
}

@InputType({ description: "Name a template, or a definition of your own." })
export class TrainChurnModelInput {
  @Field(() => String, {
    nullable: true,
    description: "retail, grocery, silence, saas, education, medical_aesthetics, automotive or finance.",
  })
  template?: string | null;
  @Field(() => String, { nullable: true })
  definition?: string | null;
  @Field(() => [String], {
    nullable: true,
    description:
      "Keys of computed tags: numbers, conditions and texts alike; when left out the METRIC tags of the template (churnTemplates), else all active ones.",
  })
  tags?: string[] | null;
  @Field(() => AlgorithmEnum, { nullable: true, description: "BEST when left out." })
  algorithm?: Algorithm | null;
  @Field(() => [ChurnRuleInput], {
    nullable: true,
    description:
      "Of RULES (and of BEST, which tries them): what is counted. Standard rules on silence and on little activity when left out.",
  })
  rules?: ChurnRuleInput[] | null;
  @Field(() => [DateTime], {
    nullable: true,
    description:
      "The latest ones whose horizon has passed when left out. Those whose horizon has not are left out, unless none remains.",
  })
  observationDates?: Date[] | null;
  @Field(() => PromotionEnum, { nullable: true, description: "IF_BETTER when left out." })
  promote?: keyof typeof PromotionEnum | null;
  @Field(() => Int, { nullable: true, description: "The same data and seed give the same model." })
  seed?: number | null;
  @Field(() => [String], {
    nullable: true,
    description:
      "Keys of tags that may tell the outcome almost perfectly (an AUC of 0.99 alone). Others are refused as LEAK_SUSPECTED. Such a model is promoted by hand only.",
  })
  allowLeaks?: string[] | null;
}

@ObjectType()
export class TrainChurnModelPayload {
  @Field(() => Job, { nullable: true })
  job!: Job | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

export const ModelFormatEnum = named(MODEL_FORMATS);
registerEnumType(ModelFormatEnum, {
  name: "ModelFormat",
  description:
    "How others write models of trees. XGBOOST: the JSON of Booster.save_model, objective binary:logistic. ML_RANDOM_FOREST: the JSON of ml-random-forest's RandomForestClassifier, labels 0 and 1.",
});

@InputType({
  description:
    "A model trained elsewhere, to foretell a definition. It is calibrated and judged on the sample as one that was trained here; where it has learned from these very users and dates it is flattered.",
})
export class ImportChurnModelInput {
  @Field(() => String, { description: "Key of the churn definition, or of a template." })
  definition!: string;
  @Field(() => ModelFormatEnum)
  format!: ModelFormat;
  @Field(() => String, { description: "Its JSON as text. Larger than a request may be: tidemark model import FILE." })
  model!: string;
  @Field(() => [String], {
    nullable: true,
    description:
      "Keys of METRIC tags, or of conditions, in the order of its columns; the names in the file where it has some, when left out.",
  })
  features?: string[] | null;
  @Field(() => [DateTime], { nullable: true, description: "The latest ones whose horizon has passed when left out." })
  observationDates?: Date[] | null;
  @Field(() => PromotionEnum, { nullable: true, description: "IF_BETTER when left out." })
  promote?: keyof typeof PromotionEnum | null;
}

@ObjectType()
export class PromoteChurnModelPayload {
  @Field(() => ChurnModel, { nullable: true })
  model!: ChurnModel | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
