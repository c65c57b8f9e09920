import { randomUUID } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Visibility } from "../people/access.js";
import type { Transaction } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";

export interface SegmentToSave {
  readonly key: string;
  readonly name: string;
  readonly expression: unknown;
  readonly department: string;
  readonly visibility: Visibility;
  /** Who saves it. */
  readonly by: string;
}

/** Saved segments in all: each is a condition of User.segments. */
export const MOST_SEGMENTS = 500;

/**
 * Makes a segment or changes it; a changed expression is a new revision, and saving the same again changes nothing. Every
 * process learns of it by the version, in the same transaction.
 */
export async function writeSegment(transaction: Transaction, segment: SegmentToSave, now: Date): Promise<void> {
  const { key, name, expression, department, visibility, by } = segment;
  const [room] = await transaction.read<{ full: boolean }>(
    "select count(*) >= $2 and not bool_or(key = $1) as full from segment",
    [key, MOST_SEGMENTS],
  );
  if (room?.full)
    throw new TidemarkError("TOO_COMPLEX", `There are ${MOST_SEGMENTS} segments already, which is as many as are kept.`);
  const rows = await transaction.read<{ id: number }>(
    `insert into segment as s (key, name, expression, department_id, visibility, created_at, updated_at)
     select $1, $2, $3::jsonb, d.id, $5, $6, $6 from department d where d.key = $4
     on conflict (key) do update set name = excluded.name, expression = excluded.expression, department_id = excluded.department_id,
       visibility = excluded.visibility, updated_at = excluded.updated_at, revision = s.revision + (s.expression <> excluded.expression)::int
     where (s.name, s.expression, s.department_id, s.visibility) is distinct from (excluded.name, excluded.expression, excluded.department_id, excluded.visibility)
     returning s.id`,
    [key, name, JSON.stringify(expression), department, visibility, now],
  );
  if (rows.length === 0) return;
  await transaction.read(
    `insert into segment_revision (segment_id, revision, expression, saved_at, saved_by)
     select id, revision, expression, $2, $3 from segment where id = $1 on conflict (segment_id, revision) do nothing`,
    [rows[0]!.id, now, by],
  );
  await bumpSegments(transaction);
}

/** Takes a segment away, with its revisions. False: there is none of that key. */
export async function deleteSegment(transaction: Transaction, key: string): Promise<boolean> {
  const rows = await transaction.read<{ id: number }>("delete from segment where key = $1 returning id", [key]);
  if (rows.length === 0) return false;
  await transaction.read("delete from segment_revision where segment_id = $1", [rows[0]!.id]);
  await bumpSegments(transaction);
  return true;
}

async function bumpSegments(transaction: Transaction): Promise<void> {
  await writeSetting(transaction, "segments", { version: randomUUID() });
}

/** Without what is absent, so that the same expression is stored in the same way however it was sent. */
export function plainExpression(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(plainExpression);
  if (typeof input !== "object" || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, plainExpression(value)]],
    ),
  );
}
