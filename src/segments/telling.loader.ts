import { TidemarkError } from "../errors.js";
import { type RequestContext, SMALLEST_COUNT } from "../request.js";
import type { Bound } from "./bind.js";
import type { Instant } from "./compile.js";
import { decidedByLent, lentIn, roundedDown } from "./lent.js";
import { countUsers } from "./population.loader.js";
import { nameOf } from "./rights.js";

/**
 * How counts of some groups may be told: as they are, or, where what was lent for counting alone decides, as multiples of the smallest count,
 * and only if it decides about that many users at least.
 *
 * @throws TidemarkError TOO_FEW, which says nothing that the viewer does not know: who is decided about follows from the viewer's own data
 */
export async function tellingOf(
  context: RequestContext,
  wheres: readonly (Bound | undefined)[],
  at: Instant,
): Promise<(count: number) => number> {
  const lent = lentIn(wheres);
  if (!lent) return (count) => count;
  const smallest = smallestOf(context);
  const asked = wheres.filter((where) => where !== undefined && lentIn([where]) !== undefined) as Bound[];
  const decided = await countUsers(context.store.pool, asked.map(decidedByLent), at);
  // About nobody: then the answer is the viewer's own data.
  if (decided.some((count) => isTooFew(context, count)))
    throw new TidemarkError(
      "TOO_FEW",
      `Here ${nameOf(lent)} would tell about fewer than ${smallest} users; ask about more, or ask that department for the right to READ.`,
    );
  return (count) => roundedDown(count, smallest);
}

/** Of two groups those whom only what was lent tells in or out, `b` undefined: everybody not in `a`. Undefined: nothing was lent. */
export function decidedSides(a: Bound, b: Bound | undefined): readonly [Bound, Bound] | undefined {
  if (!lentIn([a, b])) return undefined;
  const ofA = decidedByLent(a);
  return [ofA, b === undefined ? ofA : decidedByLent(b)];
}

/** Of so many something is told only if they are not too few. */
export function isTooFew(context: RequestContext, decided: number): boolean {
  return decided > 0 && decided < smallestOf(context);
}

function smallestOf({ smallestCount }: RequestContext): number {
  return smallestCount ?? SMALLEST_COUNT;
}

/** Refuses to list users by what may only be counted by. */
export function refuseListing(wheres: readonly (Bound | undefined)[]): void {
  const lent = lentIn(wheres);
  if (lent)
    throw new TidemarkError(
      "FORBIDDEN",
      `Your department may count by ${nameOf(lent)}, and not see who is meant; ask for segmentPreview's counts, or for the right to READ with requestGrant.`,
      { withheld: [lent] },
    );
}
