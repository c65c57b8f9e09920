import { solveSymmetric } from "./cholesky.js";
import { fitIsotonic, followCurve, type RisingCurve } from "./isotonic.js";
import { sigmoid } from "./logistic.js";

/** Turns a model's score into log-odds: a x score + b, or, where there is a curve, its height at the score. */
export interface Calibration {
  readonly a: number;
  readonly b: number;
  readonly curve?: RisingCurve;
}

/**
 * From so many rows on a curve is tried beside Platt's line, and taken where its Brier score on rows held out is lower. On fewer a
 * curve follows chance (Niculescu-Mizil & Caruana, "Predicting good probabilities with supervised learning", ICML 2005), and what it
 * gains is less than what the next sample moves.
 */
export const LEAST_ROWS_FOR_CURVE = 20_000;

/** Leaves log-odds as they are. */
export const UNCALIBRATED: Calibration = { a: 1, b: 0 };

/**
 * Platt scaling (Platt 1999, with the targets, the Newton method and the line search of Lin, Lin & Weng, "A note on Platt's
 * probabilistic outputs for support vector machines", Machine Learning 68, 2007; their A is -a, their B is -b). The targets stand
 * a little inside 0 and 1, so that perfectly separated scores do not become certainties.
 *
 * Fit it on scores of rows that the model has not seen. Where a higher score means a lower risk there, the model has learned
 * nothing that holds, and the answer is the overall share (a = 0) rather than a model turned upside down.
 *
 * @throws RangeError when labels do not fit the scores or one of the two is absent
 */
export function fitPlatt(scores: Float64Array, labels: Uint8Array): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = labels.length - positives;
  if (scores.length !== labels.length || positives === 0 || negatives === 0) {
    throw new RangeError(
      `Calibration needs rows of both labels, not ${positives} of ${labels.length} for ${scores.length} scores.`,
    );
  }
  const targets = Float64Array.from(labels, (label) => (label === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2)));
  let current: Calibration = { a: 0, b: Math.log((positives + 1) / (negatives + 1)) };
  let loss = lossOf(scores, targets, current);
  for (let round = 0; round < 100; round++) {
    const { gradient, hessian } = derivatives(scores, targets, current);
    if (Math.abs(gradient[0]!) < 1e-9 * scores.length && Math.abs(gradient[1]!) < 1e-9 * scores.length) break;
    const step = Float64Array.from(gradient);
    solveSymmetric(hessian, step);
    const slope = gradient[0]! * step[0]! + gradient[1]! * step[1]!;
    let size = 1;
    let next = current;
    let nextLoss = Number.POSITIVE_INFINITY;
    while (size > 1e-10) {
      next = { a: current.a - size * step[0]!, b: current.b - size * step[1]! };
      nextLoss = lossOf(scores, targets, next);
      if (nextLoss < loss - 1e-4 * size * slope) break;
      size /= 2;
    }
    if (size <= 1e-10) break;
    current = next;
    loss = nextLoss;
  }
  return current.a > 0 ? current : { a: 0, b: Math.log((positives + 1) / (negatives + 1)) };
}

/** Isotonic calibration as a Calibration; Platt's line stays beside the curve. */
export function fitCurve(scores: Float64Array, labels: Uint8Array): Calibration {
  return { ...fitPlatt(scores, labels), curve: fitIsotonic(scores, labels) };
}

/** The calibrated log-odds of each score. */
export function calibrate(scores: Float64Array, { a, b, curve }: Calibration): Float64Array {
  return curve ? followCurve(curve, scores) : scores.map((score) => a * score + b);
}

function lossOf(scores: Float64Array, targets: Float64Array, { a, b }: Calibration): number {
  let loss = 0;
  for (let row = 0; row < scores.length; row++) {
    const x = a * scores[row]! + b;
    loss += Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - targets[row]! * x;
  }
  return loss;
}

function derivatives(scores: Float64Array, targets: Float64Array, { a, b }: Calibration) {
  const gradient = new Float64Array(2);
  // The trace on the diagonal keeps the matrix invertible where all scores are equal.
  const hessian = Float64Array.of(1e-12, 0, 0, 1e-12);
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    const p = sigmoid(a * score + b);
    const spread = p * (1 - p);
    gradient[0]! += (p - targets[row]!) * score;
    gradient[1]! += p - targets[row]!;
    hessian[0]! += spread * score * score;
    hessian[2]! += spread * score;
    hessian[3]! += spread;
  }
  return { gradient, hessian };
}
