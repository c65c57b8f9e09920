import type { RequestContext } from "../request.js";
import type { Pool } from "../store/pool.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { catalogueOf, type TagRow } from "../tags/tag.loader.js";
import type { Bound } from "./bind.js";
import type { Instant } from "./compile.js";
import { compareShares, countHolders, type TagCounts, type TagDifference } from "./portrait.js";
import { sideStatement, tagShareStatement } from "./statement.js";

export interface Comparison {
  readonly sizeA: number;
  readonly sizeB: number;
  readonly differences: readonly TagDifference[];
}

/** Compares two groups over all tags that are held or not; `b` undefined: everybody who is not in `a`. */
export async function compareTags(context: RequestContext, a: Bound, b: Bound | undefined, at: Instant): Promise<Comparison> {
  const { pool } = context.store;
  const { tags } = await catalogueOf(context)();
  const held = tags.filter(({ kind }) => kind !== "METRIC");
  const isEvaluated = (tag: TagRow) => at.past && tag.definition !== null && (tag.kind === "RULE" || tag.kind === "DECLINE");
  const stored = held.filter((tag) => !isEvaluated(tag)).map(({ id }) => id);
  const { text, values } = tagShareStatement(a, b, at, stored);
  const { rows } = await pool.run<{ tagId: number | null; a: number; b: number }>(text, values);
  const counts: TagCounts[] = rows.flatMap(({ tagId, ...sizes }) => (tagId === null ? [] : [{ tagId, ...sizes }]));
  const sizes = rows.find(({ tagId }) => tagId === null)!;
  const evaluated = held.filter(isEvaluated);
  if (evaluated.length > 0) counts.push(...(await countEvaluated(pool, a, b, at, evaluated)));
  return { sizeA: sizes.a, sizeB: sizes.b, differences: compareShares(counts, sizes.a, sizes.b) };
}

async function countEvaluated(
  pool: Pool,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
  tags: readonly TagRow[],
): Promise<TagCounts[]> {
  const { text, values } = sideStatement(a, b, at);
  const { rows } = await pool.run<{ ids: string[] | null; a: number[] | null; b: number[] | null }>(text, values);
  const sides = rows[0]!;
  const matrix = await tagMatrix(pool, { asOf: at.asOf, keys: tags.map(({ key }) => key) });
  return countHolders(
    { userIds: Float64Array.from(sides.ids ?? [], Number), a: Uint8Array.from(sides.a ?? []), b: Uint8Array.from(sides.b ?? []) },
    matrix,
    tags.map(({ id }) => id),
  );
}
