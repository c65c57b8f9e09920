import { randomUUID } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Visibility } from "../people/access.js";
import { forgetChanges } from "../people/change.step.js";
import type { Session, Transaction } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";
import type { SegmentMode } from "./segment.entity.js";

export interface SegmentToSave {
  readonly key: string;
  readonly name: string;
  readonly expression: unknown;
  readonly department: string;
  readonly visibility: Visibility;
  /** Null: as it is, LIVE for a new one. The schedule and the next run belong to SCHEDULED. */
  readonly mode?: { readonly mode: SegmentMode; readonly schedule: string | null; readonly nextRunAt: Date | null } | null;
  /** Null: as it is. */
  readonly alertShare?: number | null;
  /** Who saves it. */
  readonly by: string;
}

const STANDARD_ALERT_SHARE = 0.3;

/** Saved segments in all: each is a condition of User.segments. */
export const MOST_SEGMENTS = 500;

/**
 * Makes a segment or changes it; a changed expression is a new revision, and saving the same again changes nothing. Every
 * process learns of it by the version, in the same transaction. Its members are looked at by a run, which follows.
 */
export async function writeSegment(transaction: Transaction, segment: SegmentToSave, now: Date): Promise<void> {
  const { key, name, expression, department, visibility, mode, alertShare, by } = segment;
  const [room] = await transaction.read<{ full: boolean }>(
    "select count(*) >= $2 and not bool_or(key = $1) as full from segment",
    [key, MOST_SEGMENTS],
  );
  if (room?.full)
    throw new TidemarkError("TOO_COMPLEX", `There are ${MOST_SEGMENTS} segments already, which is as many as are kept.`);
  const rows = await transaction.read<{ id: number }>(
    `insert into segment as s (key, name, expression, department_id, visibility, mode, schedule, next_run_at, alert_share, created_at, updated_at)
     select $1, $2, $3::jsonb, d.id, $5, coalesce($7::text, 'LIVE'), $8::text, $9::timestamptz, coalesce($10::float8, $11::float8), $6, $6 from department d where d.key = $4
     on conflict (key) do update set name = excluded.name, expression = excluded.expression, department_id = excluded.department_id,
       visibility = excluded.visibility, updated_at = excluded.updated_at, revision = s.revision + (s.expression <> excluded.expression)::int,
       mode = coalesce($7, s.mode), schedule = case when $7 is null then s.schedule else $8 end,
       next_run_at = case when $7 is null or s.schedule = $8 then s.next_run_at else $9 end, alert_share = coalesce($10, s.alert_share),
       run = s.run + (s.expression <> excluded.expression or s.mode <> coalesce($7, s.mode))::int
     where (s.name, s.expression, s.department_id, s.visibility) is distinct from (excluded.name, excluded.expression, excluded.department_id, excluded.visibility)
       or s.mode <> $7 or s.schedule is distinct from $8 and $7 is not null or s.alert_share <> $10
     returning s.id`,
    [
      ...[key, name, JSON.stringify(expression), department, visibility, now],
      ...[mode?.mode ?? null, mode?.schedule ?? null, mode?.nextRunAt ?? null, alertShare ?? null, STANDARD_ALERT_SHARE],
    ],
  );
  if (rows.length === 0) return;
  await transaction.read(
    `insert into segment_revision (segment_id, revision, expression, saved_at, saved_by)
     select id, revision, expression, $2, $3 from segment where id = $1 on conflict (segment_id, revision) do nothing`,
    [rows[0]!.id, now, by],
  );
  await bumpSegments(transaction);
}

/** Takes a segment away, with its revisions, its members and their history. False: there is none of that key. */
export async function deleteSegment(transaction: Transaction, key: string): Promise<boolean> {
  const rows = await transaction.read<{ id: number }>("delete from segment where key = $1 returning id", [key]);
  if (rows.length === 0) return false;
  for (const table of ["segment_revision", "segment_size", "segment_member", "segment_member_history"])
    await transaction.read(`delete from ${table} where segment_id = $1`, [rows[0]!.id]);
  // Who may read of its members was said by itself: once it is gone, nobody could be kept from its entries and exits.
  await forgetChanges(transaction, ["SegmentEntered", "SegmentExited"], rows[0]!.id);
  await bumpSegments(transaction);
  return true;
}

/** To be called with every change of a segment that is kept in memory. */
export async function bumpSegments(session: Session): Promise<void> {
  await writeSetting(session, "segments", { version: randomUUID() });
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
