import { isBetter, type LossComparison } from "./loss.js";

export const PROMOTIONS = ["IF_BETTER", "NEVER", "ALWAYS"] as const;
export type Promotion = (typeof PROMOTIONS)[number];

/*
 * The gate that a model passes to serve:
 * SIGNAL      it found something on users it had not seen (learn/signal.ts); never waived
 * NO_LEAK     no tag of it tells the outcome too well; a training with one is refused, so here stand those that were allowed by name
 * CALIBRATED  its probabilities are right on the average of each bin, on users it had not seen
 * BETTER      it saves more of the champion's log-loss than noise, on the same rows of the same later date
 * NO_DRIFT    today's users are scored about as the sample was: where a champion serves, a model that sees another population waits
 */
export const GATE_CHECKS = ["SIGNAL", "NO_LEAK", "CALIBRATED", "BETTER", "NO_DRIFT"] as const;
export type GateCheckKind = (typeof GATE_CHECKS)[number];

export interface GateCheck {
  readonly check: GateCheckKind;
  readonly passed: boolean;
  readonly sentence: string;
}

/** The champion, and what a model saves against it on the same rows. */
export interface ServingModel extends LossComparison {
  readonly version: number;
  readonly rows: number;
  /** The rows are of the last date, of which the model was taught nothing. */
  readonly isLater: boolean;
  /** The champion was taught on rows of that date, or of a later one. */
  readonly isFlattered: boolean;
}

/** What the gate looks at. */
export interface GateQuestion {
  readonly promotion: Promotion;
  readonly signal: boolean;
  readonly signalSentence: string;
  readonly rows: number;
  readonly calibrationError: number;
  /** Keys of suspected tags that were allowed by name. */
  readonly allowedLeaks: readonly string[];
  /** Null: there is no champion yet. */
  readonly champion: ServingModel | null;
  /** The population stability index of its scores, of today's users against those of the sample's last date; null: not known. */
  readonly scorePsi: number | null;
}

export interface Verdict {
  readonly promoted: boolean;
  readonly reason: string;
  readonly checks: readonly GateCheck[];
}

/** Off by so much on average, and probabilities no longer say what a budget can be planned by. */
const MOST_CALIBRATION_ERROR = 0.05;
/** Over 0.25 the population is another one (see math/psi.ts). */
export const MOST_PSI = 0.25;

/** Whether a model is to serve, check by check. One without a signal never does: its tiers would be the overall share for everybody. */
export function judgePromotion(question: GateQuestion): Verdict {
  const checks = checksOf(question);
  const failed = checks.find(({ passed }) => !passed);
  const signal = checks[0]!;
  const verdict = (promoted: boolean, reason: string) => ({ promoted, reason, checks });
  if (!signal.passed) return verdict(false, signal.sentence);
  if (question.promotion === "NEVER") return verdict(false, "It was asked not to be promoted.");
  if (question.promotion === "ALWAYS") return verdict(true, "It was asked to be promoted.");
  if (failed) return verdict(false, failed.sentence);
  return verdict(true, checks.find(({ check }) => check === "BETTER")!.sentence);
}

function checksOf({
  signal,
  signalSentence,
  rows,
  calibrationError,
  allowedLeaks,
  champion,
  scorePsi,
}: GateQuestion): readonly GateCheck[] {
  const noise = calibrationNoise(rows);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const checks: GateCheck[] = [
    { check: "SIGNAL", passed: signal, sentence: signalSentence },
    {
      check: "NO_LEAK",
      passed: allowedLeaks.length === 0,
      sentence:
        allowedLeaks.length === 0
          ? "No tag tells the outcome too well to have been known before it."
          : `It reads tags that tell the outcome almost perfectly and were allowed by name (${allowedLeaks.join(", ")}); whoever is sure of them promotes it by hand.`,
    },
    {
      check: "CALIBRATED",
      passed: calibrationError <= MOST_CALIBRATION_ERROR + noise,
      sentence: `Its probabilities are off by ${percent(calibrationError)} on average; up to ${percent(MOST_CALIBRATION_ERROR + noise)} is taken, of which ${percent(noise)} may be chance.`,
    },
  ];
  if (!champion)
    return [
      ...checks,
      { check: "BETTER", passed: true, sentence: "It is the first model of its definition with a usable signal." },
    ];
  const { saved, standardError, version, isLater, isFlattered } = champion;
  const better = isBetter(champion);
  const flattery = `. Version ${version} was taught on rows of that date, which flatters it: train at a later observation date, or promote by hand`;
  checks.push({
    check: "BETTER",
    passed: better,
    sentence: `It is ${better ? "" : "not "}better than the champion by more than noise: it saves ${saved.toFixed(4)} of the log-loss of version ${version} on the same ${champion.rows.toLocaleString("en")} rows${isLater ? " of the last date, which it was taught nothing of" : ""}, with a standard error of ${standardError.toFixed(4)}${!better && isFlattered ? flattery : ""}.`,
  });
  if (scorePsi !== null)
    checks.push({
      check: "NO_DRIFT",
      passed: scorePsi <= MOST_PSI,
      sentence: `Today's users get ${scorePsi <= MOST_PSI ? "much the same scores as" : "other scores than"} those it was trained on: a population stability index of ${scorePsi.toFixed(3)}, where over ${MOST_PSI} the population is another one.`,
    });
  return checks;
}

/**
 * The error that ten bins of so many perfectly calibrated rows show by chance, at most: each bin's share is off by sqrt(2 / pi) of its
 * standard deviation on average, which is largest where rows are spread evenly at a probability of a half.
 */
function calibrationNoise(rows: number): number {
  return Math.sqrt(2 / Math.PI) * 0.5 * Math.sqrt(10 / Math.max(rows, 1));
}
