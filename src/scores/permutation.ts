import { type Matrix, takeLabels, takeRows } from "../learn/matrix.js";
import { type FittedModel, rawScores } from "../learn/model.js";
import { auc } from "../math/auc.js";
import { seededRandom, shuffle } from "../math/random.js";

/** Of one model on its own held-out rows: over 1,000 rows an AUC's standard error is some 0.015, and both sides share the rows. */
const MOST_ROWS = 1_000;
const REPEATS = 2;

/**
 * How much AUC a model loses on rows it has not seen when the values of columns are dealt out to the rows at random: what the ranking
 * would lose without knowing them (Breiman, "Random forests", 2001; Fisher, Rudin & Dominici, JMLR 20, 2019). Columns of a group are
 * dealt out together, for a column whose twin stays in place seems to be worth nothing.
 *
 * @param groups places of columns
 * @returns one for each group; NaN where the rows have only one outcome
 */
export function permutationImportance(
  model: FittedModel,
  matrix: Matrix,
  labels: Uint8Array,
  groups: readonly (readonly number[])[],
  seed: number,
): number[] {
  const stride = Math.max(1, Math.ceil(matrix.rows / MOST_ROWS));
  const chosen = Int32Array.from({ length: Math.ceil(matrix.rows / stride) }, (_, i) => i * stride);
  const sample = takeRows(matrix, chosen);
  const outcomes = takeLabels(labels, chosen);
  const whole = auc(rawScores(model, sample), outcomes);
  const random = seededRandom(seed);
  const order = Int32Array.from(chosen.keys());
  return groups.map((group) => {
    let lost = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      shuffle(order, random);
      const columns = [...sample.columns];
      for (const place of group) {
        const values = sample.columns[place]!;
        columns[place] = Float64Array.from(order, (row) => values[row]!);
      }
      lost += whole - auc(rawScores(model, { rows: sample.rows, columns }), outcomes);
    }
    return lost / REPEATS;
  });
}
