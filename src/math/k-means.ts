/** Rows divided into groups about centres. */
export interface Clustering {
  /** For each row its group, from 0. */
  readonly groups: Int32Array;
  /** For each group its centre. */
  readonly centres: readonly Float64Array[];
  /** The sum of squared distances of all rows from their centres. */
  readonly within: number;
}

const MOST_ROUNDS = 60;

/**
 * Divides rows into k groups so that squared distances from the groups' means are small: Lloyd's rounds from centres drawn by k-means++
 * (Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007). The same seed gives the same groups. Of fewer distinct
 * rows than k, some groups stay empty.
 *
 * @param rows all of one length, finite
 */
export function kMeans(rows: readonly Float64Array[], k: number, random: () => number): Clustering {
  if (!(k >= 1) || rows.length === 0) throw new RangeError(`${rows.length} rows cannot be divided into ${k} groups.`);
  let centres = drawCentres(rows, k, random);
  const groups = new Int32Array(rows.length).fill(-1);
  let within = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let moved = false;
    within = 0;
    for (const [row, values] of rows.entries()) {
      let nearest = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let group = 0; group < k; group++) {
        const distance = squaredDistance(values, centres[group]!);
        if (distance < least) {
          least = distance;
          nearest = group;
        }
      }
      if (groups[row] !== nearest) moved = true;
      groups[row] = nearest;
      within += least;
    }
    if (!moved) break;
    centres = meansOf(rows, groups, centres);
  }
  return { groups, centres, within };
}

/**
 * How much nearer rows are to their own group than to the next one, -1 to 1: the mean silhouette (Rousseeuw, J. Comput. Appl. Math. 20, 1987).
 * Takes the square of the number of rows: give a sample.
 */
export function silhouette(rows: readonly Float64Array[], groups: Int32Array, k: number): number {
  const sizes = new Float64Array(k);
  for (const group of groups) sizes[group]!++;
  let total = 0;
  for (const [row, values] of rows.entries()) {
    const sums = new Float64Array(k);
    for (const [other, otherValues] of rows.entries()) sums[groups[other]!]! += Math.sqrt(squaredDistance(values, otherValues));
    const own = groups[row]!;
    if (sizes[own] === 1) continue;
    const inside = sums[own]! / (sizes[own]! - 1);
    let next = Number.POSITIVE_INFINITY;
    for (let group = 0; group < k; group++)
      if (group !== own && sizes[group]! > 0) next = Math.min(next, sums[group]! / sizes[group]!);
    if (Number.isFinite(next) && Math.max(inside, next) > 0) total += (next - inside) / Math.max(inside, next);
  }
  return total / rows.length;
}

function drawCentres(rows: readonly Float64Array[], k: number, random: () => number): Float64Array[] {
  const centres = [rows[Math.floor(random() * rows.length)]!.slice()];
  const distances = Float64Array.from(rows, (row) => squaredDistance(row, centres[0]!));
  while (centres.length < k) {
    let left = random() * distances.reduce((sum, distance) => sum + distance, 0);
    let chosen = 0;
    while (chosen < rows.length - 1 && left >= distances[chosen]!) left -= distances[chosen++]!;
    const centre = rows[chosen]!.slice();
    centres.push(centre);
    for (const [row, values] of rows.entries()) distances[row] = Math.min(distances[row]!, squaredDistance(values, centre));
  }
  return centres;
}

function meansOf(rows: readonly Float64Array[], groups: Int32Array, before: readonly Float64Array[]): Float64Array[] {
  const sizes = new Float64Array(before.length);
  const sums = before.map(({ length }) => new Float64Array(length));
  for (const [row, values] of rows.entries()) {
    const sum = sums[groups[row]!]!;
    sizes[groups[row]!]!++;
    for (let place = 0; place < values.length; place++) sum[place]! += values[place]!;
  }
  return sums.map((sum, group) => (sizes[group] === 0 ? before[group]! : sum.map((value) => value / sizes[group]!)));
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let place = 0; place < a.length; place++) sum += (a[place]! - b[place]!) ** 2;
  return sum;
}
