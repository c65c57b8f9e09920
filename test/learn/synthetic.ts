import type { Matrix } from "../../src/learn/matrix.js";
import { seededRandom } from "../../src/math/random.js";

/** Rows whose label depends on the first three columns (and on the third being missing); the others are noise. */
export function synthetic(
  rows: number,
  columns: number,
  seed: number,
  missingShare = 0.1,
): { matrix: Matrix; labels: Uint8Array } {
  const random = seededRandom(seed);
  const values = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, () => {
      const value = random() * 4 - 2;
      // Every third column counts in halves, so that there are ties.
      return j % 3 === 1 ? Math.round(value * 2) / 2 : value;
    }),
  );
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const logOdds = values[0]![row]! + (columns > 1 ? values[1]![row]! ** 2 - 1 : 0);
    return random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  });
  if (columns > 2) {
    const gaps = values[2]!;
    for (let row = 0; row < rows; row++) if (random() < missingShare * (1 + labels[row]!)) gaps[row] = Number.NaN;
  }
  return { matrix: { rows, columns: values }, labels };
}
