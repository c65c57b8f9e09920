import { kMeans, silhouette } from "../math/k-means.js";
import { seededRandom, shuffle } from "../math/random.js";

/** What users are told apart by: how lately, how often, how regularly, how broadly, how much. */
export const CLUSTER_METRICS = [
  "recency_days",
  "events_30d",
  "events_90d",
  "active_days_90d",
  "gap_mean_days",
  "weekend_share",
  "categories_90d",
  "amount_90d",
] as const;

export const MOST_CLUSTERS = 8;
/** Centres are found on so many users, and k is chosen on fewer, for the silhouette takes their square. */
const FIT_USERS = 20_000;
const CHOICE_USERS = 600;
/** Standard deviations beyond which a value says no more: a few great buyers would else be clusters of their own. */
const FARTHEST = 3;

export interface Clusters {
  readonly k: number;
  /** Of the sample k was judged on. */
  readonly silhouette: number;
  readonly clusters: readonly {
    readonly users: number;
    /** By metric: the mean of those it is defined for (null: of nobody), and the standardised centre. */
    readonly means: readonly (number | null)[];
    readonly centre: Float64Array;
  }[];
  /** For each user the place of its cluster in the list. */
  readonly clusterOf: Int32Array;
}

/**
 * Clusters of standardised behaviour. Metrics are taken as log(1 + value), less their mean, over their standard deviation; what is undefined
 * lies at the mean, what nobody differs in is left at 0. Without k the one of 2 to 8 with the greatest silhouette is taken.
 */
export function clustersOf(columns: readonly Float64Array[], seed: number, wanted?: number): Clusters {
  const users = columns[0]!.length;
  const standard = columns.map(standardised);
  const rowOf = (user: number) => Float64Array.from(standard, (column) => column[user]!);
  const order = Int32Array.from({ length: users }, (_, user) => user);
  shuffle(order, seededRandom(seed));
  const fit = Array.from(order.subarray(0, FIT_USERS), rowOf);
  const choice = fit.slice(0, CHOICE_USERS);
  const judged = (wanted === undefined ? Array.from({ length: MOST_CLUSTERS - 1 }, (_, place) => place + 2) : [wanted])
    .filter((k) => k <= choice.length)
    .map((k) => ({ k, value: silhouette(choice, kMeans(choice, k, seededRandom(seed)).groups, k) }));
  const best = judged.reduce((a, b) => (b.value > a.value ? b : a));
  const { centres } = kMeans(fit, best.k, seededRandom(seed));

  const sizes = new Float64Array(best.k);
  const sums = centres.map(() => new Float64Array(columns.length));
  const defined = centres.map(() => new Float64Array(columns.length));
  const groupOf = new Int32Array(users);
  for (let user = 0; user < users; user++) {
    const group = nearestOf(rowOf(user), centres);
    sizes[group]!++;
    groupOf[user] = group;
    for (const [metric, column] of columns.entries()) {
      if (Number.isNaN(column[user]!)) continue;
      sums[group]![metric]! += column[user]!;
      defined[group]![metric]!++;
    }
  }
  const groups = [...centres.keys()].filter((group) => sizes[group]! > 0).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const placeOf = new Int32Array(best.k);
  for (const [place, group] of groups.entries()) placeOf[group] = place;
  return {
    k: best.k,
    silhouette: best.value,
    clusters: groups.map((group) => ({
      users: sizes[group]!,
      means: Array.from(sums[group]!, (sum, metric) => (defined[group]![metric] === 0 ? null : sum / defined[group]![metric]!)),
      centre: centres[group]!,
    })),
    clusterOf: groupOf.map((group) => placeOf[group]!),
  };
}

/** The two metrics in which a centre is farthest from everybody's mean, in words. */
export function nameOfCluster(centre: Float64Array, names: readonly string[]): string {
  return [...centre.keys()]
    .sort((a, b) => Math.abs(centre[b]!) - Math.abs(centre[a]!) || a - b)
    .slice(0, 2)
    .map((metric) => `${names[metric]}: ${levelOf(centre[metric]!)}`)
    .join("; ");
}

function levelOf(deviations: number): string {
  if (Math.abs(deviations) < 0.25) return "usual";
  const much = Math.abs(deviations) >= 1 ? "very " : "";
  return `${much}${deviations > 0 ? "high" : "low"}`;
}

function standardised(column: Float64Array): Float64Array {
  const logs = column.map((value) => Math.sign(value) * Math.log1p(Math.abs(value)));
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const value of logs) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  // Below this a difference is rounding.
  if (!(deviation > 1e-9)) return new Float64Array(column.length);
  return logs.map((value) => (Number.isNaN(value) ? 0 : Math.max(-FARTHEST, Math.min(FARTHEST, (value - mean) / deviation))));
}

function nearestOf(row: Float64Array, centres: readonly Float64Array[]): number {
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [group, centre] of centres.entries()) {
    let distance = 0;
    for (let place = 0; place < row.length; place++) distance += (row[place]! - centre[place]!) ** 2;
    if (distance < least) {
      least = distance;
      nearest = group;
    }
  }
  return nearest;
}
