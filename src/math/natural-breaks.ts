import { sortedPresent } from "./quantile.js";

/** A run of neighbouring values: both ends belong to it. */
export interface NaturalClass {
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/**
 * Natural breaks: the division of the values into classes with the least sum of squared distances to their class's mean. This
 * is the exact optimum (Fisher, "On grouping for maximum homogeneity", JASA 53, 1958; Jenks 1977), found by dynamic programming
 * over the distinct values. The best last cut moves right with the right end, so each layer is filled by divide and conquer in
 * O(n log n) instead of O(n^2): 100,000 distinct values in five classes take well under a second.
 *
 * Equal values stay together. Of divisions that are equally good the one with the lowest cuts is taken. NaN is left out.
 *
 * @param classes how many classes are wanted; with fewer distinct values every value is a class of its own
 * @returns the classes, the lowest first; none when there is no value
 * @throws RangeError when classes is not a positive integer
 */
export function naturalBreaks(values: Float64Array, classes: number): NaturalClass[] {
  if (!Number.isInteger(classes) || classes < 1) throw new RangeError(`Natural breaks need at least one class, not ${classes}.`);
  const { distinct, upTo, within } = prefixSums(sortedPresent(values));
  const wanted = Math.min(classes, distinct.length);
  if (wanted === 0) return [];

  // lastCut[c][j]: where the last of c + 1 classes begins, when they cover the distinct values 0 .. j.
  const lastCut: Int32Array[] = [new Int32Array(distinct.length)];
  let cost = Float64Array.from(distinct, (_, j) => within(0, j));
  for (let c = 1; c < wanted; c++) {
    const cuts = new Int32Array(distinct.length);
    cost = nextLayer(cost, c, cuts, within);
    lastCut.push(cuts);
  }

  const found: NaturalClass[] = [];
  let end = distinct.length - 1;
  for (let c = wanted - 1; c >= 0; c--) {
    const start = lastCut[c]![end]!;
    found.push({ min: distinct[start]!, max: distinct[end]!, count: upTo[end + 1]! - upTo[start]! });
    end = start - 1;
  }
  return found.reverse();
}

/** The sum over all values of the squared distance to the mean of their class: what natural breaks make as small as possible. */
export function withinSumOfSquares(values: Float64Array, classes: readonly NaturalClass[]): number {
  let total = 0;
  for (const { min, max } of classes) {
    const members = values.filter((value) => value >= min && value <= max);
    const mean = members.reduce((sum, value) => sum + value, 0) / members.length;
    for (const value of members) total += (value - mean) ** 2;
  }
  return total;
}

/** The least cost of covering 0 .. j with one class more than `previous` did, for every j; `cuts` receives where the last begins. */
function nextLayer(
  previous: Float64Array,
  classesBefore: number,
  cuts: Int32Array,
  within: (first: number, last: number) => number,
): Float64Array<ArrayBuffer> {
  const next = new Float64Array(previous.length).fill(Number.POSITIVE_INFINITY);
  const solve = (from: number, to: number, lowestCut: number, highestCut: number): void => {
    if (from > to) return;
    const middle = (from + to) >>> 1;
    let best = Number.POSITIVE_INFINITY;
    let bestCut = lowestCut;
    for (let cut = lowestCut; cut <= Math.min(middle, highestCut); cut++) {
      const cost = previous[cut - 1]! + within(cut, middle);
      if (cost < best) {
        best = cost;
        bestCut = cut;
      }
    }
    next[middle] = best;
    cuts[middle] = bestCut;
    solve(from, middle - 1, lowestCut, bestCut);
    solve(middle + 1, to, bestCut, highestCut);
  };
  solve(classesBefore, previous.length - 1, classesBefore, previous.length - 1);
  return next;
}

/** The distinct values, how many values lie before each, and the sum of squares within a run of them in constant time. */
function prefixSums(sorted: Float64Array) {
  const distinct = Float64Array.from(new Set(sorted));
  const upTo = new Float64Array(distinct.length + 1);
  const sums = new Float64Array(distinct.length + 1);
  const squares = new Float64Array(distinct.length + 1);
  // Measured from the middle value, so that far-off values (dates, say) do not drown the differences in rounding; a value of
  // the data rather than the mean, so that sums of whole numbers stay exact.
  const origin = sorted[sorted.length >>> 1] ?? 0;
  let seen = 0;
  for (let d = 0; d < distinct.length; d++) {
    const start = seen;
    while (seen < sorted.length && sorted[seen] === distinct[d]) seen++;
    const moved = distinct[d]! - origin;
    upTo[d + 1] = seen;
    sums[d + 1] = sums[d]! + moved * (seen - start);
    squares[d + 1] = squares[d]! + moved * moved * (seen - start);
  }
  const within = (first: number, last: number): number => {
    const sum = sums[last + 1]! - sums[first]!;
    return squares[last + 1]! - squares[first]! - (sum * sum) / (upTo[last + 1]! - upTo[first]!);
  };
  return { distinct, upTo, within };
}
