import { type Bound, boundNodesOf } from "./bind.js";
import type { Lent } from "./rights.js";

/*
 * What a department lends for counting alone decides about some of the users in a group. Whoever asks knows all the rest, so it is they who
 * have to be many: not the group, which can be padded with users that are known. Kleene's three values find them: those about whom the
 * expression says neither yes nor no as long as nothing is known of what was lent.
 */

/** The first thing that a viewer may count by and not read, in any of some groups. */
export function lentIn(wheres: readonly (Bound | undefined)[]): Lent | undefined {
  for (const where of wheres) if (where) for (const node of boundNodesOf(where)) if (node.lent) return node.lent;
  return undefined;
}

/** Those whom only what was lent tells in or out. */
export function decidedByLent(where: Bound): Bound {
  const { surely, perhaps } = boundsOf(where);
  return { kind: "all", of: [perhaps, { kind: "not", of: surely }] };
}

const NOBODY: Bound = { kind: "ids", userIds: [] };
const EVERYBODY: Bound = { kind: "not", of: NOBODY };

interface Bounds {
  readonly surely: Bound;
  readonly perhaps: Bound;
}

function boundsOf(where: Bound): Bounds {
  if (where.lent) return { surely: NOBODY, perhaps: EVERYBODY };
  if (where.kind === "not") {
    const { surely, perhaps } = boundsOf(where.of);
    return { surely: { kind: "not", of: perhaps }, perhaps: { kind: "not", of: surely } };
  }
  if (where.kind === "all" || where.kind === "any") {
    const parts = where.of.map(boundsOf);
    return {
      surely: { kind: where.kind, of: parts.map(({ surely }) => surely) },
      perhaps: { kind: where.kind, of: parts.map(({ perhaps }) => perhaps) },
    };
  }
  return { surely: where, perhaps: where };
}

/** A number that is told of lent data: the multiple of the smallest count below it. */
export function roundedDown(count: number, smallest: number): number {
  return count - (count % smallest);
}
