import { seededRandom } from "../../src/math/random.js";

/** Rows whose label depends on the first two columns, and on a third now and then; every fifth column counts, every seventh has gaps. */
export function sample(rows: number, features: number) {
  const random = seededRandom(rows);
  const columns = Array.from({ length: features }, (_, j) =>
    Float64Array.from({ length: rows }, () => {
      if (j % 7 === 6 && random() < 0.1) return Number.NaN;
      const value = 2 * random() - 1;
      return j % 5 === 4 ? Math.round(10 * value) : value;
    }),
  );
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const logOdds = 2 * columns[0]![row]! + columns[1]![row]! + 3 * columns[2]![row]! * columns[3]![row]!;
    return random() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  });
  return { matrix: { rows, columns }, labels, groups: Float64Array.from(labels.keys()) };
}
