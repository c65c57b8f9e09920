import { equalWidthCuts } from "../math/equal-width.js";
import { naturalBreaks } from "../math/natural-breaks.js";
import { quantileCuts } from "../math/quantile-cuts.js";

/** What a business wants of the highest tier; exactly one is set. */
export interface TierGoal {
  /** At most so many users: what the team can call. */
  readonly capacity?: number | null;
  /** At least this share of those expected to churn. */
  readonly recall?: number | null;
  /** At least this share of the tier expected to churn. */
  readonly precision?: number | null;
}

/** One class of values: from (included) to the next one's from. */
export interface ValueClass {
  readonly count: number;
  /** The least and the greatest value in it; null when it is empty. */
  readonly min: number | null;
  readonly max: number | null;
  /** The mean of what is known of its members' churn; null when nothing is. */
  readonly churnRate: number | null;
}

/**
 * Cuts so that a value equal to a quantile stays below it, as is usual: the cut becomes the smallest value above the quantile.
 * Without any value above, the class is empty, and the cut is infinite.
 */
export function cutsByQuantile(values: Float64Array, classes: number): { cuts: number[]; thresholds: number[] } {
  const thresholds = quantileCuts(values, classes);
  const sorted = Float64Array.from(values).sort();
  return { thresholds, cuts: thresholds.map((threshold) => firstAbove(sorted, threshold)) };
}

export function cutsByNaturalBreaks(values: Float64Array, classes: number): { cuts: number[]; thresholds: number[] } {
  const cuts = naturalBreaks(values, classes)
    .slice(1)
    .map(({ min }) => min);
  return { cuts, thresholds: cuts };
}

export function cutsByEqualWidth(values: Float64Array, classes: number): { cuts: number[]; thresholds: number[] } {
  if (values.length === 0) return { cuts: [], thresholds: [] };
  const [min, max] = extent(values);
  const cuts = equalWidthCuts(min, max, classes);
  return { cuts, thresholds: cuts };
}

/**
 * The highest tier as the goal wants it; what is left is divided by natural breaks. Expectations are sums of the probabilities,
 * which are calibrated.
 *
 * @returns null when no cut reaches the goal
 */
export function cutsByGoal(probabilities: Float64Array, classes: number, goal: TierGoal): number[] | null {
  const sorted = Float64Array.from(probabilities).sort().reverse();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let chosen: number | null = null;
  let caught = 0;
  for (let i = 0; i < sorted.length; i++) {
    caught += sorted[i]!;
    // Equal scores stay together.
    if (sorted[i + 1] === sorted[i]) continue;
    const reached = i + 1;
    if (goal.capacity !== null && goal.capacity !== undefined) {
      if (reached > goal.capacity) break;
      chosen = sorted[i]!;
    } else if (goal.recall !== null && goal.recall !== undefined) {
      chosen = sorted[i]!;
      if (caught >= goal.recall * total) break;
    } else if (goal.precision !== null && goal.precision !== undefined) {
      if (caught / reached >= goal.precision) chosen = sorted[i]!;
    }
  }
  if (chosen === null) return null;
  const cut = chosen;
  const below = probabilities.filter((value) => value < cut);
  return [...cutsByNaturalBreaks(below, classes - 1).cuts, cut];
}

/** Who falls where: class i holds the values from cuts[i - 1] up to, but without, cuts[i]. */
export function classify(values: Float64Array, cuts: readonly number[], churn: Float64Array | null): ValueClass[] {
  const found = Array.from({ length: cuts.length + 1 }, () => ({
    count: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    churn: 0,
  }));
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let place = 0;
    while (place < cuts.length && value >= cuts[place]!) place++;
    const group = found[place]!;
    group.count++;
    group.min = Math.min(group.min, value);
    group.max = Math.max(group.max, value);
    group.churn += churn?.[i] ?? 0;
  }
  return found.map(({ count, min, max, churn: sum }) =>
    count === 0 ? { count, min: null, max: null, churnRate: null } : { count, min, max, churnRate: churn ? sum / count : null },
  );
}

/** The sum of squared distances of all values to the mean of their class. */
export function withinSumOfSquares(values: Float64Array, cuts: readonly number[]): number {
  const classOf = (value: number) => cuts.filter((cut) => value >= cut).length;
  const sums = new Float64Array(cuts.length + 1);
  const counts = new Float64Array(cuts.length + 1);
  for (const value of values) {
    sums[classOf(value)]! += value;
    counts[classOf(value)]! += 1;
  }
  return values.reduce((total, value) => total + (value - sums[classOf(value)]! / counts[classOf(value)]!) ** 2, 0);
}

export function extent(values: Float64Array): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

function firstAbove(sorted: Float64Array, threshold: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > threshold) high = middle;
    else low = middle + 1;
  }
  return sorted[low] ?? Number.POSITIVE_INFINITY;
}
