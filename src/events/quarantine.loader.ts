import { TidemarkError } from "../errors.js";
import { findSource, sourceIds } from "../people/source.step.js";
import type { RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";

export interface QuarantineRow {
  readonly id: string;
  readonly source: string;
  readonly origin: string;
  readonly rowIndex: number;
  readonly code: string;
  readonly message: string;
  readonly row: Record<string, unknown> | null;
  readonly receivedAt: Date;
}

/**
 * Numbers of the sources whose rows are shown: of the one that is named, else of those that the viewer may write of; null: of any.
 *
 * @throws UNKNOWN_SOURCE where nothing has come from it, FORBIDDEN where the viewer is bound to others
 */
export async function sourcesShown(
  { store, viewer }: RequestContext,
  source: string | null | undefined,
): Promise<readonly number[] | null> {
  if (source === null || source === undefined) {
    if (viewer.sources === null) return null;
    const known = await sourceIds(store.pool);
    return viewer.sources.flatMap((key) => known.get(key) ?? []);
  }
  if (viewer.sources !== null && !viewer.sources.includes(source))
    throw new TidemarkError("FORBIDDEN", `This key is for ${viewer.sources.join(" and ")} only; name one of those.`);
  const id = await findSource(store.pool, source);
  if (id !== undefined) return [id];
  throw new TidemarkError(
    "UNKNOWN_SOURCE",
    `No data has come from a source ${JSON.stringify(source.slice(0, 100))}; name one that was written to.`,
  );
}

/** Refused rows of some sources, or of all, the latest first. */
export function quarantinedRows(
  session: Session,
  sourceIds: readonly number[] | null,
  beforeId: string | null,
  limit: number,
): Promise<QuarantineRow[]> {
  return session.read<QuarantineRow>(
    `select q.id, s.key as source, q.origin, q.row_index::float8 as "rowIndex", q.code, q.message,
       case when jsonb_typeof(q.row) = 'object' then q.row else jsonb_build_object('row', q.row) end as row, q.received_at as "receivedAt"
     from quarantine q join source s on s.id = q.source_id
     where ($1::int[] is null or q.source_id = any($1)) and ($2::bigint is null or q.id < $2) order by q.id desc limit $3`,
    [sourceIds, beforeId, limit],
  );
}

export interface QualityRow {
  readonly accepted: number;
  readonly duplicates: number;
  readonly lastReceivedAt: Date | null;
  readonly rejected: Record<string, number> | null;
  readonly cleaned: Record<string, number> | null;
}

/** Everything that was written down about a source, added up. */
export async function dataQuality(session: Session, sourceId: number): Promise<QualityRow> {
  const rows = await session.read<QualityRow>(
    `select coalesce(sum(accepted), 0)::float8 as accepted, coalesce(sum(duplicates), 0)::float8 as duplicates, max(received_at) as "lastReceivedAt",
       (select jsonb_object_agg(key, n) from (select key, sum(value::int) as n from ingest i, jsonb_each_text(i.rejected) where i.source_id = $1 group by key) r) as rejected,
       (select jsonb_object_agg(key, n) from (select key, sum(value::int) as n from ingest i, jsonb_each_text(i.cleaned) where i.source_id = $1 group by key) c) as cleaned
     from ingest where source_id = $1`,
    [sourceId],
  );
  return rows[0]!;
}
