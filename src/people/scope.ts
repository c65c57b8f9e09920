import type { RowRejection } from "../page.js";
import { LARGEST_BULK } from "../page.js";
import type { Viewer } from "../request.js";
import { DEFAULT_SOURCE } from "./source.js";

export interface RowRefusal {
  readonly code: string;
  readonly message: string;
}

/**
 * Why a viewer may not write facts of a source; nothing: they may.
 *
 * @param absent what it means that a row names no source: one by default, or whichever knows the user
 */
export function refusedSource(
  { sources }: Pick<Viewer, "sources">,
  source: unknown,
  absent: "default" | "any" = "default",
): RowRefusal | undefined {
  if (sources === null) return undefined;
  const named = source === null || source === undefined ? (absent === "default" ? DEFAULT_SOURCE : undefined) : source;
  if (typeof named === "string" && sources.includes(named)) return undefined;
  return {
    code: "FORBIDDEN",
    message:
      named === undefined
        ? `This key writes facts of ${sources.join(" and ")} only; name the source.`
        : `This key writes facts of ${sources.join(" and ")} only; ask the owner for one of that source.`,
  };
}

/** Writes the rows that are not refused, and rejects the others by their places in the whole. */
export async function writeAllowed<Row, Result extends { readonly rejected: readonly RowRejection[] }>(
  rows: readonly Row[],
  refusal: (row: Row) => RowRefusal | undefined,
  write: (rows: readonly Row[]) => Promise<Result>,
): Promise<Result> {
  const refused = rows.length > LARGEST_BULK ? [] : rows.flatMap((row, index) => ({ index, ...refusal(row) })).filter(isRefusal);
  if (refused.length === 0) return write(rows);
  const places = new Set(refused.map(({ index }) => index));
  const kept = [...rows.keys()].filter((index) => !places.has(index));
  const result = await write(kept.map((index) => rows[index]!));
  const rejected = result.rejected.map((row) => ({ ...row, index: kept[row.index]! }));
  return { ...result, rejected: [...rejected, ...refused].sort((a, b) => a.index - b.index) };
}

function isRefusal(row: { readonly index: number; readonly code?: string; readonly message?: string }): row is RowRejection {
  return row.code !== undefined;
}
