/** A stretch of one constant rate. */
export interface Segment {
  /** Its first item, and the first after it. */
  readonly from: number;
  readonly to: number;
  /** Events in it, and for how long. */
  readonly events: number;
  readonly exposure: number;
}

/**
 * Divides a series into stretches of constant Poisson rate, so that minus twice the log-likelihood plus a penalty for every change is least:
 * the exact optimum, by dynamic programming with the pruning of Killick, Fearnhead & Eckley, "Optimal detection of changepoints with a linear
 * computational cost" (PELT), JASA 107, 2012. A candidate that is beaten at t can only win again by a stretch from t that is too short, so
 * with shortest stretches of m items it is dropped from t + m on.
 *
 * Item i is events[i] events during exposure[i]. Counts in equal weeks have exposure 1; gaps between events are one event each during
 * the gap's length (exponential gaps are the same likelihood), and a silence that has not ended is no event during its length.
 *
 * @param penalty what one more change has to gain in twice the log-likelihood
 * @param shortest items of a stretch, at least 1
 * @returns the stretches in order; none for an empty series
 */
export function pelt(events: ArrayLike<number>, exposure: ArrayLike<number>, penalty: number, shortest: number): Segment[] {
  const items = events.length;
  if (shortest < 1) throw new RangeError(`A stretch has at least one item, not ${shortest}.`);
  if (items === 0) return [];
  const eventSums = sums(events);
  const exposureSums = sums(exposure);
  const cost = (from: number, to: number) => rateCost(eventSums[to]! - eventSums[from]!, exposureSums[to]! - exposureSums[from]!);

  const best = new Float64Array(items + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = -penalty;
  const previous = new Int32Array(items + 1);
  let candidates: { readonly from: number; droppedAt: number }[] = [{ from: 0, droppedAt: Number.POSITIVE_INFINITY }];
  for (let to = Math.min(shortest, items); to <= items; to++) {
    candidates = candidates.filter(({ droppedAt }) => droppedAt > to);
    for (const { from } of candidates) {
      // A series shorter than one stretch is one stretch all the same.
      if (to - from < shortest && from > 0) continue;
      const total = best[from]! + cost(from, to) + penalty;
      if (total < best[to]!) {
        best[to] = total;
        previous[to] = from;
      }
    }
    for (const candidate of candidates)
      if (to - candidate.from >= shortest && best[candidate.from]! + cost(candidate.from, to) >= best[to]!)
        candidate.droppedAt = Math.min(candidate.droppedAt, to + shortest);
    candidates.push({ from: to, droppedAt: Number.POSITIVE_INFINITY });
  }
  const segments: Segment[] = [];
  for (let to = items; to > 0; to = previous[to]!) {
    const from = previous[to]!;
    segments.unshift({
      from,
      to,
      events: eventSums[to]! - eventSums[from]!,
      exposure: exposureSums[to]! - exposureSums[from]!,
    });
  }
  return segments;
}

/** Minus twice the log-likelihood of events at their own mean rate, less the terms that every division shares; 0 ln 0 is 0. */
export function rateCost(events: number, exposure: number): number {
  return events === 0 ? 0 : -2 * events * Math.log(events / exposure);
}

function sums(values: ArrayLike<number>): Float64Array {
  const totals = new Float64Array(values.length + 1);
  for (let item = 0; item < values.length; item++) totals[item + 1] = totals[item]! + values[item]!;
  return totals;
}
