import type { Transaction } from "../store/pool.js";

/** A row that was not taken. */
export interface RefusedRow {
  readonly sourceId: number;
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly row: unknown;
}

/** What is kept of one row at most: enough to see and mend it, and never a way to fill the store. */
const LONGEST_KEPT = 4_000;

/** Keeps refused rows with their reasons, to be mended and sent again. */
export async function quarantine(
  transaction: Transaction,
  rows: readonly RefusedRow[],
  origin: string,
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.read(
    `insert into quarantine (source_id, origin, row_index, code, message, row, received_at)
     select v.source_id, $1, v.row_index, v.code, v.message, v.row::jsonb, $2
     from unnest($3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[]) as v (source_id, row_index, code, message, row)`,
    [
      origin,
      now,
      rows.map(({ sourceId }) => sourceId),
      rows.map(({ index }) => index),
      rows.map(({ code }) => code),
      rows.map(({ message }) => message),
      rows.map(({ row }) => keptForm(row)),
    ],
  );
}

/** JSON that Postgres takes: no NUL, no lone surrogate, bounded. */
function keptForm(row: unknown): string {
  const text = JSON.stringify(row, (_key, value: unknown) =>
    typeof value === "string" ? value.slice(0, LONGEST_KEPT).toWellFormed().replaceAll("\0", "\ufffd") : value,
  );
  if (text === undefined) return "null";
  // Keys are cleaned here: an escaped NUL or half of a pair can only be left in one of them.
  const clean = text.replaceAll(/\\u0000|\\ud[89a-f][0-9a-f]{2}/gi, "\ufffd");
  return clean.length <= LONGEST_KEPT ? clean : JSON.stringify({ shortened: clean.slice(0, LONGEST_KEPT).toWellFormed() });
}

export interface IngestCounts {
  readonly sourceId: number;
  accepted: number;
  duplicates: number;
  /** Rows by the code of their refusal. */
  readonly rejected: Record<string, number>;
  /** Values by what was done to them. */
  readonly cleaned: Record<string, number>;
}

export function noCounts(sourceId: number): IngestCounts {
  return { sourceId, accepted: 0, duplicates: 0, rejected: {}, cleaned: {} };
}

/** Writes down what became of the rows of one call or one batch of a file, per source. */
export async function logIngest(
  transaction: Transaction,
  counts: readonly IngestCounts[],
  origin: string,
  now: Date,
): Promise<void> {
  await transaction.read(
    `insert into ingest (source_id, origin, accepted, duplicates, rejected, cleaned, received_at)
     select v.source_id, $1, v.accepted, v.duplicates, v.rejected::jsonb, v.cleaned::jsonb, $2
     from unnest($3::int[], $4::int[], $5::int[], $6::text[], $7::text[]) as v (source_id, accepted, duplicates, rejected, cleaned)`,
    [
      origin,
      now,
      counts.map(({ sourceId }) => sourceId),
      counts.map(({ accepted }) => accepted),
      counts.map(({ duplicates }) => duplicates),
      counts.map(({ rejected }) => JSON.stringify(rejected)),
      counts.map(({ cleaned }) => JSON.stringify(cleaned)),
    ],
  );
}
