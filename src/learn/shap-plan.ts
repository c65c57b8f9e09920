import { gaussLegendre } from "../math/gauss-legendre.js";
import type { Forest } from "./forest.js";

/** What explaining rows by a forest needs, whatever the row. Nodes stand tree by tree, each tree's parents before its children. */
export interface ShapPlan {
  /** The points that the integrals are taken at, four for each pass; one pass suffices for paths of up to 8 distinct columns. */
  readonly passes: readonly Pass[];
  /** Where each tree begins, and the end. */
  readonly starts: Int32Array;
  readonly mostNodes: number;
  /** As in Forest; -1 for a leaf. The left child follows its parent, and `right` counts from the tree's start, as `parent` does. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly missingLeft: Uint8Array;
  readonly right: Int32Array;
  readonly parent: Int32Array;
  /** The column that the parent asks. */
  readonly asked: Int32Array;
  /** Of the node's column: bit i for the i-th distinct column of its path. */
  readonly bit: Int32Array;
  readonly leafValue: Float64Array;
  /** What the trees answer in sum for a row of which nothing is known. */
  readonly base: number;
}

export const POINTS = 4;
export const EDGE_SIZE = 6 * POINTS;

/** Four points of the quadrature. */
export interface Pass {
  readonly weights: Float64Array;
  /**
   * For the way from its parent to each node six numbers for each point: what multiplies the product, and what of the sum below the
   * column is owed, when the row takes this branch; the same two when it takes the other; and the same two when it had left the path
   * at an earlier question about this column.
   */
  readonly edges: Float64Array;
}

/** Made once for each forest, in some 15 ms for 200 trees of depth 8, and kept as long as the forest is. */
const plans = new WeakMap<Forest, ShapPlan>();

export function planOf(forest: Forest): ShapPlan {
  let plan = plans.get(forest);
  if (!plan) {
    plan = makePlan(forest);
    plans.set(forest, plan);
  }
  return plan;
}

function makePlan(forest: Forest): ShapPlan {
  const { feature, left, right, cover, value, roots } = forest;
  // The integrand's degree is below the number of distinct columns on a path, so half as many points integrate it exactly.
  const passCount = Math.max(1, Math.ceil(mostColumns(forest) / 2 / POINTS));
  const quadrature = gaussLegendre(passCount * POINTS);
  const size = feature.length;
  const passes = Array.from({ length: passCount }, (_, pass) => ({
    at: quadrature.points.slice(pass * POINTS, (pass + 1) * POINTS),
    weights: Float64Array.from(quadrature.weights.slice(pass * POINTS, (pass + 1) * POINTS)),
    edges: new Float64Array(size * EDGE_SIZE),
  }));
  const starts = new Int32Array(roots.length + 1);
  const plan = {
    feature: new Int32Array(size),
    threshold: new Float64Array(size),
    missingLeft: new Uint8Array(size),
    right: new Int32Array(size),
    parent: new Int32Array(size),
    asked: new Int32Array(size),
    bit: new Int32Array(size),
    leafValue: new Float64Array(size),
  };
  let next = 0;
  let start = 0;
  let base = 0;
  // For each column: the place of its bit, and the share of training rows that take the path's branches at it.
  const place = new Int32Array(forest.columns).fill(-1);
  const share = new Float64Array(forest.columns).fill(1);
  let distinct = 0;

  const setEdge = (to: number, before: number, through: number): void => {
    const now = before * through;
    const edge = to * EDGE_SIZE;
    for (const { at, edges } of passes) {
      for (let k = 0; k < POINTS; k++) {
        const t = at[k]!;
        // z + (o - z) t lies above 0 for every t strictly between 0 and 1, so dividing by it is safe.
        const old = 1 / (before + (1 - before) * t);
        const taken = now + (1 - now) * t;
        edges[edge + k] = taken * old;
        // The leaves below owe this to the column, less what its earlier question on the path claims for them.
        edges[edge + POINTS + k] = (1 - now) / taken - (1 - before) * old;
        edges[edge + 2 * POINTS + k] = now * (1 - t) * old;
        edges[edge + 3 * POINTS + k] = -1 / (1 - t) - (1 - before) * old;
        // (0 - z) / (z - z t) is the same for any z: nothing new is owed.
        edges[edge + 4 * POINTS + k] = through;
      }
    }
  };

  const lay = (node: number, reach: number): void => {
    const here = next++;
    const column = feature[node]!;
    plan.feature[here] = column;
    plan.threshold[here] = forest.threshold[node]!;
    plan.missingLeft[here] = forest.missingLeft[node]!;
    if (column < 0) {
      plan.leafValue[here] = value[node]!;
      base += reach * value[node]!;
      return;
    }
    const isNew = place[column]! < 0;
    if (isNew) place[column] = distinct++;
    plan.bit[here] = 1 << place[column]!;
    const before = share[column]!;
    for (const child of [left[node]!, right[node]!]) {
      const to = next;
      // Where nobody came in training, nobody went on.
      const through = cover[node]! > 0 ? cover[child]! / cover[node]! : 0;
      if (child === right[node]) plan.right[here] = to - start;
      plan.parent[to] = here - start;
      plan.asked[to] = column;
      setEdge(to, before, through);
      share[column] = before * through;
      lay(child, reach * through);
    }
    share[column] = before;
    if (isNew) {
      place[column] = -1;
      distinct--;
    }
  };
  let mostNodes = 1;
  for (const [tree, root] of roots.entries()) {
    start = next;
    starts[tree] = start;
    lay(root, 1);
    mostNodes = Math.max(mostNodes, next - start);
  }
  starts[roots.length] = next;
  return { passes, starts, mostNodes, base, ...plan };
}

/** @throws RangeError for a path of more columns than a mask has bits */
function mostColumns({ feature, left, right, roots }: Forest): number {
  const from = (node: number, seen: readonly number[]): number => {
    const column = feature[node]!;
    if (column < 0) return seen.length;
    const here = seen.includes(column) ? seen : [...seen, column];
    return Math.max(from(left[node]!, here), from(right[node]!, here));
  };
  const most = roots.reduce((found, root) => Math.max(found, from(root, [])), 0);
  if (most > 31) throw new RangeError(`A path of this forest asks ${most} columns; contributions are computed for up to 31.`);
  return most;
}
