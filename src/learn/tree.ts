import type { BinnedMatrix } from "./bins.js";
import type { NodeList } from "./node-list.js";
import { bestSplit, POSITIVE, type Split, type SplitOptions } from "./split.js";

export interface TreeOptions extends SplitOptions {
  /** Questions from root to leaf at most. */
  readonly maxDepth: number;
}

/**
 * Grows one classification tree (Breiman et al., "Classification and Regression Trees", 1984) on binned columns and appends
 * its nodes, parents before children, left before right.
 *
 * @param drawn how often each row is in the tree's bag; rows drawn 0 times are left out
 * @returns the number of the tree's root
 */
export function growTree(
  nodes: NodeList,
  binned: BinnedMatrix,
  labels: Uint8Array,
  drawn: Uint16Array,
  options: TreeOptions,
): number {
  // Plain loops: typed arrays' from and filter with a function take some fifty times as long.
  const weights = new Float64Array(drawn.length);
  const everyRow = new Int32Array(drawn.length);
  let count = 0;
  for (let row = 0; row < drawn.length; row++) {
    weights[row] = drawn[row]! * (1 + labels[row]! * POSITIVE);
    if (drawn[row]! > 0) everyRow[count++] = row;
  }
  const rows = everyRow.subarray(0, count);
  const aside = new Int32Array(rows.length);
  const histogram = new Float64Array(256);
  const columnOrder = Int32Array.from(binned.columns.keys());

  const grow = (from: number, to: number, depth: number): number => {
    let packed = 0;
    for (let i = from; i < to; i++) packed += weights[rows[i]!]!;
    const positives = Math.floor(packed / POSITIVE);
    const count = packed - positives * POSITIVE;
    const node = nodes.add(count, positives / count);
    const isPure = positives === 0 || positives === count;
    if (isPure || depth === options.maxDepth || count < 2 * options.minLeaf) return node;

    const members = rows.subarray(from, to);
    const split = bestSplit(binned, members, weights, { count, positives }, options, columnOrder, histogram);
    if (!split) return node;
    const middle = from + partition(members, binned.columns[split.column]!, split, aside);
    const left = grow(from, middle, depth + 1);
    const right = grow(middle, to, depth + 1);
    nodes.split(node, split, left, right);
    return node;
  };
  return grow(0, rows.length, 0);
}

/**
 * Moves the rows that go left before those that go right, keeping the order on each side; returns how many go left. Each row is written to
 * both sides and one of the two counts on, for which of them a row takes cannot be foretold, and a mispredicted jump costs more.
 */
export function partition(
  rows: Int32Array,
  bins: Uint8Array,
  { below, missingLeft }: Pick<Split, "below" | "missingLeft">,
  aside: Int32Array,
): number {
  let lefts = 0;
  let rights = 0;
  // Where missing values go right, bin 0 becomes the last of all.
  const shift = missingLeft ? 0 : 1;
  const limit = below - shift;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const goesLeft = (((bins[row]! - shift) & 255) - limit) >>> 31;
    rows[lefts] = row;
    aside[rights] = row;
    lefts += goesLeft;
    rights += 1 - goesLeft;
  }
  rows.set(aside.subarray(0, rights), lefts);
  return lefts;
}
