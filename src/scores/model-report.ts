import type { EvaluatedModelRow } from "./churn-model.loader.js";

const RANKED_TAGS = 5;

/** A model as lines that a person reads in a terminal: what it was trained on, how well it does, what moves it, and its fate. */
export function modelReport(model: EvaluatedModelRow): string[] {
  const { evaluation, sample } = model;
  const number = (value: number) => value.toLocaleString("en");
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const dates = sample.observationDates.map((date) => date.slice(0, 10)).join(" and ");
  const { crossValidation } = evaluation;
  return [
    `model      ${model.definition} version ${model.version}, ${model.algorithm}, ${model.state}`,
    `sample     ${number(sample.users)} users observed at ${dates}: ${number(sample.churned)} of ${number(sample.rows)} rows churned (${percent(sample.churned / sample.rows)})`,
    ...((sample.share ?? 1) < 1
      ? [
          `           ${percent(sample.share!)} of the eligible users, by a hash of them: all their rows are more than a training holds`,
        ]
      : []),
    `held out   AUC ${evaluation.auc.toFixed(4)}, Brier ${evaluation.brier.toFixed(4)}, log-loss ${evaluation.logLoss.toFixed(4)}, F1 ${evaluation.f1.toFixed(3)} (${crossValidation.folds} folds: AUC ${crossValidation.aucMean.toFixed(4)} ± ${crossValidation.aucSd.toFixed(4)})`,
    ...(evaluation.laterDate
      ? [
          `later date AUC ${evaluation.laterDate.auc.toFixed(4)}, Brier ${evaluation.laterDate.brier.toFixed(4)} on ${number(evaluation.laterDate.rows)} rows after the training`,
        ]
      : []),
    ...evaluation.candidates.map(
      ({ algorithm, aucMean, brierMean }) => `tried      ${algorithm}: AUC ${aucMean.toFixed(4)}, Brier ${brierMean.toFixed(4)}`,
    ),
    `calibrated ${evaluation.calibration === "ISOTONIC" ? "by an isotonic curve" : "by Platt's line"}, off by ${percent(evaluation.calibrationError)} on average`,
    `signal     ${evaluation.signalSentence}`,
    ...evaluation.ranking
      .slice(0, RANKED_TAGS)
      .map(
        ({ key, share, direction }, index) =>
          `${index === 0 ? "moved by  " : "          "} ${key} (${percent(share)}, ${direction})`,
      ),
    `fate       ${evaluation.promotion.reason}`,
  ];
}
