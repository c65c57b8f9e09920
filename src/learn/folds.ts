import { seededRandom, shuffle } from "../math/random.js";

/**
 * Deals rows into k folds that hold about as many rows of each label as one another.
 *
 * @returns the fold (0 .. k - 1) of each row
 * @throws RangeError unless k is 2 .. 255
 */
export function stratifiedFolds(labels: Uint8Array, k: number, seed: number): Uint8Array {
  return groupFolds(labels, Int32Array.from(labels.keys()), k, seed);
}

/**
 * The same for rows that belong together: all rows of one group (one user at several observation dates) come into one fold, or
 * a model would be tried on users it has seen. Groups are dealt out in turn, by their share of
 * positives and their size.
 *
 * @param groups the group of each row, any numbers
 * @returns the fold (0 .. k - 1) of each row
 * @throws RangeError unless k is 2 .. 255 and there is a group for each row
 */
export function groupFolds(labels: Uint8Array, groups: ArrayLike<number>, k: number, seed: number): Uint8Array {
  if (!Number.isInteger(k) || k < 2 || k > 255) throw new RangeError(`Folds number 2 to 255, not ${k}.`);
  if (groups.length !== labels.length) throw new RangeError(`There are ${groups.length} groups for ${labels.length} rows.`);
  const { ofRow, size, positives } = countGroups(labels, groups);
  const order = Int32Array.from(size.keys());
  shuffle(order, seededRandom(seed));
  // A stable sort: within a stratum the shuffled order stays. By the share of positives first, so that users with a positive
  // row follow one another, as do those with a negative one: where each are at least k, every fold gets both labels.
  order.sort((a, b) => positives[b]! / size[b]! - positives[a]! / size[a]! || size[b]! - size[a]!);
  const foldOfGroup = new Uint8Array(size.length);
  for (let place = 0; place < order.length; place++) foldOfGroup[order[place]!] = place % k;
  return Uint8Array.from(ofRow, (group) => foldOfGroup[group]!);
}

/** Groups are numbered in the order of their first rows. */
function countGroups(labels: Uint8Array, groups: ArrayLike<number>) {
  const numbers = new Map<number, number>();
  const ofRow = new Int32Array(labels.length);
  const size: number[] = [];
  const positives: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    let group = numbers.get(groups[row]!);
    if (group === undefined) {
      group = size.push(0) - 1;
      positives.push(0);
      numbers.set(groups[row]!, group);
    }
    ofRow[row] = group;
    size[group]!++;
    positives[group]! += labels[row]!;
  }
  return { ofRow, size, positives };
}
