import { RandomForestClassifier } from "ml-random-forest";
import { seededRandom, shuffle } from "../math/random.js";
import { type BinnedMatrix, binMatrix } from "./bins.js";
import type { Forest } from "./forest.js";
import { importForest } from "./forest-json.js";
import type { Matrix } from "./matrix.js";

export interface PackageForestOptions {
  readonly trees: number;
  /** Questions from root to leaf at most. */
  readonly maxDepth: number;
  /** The share of rows that each tree is grown on, drawn anew for each. */
  readonly share: number;
  /** A node of so many drawn rows is divided no more. */
  readonly minNumSamples: number;
  /** How many columns each tree sees, drawn anew for each; all where there are fewer. */
  readonly maxFeatures: number;
  readonly bins: number;
  readonly seed: number;
  /** Told the share of trees grown, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Asked before each tree. */
  readonly cancelled?: () => boolean;
}

export const PACKAGE_FOREST_DEFAULTS = {
  trees: 60,
  maxDepth: 8,
  share: 1 / 3,
  minNumSamples: 20,
  maxFeatures: 12,
  bins: 12,
  seed: 1,
} as const satisfies PackageForestOptions;

/** Up to so many rows the package grows the forest: some 10 s for the six fits of a training, and growing with the square of the rows. */
export const MOST_PACKAGE_ROWS = 1_000;

/**
 * A random forest grown by the package ml-random-forest, tree by tree, and read into the form that all forests here have.
 *
 * The package tries every place where the label changes along a sorted column, each at the price of a pass over all rows. So it is
 * given the numbers of bins in place of values, and rows sorted by label: within a bin the label then changes once, and of some
 * hundreds of places a column twenty are left. Trees are grown on a third of the rows, drawn without putting back (subagging: Bühlmann
 * & Yu, "Analyzing bagging", Annals of Statistics 30, 2002), which ranks as well as full bags in a quarter of the time. A missing value
 * has the number 0, below all others, for the package knows none; leaves are averaged here, where the package would count votes.
 *
 * On 800 rows of four real sets that takes 1.1 s and ranks 0.003 to 0.010 of AUC behind forest.ts, which draws columns anew at each split
 * where the package draws them for each tree.
 *
 * @param labels 0 or 1, one for each row
 * @throws RangeError without rows or when labels do not fit the rows; Error named "AbortError" when cancelled
 */
export function fitPackageForest(matrix: Matrix, labels: Uint8Array, options: Partial<PackageForestOptions> = {}): Forest {
  const { trees, maxDepth, share, minNumSamples, maxFeatures, bins, seed, onProgress, cancelled } = {
    ...PACKAGE_FOREST_DEFAULTS,
    ...options,
  };
  const { rows } = matrix;
  if (rows === 0 || labels.length !== rows) throw new RangeError(`There are ${labels.length} labels for ${rows} rows.`);
  const binned = binMatrix(matrix, bins);
  const random = seededRandom(seed);
  const columns = matrix.columns.length;
  const grown: Forest[] = [];
  for (let tree = 0; tree < trees; tree++) {
    if (cancelled?.()) throw new DOMException("The training was cancelled.", "AbortError");
    const bag = drawBag(labels, Math.ceil(share * rows), random);
    const grower = new RandomForestClassifier({
      nEstimators: 1,
      seed: Math.floor(random() * 2 ** 31),
      maxFeatures: Math.min(maxFeatures, columns),
      replacement: false,
      useSampleBagging: false,
      noOOB: true,
      treeOptions: { maxDepth, minNumSamples, gainThreshold: 0 },
    });
    grower.train(
      Array.from(bag, (row) => binned.columns.map((column) => column[row]!)),
      Array.from(bag, (row) => labels[row]!),
    );
    grown.push(averaged(importForest(JSON.parse(JSON.stringify(grower)), columns), binned, labels, bag));
    onProgress?.((tree + 1) / trees);
  }
  return joined(grown, columns);
}

/** Rows drawn without putting back, those of label 0 first. */
function drawBag(labels: Uint8Array, size: number, random: () => number): Int32Array {
  const order = Int32Array.from(labels.keys());
  shuffle(order, random);
  return order.subarray(0, size).sort((a, b) => labels[a]! - labels[b]! || a - b);
}

/** Counts the bag's rows through a tree that asks for numbers of bins, and turns its questions into the columns' own units. */
function averaged(tree: Forest, { columns, edges }: BinnedMatrix, labels: Uint8Array, bag: Int32Array): Forest {
  const { feature, threshold, left, right } = tree;
  const cover = new Float64Array(feature.length);
  const positives = new Float64Array(feature.length);
  for (const row of bag) {
    let node = tree.roots[0]!;
    for (;;) {
      cover[node]!++;
      positives[node]! += labels[row]!;
      if (feature[node]! < 0) break;
      node = columns[feature[node]!]![row]! < threshold[node]! ? left[node]! : right[node]!;
    }
  }
  return {
    ...tree,
    cover,
    value: positives.map((count, node) => count / cover[node]!),
    threshold: threshold.map((place, node) => {
      if (feature[node]! < 0) return 0;
      // Bins below ceil(place) go left. Bin b >= 1 ends at edges[b - 1]; below bin 1 there is only what is missing.
      const first = Math.ceil(place);
      return first <= 1 ? -Number.MAX_VALUE : edges[feature[node]!]![first - 2]!;
    }),
    missingLeft: new Uint8Array(feature.length).fill(1),
  };
}

/** Trees one after another in one forest. */
function joined(grown: readonly Forest[], columns: number): Forest {
  const starts = grown.map((_, tree) => grown.slice(0, tree).reduce((sum, { feature }) => sum + feature.length, 0));
  const all = <T extends Int32Array | Float64Array | Uint8Array>(array: (forest: Forest) => T) =>
    grown.flatMap((forest) => [...array(forest)]);
  const moved = (array: (forest: Forest) => Int32Array) =>
    Int32Array.from(
      grown.flatMap((forest, tree) => Array.from(array(forest), (node) => (node < 0 ? node : node + starts[tree]!))),
    );
  return {
    columns,
    roots: moved(({ roots }) => roots),
    feature: Int32Array.from(all(({ feature }) => feature)),
    threshold: Float64Array.from(all(({ threshold }) => threshold)),
    left: moved(({ left }) => left),
    right: moved(({ right }) => right),
    missingLeft: Uint8Array.from(all(({ missingLeft }) => missingLeft)),
    value: Float64Array.from(all(({ value }) => value)),
    cover: Float64Array.from(all(({ cover }) => cover)),
  };
}
