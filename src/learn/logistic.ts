import { decompose, inverseDiagonal, solveSymmetric } from "./cholesky.js";
import { expectColumns, type Matrix } from "./matrix.js";

/** log-odds = intercept + the sum of weight x value. */
export interface LogisticWeights {
  readonly intercept: number;
  /** One for each column. */
  readonly weights: readonly number[];
}

export interface LogisticOptions {
  /** How little weights are held down: scikit-learn's C, by which the likelihood counts against half the squared weights. */
  readonly c: number;
  /** Where to begin; nearer the minimum it is reached in fewer steps. At zero when left out. */
  readonly from?: LogisticWeights;
  /** How small the mean slope of the likelihood has to become; 1e-9 when left out, which no further step would change. */
  readonly tolerance?: number;
}

/**
 * Logistic regression with an L2 penalty on all but the intercept: minimises w'w / 2 + C x (negative log-likelihood) by Newton's
 * method, which is iteratively reweighted least squares (Hastie, Tibshirani & Friedman, "The Elements of Statistical Learning",
 * 4.4.1). The penalty makes the minimum unique, so any other solver of this convention (scikit-learn's) finds the same weights.
 *
 * @param matrix prepared columns without missing values
 * @param labels 0 or 1, one for each row
 * @throws RangeError without rows or when labels do not fit the rows
 */
export function fitLogistic(matrix: Matrix, labels: Uint8Array, { c, from, tolerance = 1e-9 }: LogisticOptions): LogisticWeights {
  if (matrix.rows === 0 || labels.length !== matrix.rows) {
    throw new RangeError(`There are ${labels.length} labels for ${matrix.rows} rows.`);
  }
  const size = matrix.columns.length + 1;
  let solution = from ? Float64Array.of(from.intercept, ...from.weights) : new Float64Array(size);
  let state = evaluate(matrix, labels, solution, c);
  for (let round = 0; round < 100; round++) {
    const { gradient, hessian } = derivatives(matrix, labels, solution, state.probabilities, c);
    if (gradient.every((slope) => Math.abs(slope) < tolerance * Math.max(1, c * matrix.rows))) break;
    solveSymmetric(hessian, gradient);
    // Newton's step is halved until it no longer overshoots; far from the minimum it may.
    let size = 1;
    let next = solution.map((value, i) => value - gradient[i]!);
    let nextState = evaluate(matrix, labels, next, c);
    while (!(nextState.loss <= state.loss) && size > 1e-6) {
      size /= 2;
      next = solution.map((value, i) => value - size * gradient[i]!);
      nextState = evaluate(matrix, labels, next, c);
    }
    if (!(nextState.loss <= state.loss)) break;
    solution = next;
    state = nextState;
  }
  const [intercept, ...weights] = solution;
  return { intercept: intercept!, weights };
}

/**
 * How many of the weights the rows determine, and not the penalty: 0 to all of them (MacKay, "Bayesian Interpolation", Neural Computation
 * 4, 1992; the intercept is determined by the rows alone and not counted).
 *
 * @param fitted what was fitted to these rows with this `c`
 */
export function determinedWeights(matrix: Matrix, labels: Uint8Array, fitted: LogisticWeights, c: number): number {
  const size = matrix.columns.length + 1;
  const solution = Float64Array.of(fitted.intercept, ...fitted.weights);
  const { hessian } = derivatives(matrix, labels, solution, logisticLogOdds(matrix, fitted).map(sigmoid), c);
  decompose(hessian, size);
  // Where rows say nothing of a weight the penalty alone bends the likelihood, by 1.
  return inverseDiagonal(hessian, size)
    .subarray(1)
    .reduce((determined, variance) => determined + 1 - variance, 0);
}

/** The log-odds of each row. */
export function logisticLogOdds(matrix: Matrix, { intercept, weights }: LogisticWeights): Float64Array {
  expectColumns(matrix, weights.length);
  const logOdds = new Float64Array(matrix.rows).fill(intercept);
  for (const [j, weight] of weights.entries()) {
    const column = matrix.columns[j]!;
    for (let row = 0; row < matrix.rows; row++) logOdds[row]! += weight * column[row]!;
  }
  return logOdds;
}

/** From log-odds to probability, without overflow on either side. */
export function sigmoid(logOdds: number): number {
  if (logOdds >= 0) return 1 / (1 + Math.exp(-logOdds));
  const odds = Math.exp(logOdds);
  return odds / (1 + odds);
}

function evaluate(matrix: Matrix, labels: Uint8Array, solution: Float64Array, c: number) {
  const [intercept, ...weights] = solution;
  const logOdds = logisticLogOdds(matrix, { intercept: intercept!, weights });
  let loss = 0;
  for (const weight of weights) loss += (weight * weight) / 2;
  for (let row = 0; row < matrix.rows; row++) {
    // ln(1 + e^x) - y x, in the form that does not overflow.
    const x = logOdds[row]!;
    loss += c * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - labels[row]! * x);
  }
  return { loss, probabilities: logOdds.map(sigmoid) };
}

function derivatives(matrix: Matrix, labels: Uint8Array, solution: Float64Array, probabilities: Float64Array, c: number) {
  const size = solution.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const spread = probabilities.map((p) => c * p * (1 - p));
  const weighted = new Float64Array(matrix.rows);
  for (let i = 0; i < size; i++) {
    const column = i === 0 ? null : matrix.columns[i - 1]!;
    for (let row = 0; row < matrix.rows; row++) {
      const value = column ? column[row]! : 1;
      gradient[i]! += c * (probabilities[row]! - labels[row]!) * value;
      weighted[row] = spread[row]! * value;
    }
    for (let j = 0; j <= i; j++) {
      const other = j === 0 ? null : matrix.columns[j - 1]!;
      let sum = 0;
      if (other) for (let row = 0; row < matrix.rows; row++) sum += weighted[row]! * other[row]!;
      else for (let row = 0; row < matrix.rows; row++) sum += weighted[row]!;
      hessian[i * size + j] = sum;
    }
    if (i === 0) {
      // A trace of curvature keeps the intercept solvable where every probability has come to 0 or 1.
      hessian[0]! += 1e-12;
    } else {
      gradient[i]! += solution[i]!;
      hessian[i * size + i]! += 1;
    }
  }
  return { gradient, hessian };
}
