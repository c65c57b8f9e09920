import { Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import { named } from "../tags/tag.type.js";
import { BASELINES, type BaselineKind } from "./baseline.js";
import { ALGORITHMS, type Algorithm } from "./churn-model.entity.js";
import { GATE_CHECKS, type GateCheckKind } from "./gate.js";
import { CALIBRATION_METHODS, type CalibrationMethod } from "./training.js";

export const AlgorithmEnum = Object.fromEntries(ALGORITHMS.map((algorithm) => [algorithm, algorithm]));
registerEnumType(AlgorithmEnum, {
  name: "Algorithm",
  description:
    "How a model learns. IMPORTED: it was trained elsewhere. BEST tries those that can be trained on the same folds and takes the best, the simpler one within one standard error.",
});
const GateCheckEnum = named(GATE_CHECKS);
registerEnumType(GateCheckEnum, {
  name: "GateCheckKind",
  description:
    "What a model has to pass to serve. SIGNAL: it found something on users it had not seen. NO_LEAK: no tag of it tells the outcome too well. CALIBRATED: its probabilities come true. BETTER: it saves more log-loss than noise against the champion on the same rows of the same later date, or is the first. NO_DRIFT: today's users are scored about as those it was trained on (asked where a champion serves).",
});
const BaselineEnum = named(BASELINES);
registerEnumType(BaselineEnum, {
  name: "BaselineKind",
  description:
    "RECENCY: days since the last event that counts, alone. OVERALL_RATE: the same probability for everybody. EVERYONE_CHURNS: certain that everybody does.",
});

const CalibrationEnum = Object.fromEntries(CALIBRATION_METHODS.map((method) => [method, method]));
registerEnumType(CalibrationEnum, {
  name: "CalibrationMethod",
  description:
    "How scores become probabilities. PLATT: a line in log-odds. ISOTONIC: a curve that never falls, tried from 20,000 rows on and taken where its Brier score on rows held out is lower.",
});

@ObjectType({ description: "Over the folds of users." })
export class CrossValidated {
  @Field(() => Int)
  folds!: number;
  @Field(() => Int, {
    nullable: true,
    description:
      "How often users were dealt into folds anew, which steadies the means: ten times where there are few, once where there are many; null: it was not kept.",
  })
  dealings?: number | null;
  @Field(() => Float)
  aucMean!: number;
  @Field(() => Float, { description: "The sample's standard deviation over the folds." })
  aucSd!: number;
  @Field(() => Float)
  brierMean!: number;
  @Field(() => Float)
  brierSd!: number;
  @Field(() => Float)
  logLossMean!: number;
  @Field(() => Float)
  logLossSd!: number;
}

@ObjectType({ description: "A tenth of the rows, the highest probabilities first." })
export class LiftDecile {
  @Field(() => Int)
  decile!: number;
  @Field(() => Float, { description: "How many times the overall churn rate." })
  lift!: number;
  @Field(() => Float)
  rate!: number;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: "Rows whose probability lies in (from, to], and what became of them." })
export class ReliabilityPoint {
  @Field(() => Float)
  from!: number;
  @Field(() => Float)
  to!: number;
  @Field(() => Float)
  predicted!: number;
  @Field(() => Float)
  observed!: number;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: "Rows at or above a threshold are flagged." })
export class Confusion {
  @Field(() => Float, { description: "The threshold that was used, to the nearest thousandth." })
  threshold!: number;
  @Field(() => Int)
  truePositive!: number;
  @Field(() => Int)
  falsePositive!: number;
  @Field(() => Int)
  trueNegative!: number;
  @Field(() => Int)
  falseNegative!: number;
}

@ObjectType({
  description:
    "Users held out and a later date at once: each user of the last observation date is judged by a model of other users at the earlier dates.",
})
export class LaterDate {
  @Field(() => Int)
  rows!: number;
  @Field(() => Float)
  auc!: number;
  @Field(() => Float)
  brier!: number;
  @Field(() => Float, { nullable: true, description: "Expected calibration error over ten bins; null in older models." })
  calibrationError?: number | null;
}

@ObjectType({ description: "With a confidence of 95 %." })
export class Interval {
  @Field(() => Float)
  lower!: number;
  @Field(() => Float)
  upper!: number;
}

@ObjectType({ description: "How sure the figures are: percentiles of a seeded bootstrap over users." })
export class EvaluationIntervals {
  @Field(() => Interval)
  auc!: Interval;
  @Field(() => Interval)
  prAuc!: Interval;
  @Field(() => Interval)
  brier!: Interval;
  @Field(() => Interval)
  logLoss!: Interval;
  @Field(() => Interval, { description: "Of the tenth of the rows with the highest probabilities." })
  topDecileLift!: Interval;
}

@ObjectType({ description: "A simpler answer, on the rows that the model is judged by." })
export class Baseline {
  @Field(() => BaselineEnum)
  kind!: BaselineKind;
  @Field(() => Float)
  auc!: number;
  @Field(() => Float)
  prAuc!: number;
  @Field(() => Float)
  brier!: number;
  @Field(() => Float)
  logLoss!: number;
  @Field(() => Float)
  topDecileLift!: number;
  @Field(() => Float, { description: "The log-loss that the model saves against it; below 0 where it is the better one." })
  saved!: number;
  @Field(() => Float, { description: "Of the saving, row by row." })
  standardError!: number;
}

@ObjectType({ description: "One check of the gate." })
export class GateCheck {
  @Field(() => GateCheckEnum)
  check!: GateCheckKind;
  @Field(() => Boolean)
  passed!: boolean;
  @Field(() => String)
  sentence!: string;
}

@ObjectType({ description: "An algorithm that was tried, on the same folds as the others." })
export class TriedAlgorithm {
  @Field(() => AlgorithmEnum)
  algorithm!: Algorithm;
  @Field(() => Float)
  aucMean!: number;
  @Field(() => Float)
  aucSd!: number;
  @Field(() => Float)
  brierMean!: number;
}

@ObjectType()
export class PromotionVerdict {
  @Field(() => Boolean)
  promoted!: boolean;
  @Field(() => String)
  reason!: string;
  @Field(() => [GateCheck], { description: "None in older models." })
  checks!: readonly GateCheck[];
}

@ObjectType({
  description:
    "How well the model foretells users it has not seen: each user's probability comes from a model, and a calibration, fitted without that user (k folds).",
})
export class ModelEvaluation {
  @Field(() => Int, { description: "Rows judged." })
  rows!: number;
  @Field(() => Float)
  auc!: number;
  @Field(() => Float, { description: "DeLong's standard error." })
  aucStandardError!: number;
  @Field(() => Float)
  prAuc!: number;
  @Field(() => Float, { description: "At the threshold 0.5, as are precision, recall and f1." })
  accuracy!: number;
  @Field(() => Float)
  precision!: number;
  @Field(() => Float)
  recall!: number;
  @Field(() => Float)
  f1!: number;
  @Field(() => Float)
  brier!: number;
  @Field(() => Float)
  logLoss!: number;
  @Field(() => CalibrationEnum)
  calibration!: CalibrationMethod;
  @Field(() => Float, { description: "Expected calibration error over ten bins." })
  calibrationError!: number;
  @Field(() => CrossValidated)
  crossValidation!: CrossValidated;
  @Field(() => [LiftDecile])
  lift!: readonly LiftDecile[];
  @Field(() => [ReliabilityPoint])
  reliability!: readonly ReliabilityPoint[];
  @Field(() => Boolean, { description: "Whether the model found anything worth acting on." })
  signal!: boolean;
  @Field(() => String)
  signalSentence!: string;
  @Field(() => LaterDate, { nullable: true, description: "Null when there was one observation date." })
  laterDate!: LaterDate | null;
  @Field(() => EvaluationIntervals, { nullable: true, description: "Null in older models." })
  intervals?: EvaluationIntervals | null;
  @Field(() => [Baseline], { description: "Recency alone, and what is said without any model; none in older models." })
  baselines!: readonly Baseline[];
  @Field(() => [TriedAlgorithm])
  candidates!: readonly TriedAlgorithm[];
  @Field(() => PromotionVerdict, { description: "Why it was promoted after its training, or was not." })
  promotion!: PromotionVerdict;
}
