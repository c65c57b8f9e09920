import { type Histories, historiesOf } from "../tags/history.js";
import type { Condition } from "../tags/since.js";

/** A question about a computed tag: its program, and which of the program's answers pass. */
export interface TagTest {
  readonly condition: Condition;
  readonly passes: (value: number) => boolean;
}

/** Crossings that are looked at for one user; the last of them is then taken for due, which costs a look and no more. */
const MOST_CROSSINGS = 32;

/**
 * For each user the first whole millisecond after `asOf`, up to `until`, at which the answer is another one if nothing happens: infinity
 * where there is none. Between two instants at which an event crosses an edge of one of the tag's windows only days since something move,
 * along a line, so that a flip between them is found by halving; one that is taken back before the next crossing is not seen.
 *
 * @param histories with events that are dated ahead
 */
export function tagDue({ condition, passes }: TagTest, histories: Histories, asOf: number, until: number): Float64Array {
  const users = histories.userIds.length;
  const due = new Float64Array(users).fill(Number.POSITIVE_INFINITY);
  const answers = (of: Histories, at: Float64Array) => condition.program(of, at)[0]!.map((value) => (passes(value) ? 1 : 0));
  const now = answers(histories, new Float64Array(users).fill(asOf));
  let open = Int32Array.from({ length: users }, (_, user) => user);
  let from = new Float64Array(users).fill(asOf);
  for (let round = 0; open.length > 0; round++) {
    const some = open.length === users ? histories : historiesOf(histories, open);
    const next = Float64Array.from(open, (_, place) => Math.min(until, nextCrossing(some, place, from[place]!, condition)));
    const before = answers(
      some,
      Float64Array.from(next, (at, place) => Math.max(from[place]!, at - 1)),
    );
    const after = answers(some, next);
    const halving: number[] = [];
    const going: number[] = [];
    for (const [place, user] of open.entries()) {
      if (before[place] !== now[user]) halving.push(place);
      else if (after[place] !== now[user]) due[user] = next[place]!;
      else if (next[place]! < until && round < MOST_CROSSINGS) going.push(place);
      else if (next[place]! < until) due[user] = next[place]!;
    }
    if (halving.length > 0) {
      const found = halve(historiesOf(some, halving), {
        low: Float64Array.from(halving, (place) => from[place]!),
        high: Float64Array.from(halving, (place) => next[place]! - 1),
        holds: Float64Array.from(halving, (place) => now[open[place]!]!),
        answers,
      });
      for (const [i, place] of halving.entries()) due[open[place]!] = found[i]!;
    }
    from = Float64Array.from(going, (place) => next[place]!);
    open = Int32Array.from(going, (place) => open[place]!);
  }
  return due;
}

interface Halving {
  /** Where the answer is still `holds`. */
  readonly low: Float64Array;
  /** Where it is not. */
  readonly high: Float64Array;
  readonly holds: Float64Array;
  readonly answers: (of: Histories, at: Float64Array) => Float64Array;
}

function halve(histories: Histories, { low, high, holds, answers }: Halving): Float64Array {
  while (high.some((at, user) => at - low[user]! > 1)) {
    const middle = high.map((at, user) => Math.floor((at + low[user]!) / 2));
    const found = answers(histories, middle);
    for (const [user, at] of middle.entries()) {
      if (found[user] === holds[user]) low[user] = at;
      else high[user] = at;
    }
  }
  return high;
}

/** The first whole millisecond after `from` at which an event has crossed an edge of the windows. */
function nextCrossing({ offsets, at, typeIds }: Histories, user: number, from: number, { edges, isSeen }: Condition): number {
  const [first, end] = [offsets[user]!, offsets[user + 1]!];
  let next = Number.POSITIVE_INFINITY;
  for (const edge of edges) {
    // The oldest event that has not crossed it yet.
    let [low, high] = [first, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle]! + edge >= from) high = middle;
      else low = middle + 1;
    }
    while (low < end && isSeen[typeIds[low]!] !== 1) low++;
    if (low < end) next = Math.min(next, Math.floor(at[low]! + edge) + 1);
  }
  return next;
}
