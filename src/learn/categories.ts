import type { Matrix } from "./matrix.js";
import type { Contributions } from "./tree-shap.js";

/** How many categories each column has; null for one of numbers. */
export type Levels = readonly (number | null)[];

/** Undefined where no column is of categories. */
export function levelsOf({ columns, categorical }: Matrix): Levels | undefined {
  if (!categorical?.length) return undefined;
  return columns.map((column, j) =>
    categorical.includes(j) ? column.reduce((most, code) => (code >= most ? code + 1 : most), 0) : null,
  );
}

/** A 0/1 column for each category in place of its column; where that is missing, they are. */
export function expand({ rows, columns }: Matrix, levels: Levels): Matrix {
  return {
    rows,
    columns: columns.flatMap((column, j) => {
      const count = levels[j] ?? null;
      if (count === null) return [column];
      return Array.from({ length: count }, (_, code) =>
        column.map((value) => (Number.isNaN(value) ? value : value === code ? 1 : 0)),
      );
    }),
  };
}

/** What the columns of expand() moved, as that of the columns they were made of: a category column moves what its 0/1 columns move together. */
export function foldCategories({ base, values }: Contributions, levels: Levels): Contributions {
  let next = 0;
  return {
    base,
    values: levels.map((count) => {
      const parts = values.slice(next, next + (count ?? 1));
      next += count ?? 1;
      const sum = Float64Array.from(parts[0]!);
      for (const part of parts.slice(1)) for (let row = 0; row < sum.length; row++) sum[row]! += part[row]!;
      return sum;
    }),
  };
}
