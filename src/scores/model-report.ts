import type { Interval } from "../math/bootstrap.js";
import type { EvaluatedModelRow } from "./churn-model.loader.js";
import type { RankedTag } from "./ranking.js";

const RANKED_GROUPS = 6;

/**
 * A model as lines that a person reads in a terminal: what it was made from, how well it does and how sure that is, what simpler answers
 * do, what moves it, and its fate. Each line begins with what it is about.
 */
export function modelReport(model: EvaluatedModelRow): string[] {
  return [...made(model), ...judged(model), ...against(model), ...movedBy(model), ...fate(model)].map(
    ([about, text]) => `${about.padEnd(10)} ${text}`,
  );
}

type Line = readonly [about: string, text: string];

const number = (value: number) => value.toLocaleString("en");
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const within = (interval: Interval | undefined) =>
  interval ? ` (${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)})` : "";

function made({
  definition,
  version,
  algorithm,
  state,
  sample,
  horizonDays,
  seed,
  codeVersion,
  dataFingerprint,
}: EvaluatedModelRow): Line[] {
  const dates = sample.observationDates.map((date) => date.slice(0, 10)).join(" and ");
  return [
    ["model", `${definition} version ${version}, ${algorithm}, ${state}: who will be lost within ${horizonDays} days`],
    [
      "sample",
      `${number(sample.users)} users observed at ${dates}: ${number(sample.churned)} of ${number(sample.rows)} rows churned (${percent(sample.churned / sample.rows)})`,
    ],
    ...((sample.share ?? 1) < 1
      ? [
          [
            "",
            `${percent(sample.share!)} of the eligible users, by a hash of them: all their rows are more than a training holds`,
          ] as const,
        ]
      : []),
    ...(sample.censoredUsers
      ? [["left out", `${number(sample.censoredUsers)} users of late, for the data ends before their outcome is known`] as const]
      : []),
    ...(dataFingerprint
      ? [["made from", `data ${dataFingerprint.slice(0, 12)}, seed ${seed}, code ${codeVersion}`] as const]
      : []),
  ];
}

function judged({ evaluation }: EvaluatedModelRow): Line[] {
  const { crossValidation, intervals, laterDate } = evaluation;
  return [
    [
      "held out",
      `AUC ${evaluation.auc.toFixed(4)}${within(intervals?.auc)}, Brier ${evaluation.brier.toFixed(4)}${within(intervals?.brier)}, F1 ${evaluation.f1.toFixed(3)} on users it has not seen (${crossValidation.folds} folds${(crossValidation.dealings ?? 1) > 1 ? `, dealt ${crossValidation.dealings} times` : ""}: AUC ${crossValidation.aucMean.toFixed(4)} ± ${crossValidation.aucSd.toFixed(4)})`,
    ],
    ...(laterDate
      ? [
          [
            "later date",
            `AUC ${laterDate.auc.toFixed(4)}, Brier ${laterDate.brier.toFixed(4)} on ${number(laterDate.rows)} rows whose users and date it has not seen`,
          ] as const,
        ]
      : []),
    ["top tenth", `churns ${evaluation.lift[0]!.lift.toFixed(2)} times as often as all${within(intervals?.topDecileLift)}`],
    [
      "calibrated",
      `${evaluation.calibration === "ISOTONIC" ? "by an isotonic curve" : "by Platt's line"}, off by ${percent(evaluation.calibrationError)} on average`,
    ],
    ["signal", evaluation.signalSentence],
  ];
}

const BASELINE_NAMES = {
  RECENCY: "recency alone",
  OVERALL_RATE: "the overall rate",
  EVERYONE_CHURNS: "everybody churns",
} as const;

function against({ evaluation }: EvaluatedModelRow): Line[] {
  return [
    ...(evaluation.baselines ?? []).map(
      ({ kind, auc, brier, topDecileLift }) =>
        [
          "against",
          `${BASELINE_NAMES[kind]}: AUC ${auc.toFixed(4)}, Brier ${brier.toFixed(4)}, top tenth ${topDecileLift.toFixed(2)} times`,
        ] as const,
    ),
    ...evaluation.candidates.map(
      ({ algorithm, aucMean, brierMean }) =>
        ["tried", `${algorithm}: AUC ${aucMean.toFixed(4)}, Brier ${brierMean.toFixed(4)}`] as const,
    ),
  ];
}

function movedBy({ evaluation }: EvaluatedModelRow): Line[] {
  const ranked = evaluation.groups ?? evaluation.ranking;
  return ranked.slice(0, RANKED_GROUPS).map((tag, place) => [place === 0 ? "moved by" : "", described(tag)]);
}

function described({ key, keys, share, direction, aucLost }: RankedTag): string {
  const others = (keys?.length ?? 1) - 1;
  const named = others > 0 ? `${key} and ${others} that say${others === 1 ? "s" : ""} much the same` : key;
  const does = { RAISES: "more of it raises the risk", LOWERS: "more of it lowers the risk", MIXED: "works both ways" }[
    direction
  ];
  return `${named}: ${percent(share)}, ${does}${aucLost === undefined ? "" : `; without ${others > 0 ? "them" : "it"} the AUC falls by ${Math.max(aucLost, 0).toFixed(3)}`}`;
}

function fate({ evaluation: { promotion } }: EvaluatedModelRow): Line[] {
  return [
    ...(promotion.checks ?? []).map(
      ({ check, passed, sentence }) =>
        ["gate", `${passed ? "passed" : "failed"} ${check}${check === "SIGNAL" ? "" : `: ${sentence}`}`] as const,
    ),
    ["fate", `${promotion.promoted ? "promoted" : "not promoted"}: ${promotion.reason}`],
  ];
}
