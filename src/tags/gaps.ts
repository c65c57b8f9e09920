import { DAY_MS } from "./history.js";

/** In two passes over whole milliseconds, so that equal gaps have a deviation of exactly 0. */
export function gapSd(at: Float64Array, start: number, end: number): number {
  const gaps = end - start - 1;
  if (gaps < 1) return Number.NaN;
  const mean = (at[end - 1]! - at[start]!) / gaps;
  let squares = 0;
  for (let event = start + 1; event < end; event++) {
    const deviation = at[event]! - at[event - 1]! - mean;
    squares += deviation * deviation;
  }
  return Math.sqrt(squares / gaps) / DAY_MS;
}

export function gapMax(at: Float64Array, start: number, end: number): number {
  if (end - start < 2) return Number.NaN;
  let longest = 0;
  for (let event = start + 1; event < end; event++) longest = Math.max(longest, at[event]! - at[event - 1]!);
  return longest / DAY_MS;
}

/** Up to so many numbers are put in order by insertion: the call of a sort alone takes longer. */
const FEW = 40;

/** The median gap and its spread; gaps of one window are put in order once for both. */
export class Gaps {
  #sorted = new Float64Array(256);
  #start = -1;
  #end = -1;

  /** The events are another user's from now on. */
  forget(): void {
    this.#start = -1;
  }

  median(at: Float64Array, start: number, end: number): number {
    const count = end - start - 1;
    if (count < 1) return Number.NaN;
    this.#sort(at, start, end, count);
    return (this.#sorted[(count - 1) >> 1]! + this.#sorted[count >> 1]!) / 2 / DAY_MS;
  }

  /** The median of how far the gaps lie from their median, going outward from it: those below it and those above are in order already. */
  spread(at: Float64Array, start: number, end: number): number {
    const count = end - start - 1;
    if (count < 1) return Number.NaN;
    const median = this.median(at, start, end) * DAY_MS;
    const sorted = this.#sorted;
    let below = (count - 1) >> 1;
    let above = below + 1;
    let last = 0;
    let before = 0;
    for (let taken = 0; taken <= count >> 1; taken++) {
      before = last;
      const down = below < 0 ? Number.POSITIVE_INFINITY : Math.abs(sorted[below]! - median);
      const up = above >= count ? Number.POSITIVE_INFINITY : Math.abs(sorted[above]! - median);
      if (down <= up) below--;
      else above++;
      last = Math.min(down, up);
    }
    return (count % 2 === 1 ? last : (before + last) / 2) / DAY_MS;
  }

  #sort(at: Float64Array, start: number, end: number, count: number): void {
    if (start === this.#start && end === this.#end) return;
    this.#start = start;
    this.#end = end;
    if (this.#sorted.length < count) this.#sorted = new Float64Array(count * 2);
    const sorted = this.#sorted;
    for (let gap = 0; gap < count; gap++) sorted[gap] = at[start + gap + 1]! - at[start + gap]!;
    if (count > FEW) sorted.subarray(0, count).sort();
    else
      for (let place = 1; place < count; place++) {
        const value = sorted[place]!;
        let before = place - 1;
        for (; before >= 0 && sorted[before]! > value; before--) sorted[before + 1] = sorted[before]!;
        sorted[before + 1] = value;
      }
  }
}
