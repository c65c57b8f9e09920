import type { Matrix } from "../learn/matrix.js";
import type { TagCatalogue } from "../tags/tag.loader.js";
import { columnsOfSlots, takeNumbers } from "./numbers.js";

export interface FeatureRows {
  readonly userIds: readonly string[];
  readonly matrix: Matrix;
}

/** A model's features of users, out of what the tags step stored: one column for each key, in their order. */
export function matrixOf(
  { byKey }: TagCatalogue,
  features: readonly string[],
  rows: readonly { readonly userId: string; readonly numbers: Buffer }[],
): FeatureRows {
  const columns = features.map(() => new Float64Array(rows.length));
  const columnOfSlot = columnsOfSlots(features.map((key) => byKey.get(key)?.slot ?? null));
  for (const [row, { numbers }] of rows.entries()) takeNumbers(numbers, columnOfSlot, columns, row);
  return { userIds: rows.map(({ userId }) => userId), matrix: { rows: rows.length, columns } };
}
