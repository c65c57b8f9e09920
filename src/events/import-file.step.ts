import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parse as parseYaml } from "yaml";
import { TidemarkError } from "../errors.js";
import { resolveSources } from "../people/source.step.js";
import type { Store } from "../store/store.js";
import { BrokenText } from "./delimited.js";
import { eventTypes } from "./event-type.loader.js";
import { EventImport } from "./import-events.step.js";
import { loadLookups } from "./import-lookup.step.js";
import { checkMap, type ImportMap, namedColumns } from "./import-map.js";
import { formatOf, splitterOf } from "./import-records.js";
import { Counter, type ImportSummary, summaryLines } from "./import-summary.js";
import type { RowImport } from "./import-target.js";
import { UserImport } from "./import-users.step.js";
import { badFile, openTextFile } from "./text-file.step.js";

export interface ImportOptions {
  readonly file: string;
  /** The path of a map in JSON or YAML, or the map itself. */
  readonly map: string | object;
  readonly now: Date;
  /** Told what has been read, at most twice a second; done and total are bytes of the file. */
  readonly report?: (text: string, done: number, total: number) => void;
  /** Rows of one transaction: bounds memory and how long locks are held. */
  readonly batchRows?: number;
}

const REPORT_EVERY_MS = 500;
/** A user who is met in two batches costs twice, so large ones are faster: 400,000 rows 1.5 times as fast as 100,000 on a log of 50,000 users. */
const BATCH_ROWS = 250_000;

/**
 * Streams a file into the store, a transaction per batch: a crash leaves whole batches, and the same file again completes them
 * without doubling. The next batch is read while one is written.
 */
export async function importFile(store: Store, options: ImportOptions): Promise<ImportSummary> {
  const started = performance.now();
  const { pool } = store;
  const map = typeof options.map === "string" ? checkMap(readMap(options.map)) : checkMap(options.map);
  const file = await openTextFile(options.file);
  const format = map.format ?? formatOf(file.name);
  if (!format)
    throw new TidemarkError(
      "BAD_MAP",
      `The name ${file.name} tells no format; name it in the map: format: csv, tsv, whitespace, ndjson or json.`,
    );
  const lookups = await loadLookups(map, [
    dirname(options.file),
    ...(typeof options.map === "string" ? [dirname(options.map)] : []),
  ]);
  const types = await eventTypes(pool);
  const sourceId = (await resolveSources(pool, [map.source])).get(map.source)!;
  const counter = new Counter();
  const common = {
    pool,
    types,
    sourceId,
    lookups,
    origin: `import ${file.name}`,
    fileName: file.name,
    now: options.now,
    batchRows: options.batchRows ?? BATCH_ROWS,
    counter,
  };
  const target: RowImport = map.kind === "events" ? new EventImport({ ...common, map }) : new UserImport({ ...common, map });
  const names = [...new Set(namedColumns(map).map(({ column }) => column))];
  const isJson = format === "json" || format === "ndjson";
  let columns: readonly string[] | undefined = isJson
    ? names
    : map.header
      ? undefined
      : columnsOf(map.columns ?? [], map, file.name);
  if (columns) target.begin(columns);
  let suspicious = false;
  const splitter = splitterOf({
    format,
    delimiter: map.delimiter,
    names,
    onRecord(fields, line) {
      if (columns === undefined) {
        columns = columnsOf(map.columns ?? fields, map, file.name);
        target.begin(columns);
        return;
      }
      counter.rows++;
      if (fields.length !== columns.length)
        target.refuse(
          "BAD_ROW",
          `The row has ${fields.length} fields, and there are ${columns.length} columns; mend the line.`,
          fields,
          line,
        );
      else if (suspicious && fields.some((field) => field.includes("\0")))
        target.refuse("BAD_CHARACTER", "The row has a NUL byte; take it out.", fields, line);
      else target.row(fields, line);
    },
    onBroken(text, line) {
      counter.rows++;
      target.refuse("BAD_ROW", "The line is no JSON object; mend it.", [text], line);
    },
  });
  let reportedAt = started;
  try {
    for await (const piece of file.pieces()) {
      suspicious = piece.includes("\0");
      countReplaced(piece, counter);
      splitter.push(piece);
      await target.flush(false);
      if (performance.now() - reportedAt >= REPORT_EVERY_MS) {
        reportedAt = performance.now();
        options.report?.(`${counter.rows.toLocaleString("en")} rows read`, file.bytesRead(), file.bytes);
      }
    }
    splitter.end();
    if (columns === undefined) throw badFile(options.file, "has no line but blank ones; there is nothing to import");
    await target.flush(true);
  } catch (error) {
    await target.abandon();
    if (error instanceof BrokenText)
      throw badFile(
        options.file,
        `is broken from line ${error.line} on: ${error.message}; mend it and import it again (${counter.accepted} rows of it are stored, and will not be doubled)`,
      );
    throw error;
  }
  // Without fresh statistics the first statements over a store that has just been filled are planned for an empty one.
  if (counter.accepted > 10_000) await pool.run("analyze event, event_day, app_user, user_identity");
  const seconds = (performance.now() - started) / 1000;
  options.report?.(`${counter.rows.toLocaleString("en")} rows read`, file.bytes, file.bytes);
  const summary = {
    file: file.name,
    source: map.source,
    kind: map.kind,
    rows: counter.rows,
    accepted: counter.accepted,
    duplicates: counter.duplicates,
    updated: counter.updated,
    rejected: counter.rejected,
    rejectedBy: Object.fromEntries(counter.rejectedBy),
    skipped: Object.fromEntries(counter.skipped),
    cleaned: Object.fromEntries(counter.cleaned),
    usersCreated: counter.usersCreated,
    seconds,
    rowsPerSecond: Math.round(counter.rows / seconds),
  };
  return { ...summary, lines: summaryLines(summary) };
}

function readMap(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new TidemarkError(
      "BAD_MAP",
      `The map ${path} cannot be read (${cause instanceof Error && "code" in cause ? String(cause.code) : "?"}); check the path.`,
    );
  }
  try {
    // JSON is YAML, so one parser reads both.
    return parseYaml(text, { maxAliasCount: 10 });
  } catch (cause) {
    throw new TidemarkError(
      "BAD_MAP",
      `The map ${basename(path)} is neither JSON nor YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : ""}`,
    );
  }
}

/** The names of the columns, checked against what the map reads. */
function columnsOf(fields: readonly string[], map: ImportMap, file: string): string[] {
  const columns = fields.map((field) => field.trim());
  for (const { field, column } of namedColumns(map)) {
    if (columns.includes(column)) continue;
    const near = columns.find(
      (known) => known.toLowerCase().replaceAll(/\W|_/g, "") === column.toLowerCase().replaceAll(/\W|_/g, ""),
    );
    throw new TidemarkError(
      "BAD_MAP",
      `${field} of the map names the column ${JSON.stringify(column)}, which ${file} does not have; ${near ? `it has ${JSON.stringify(near)}` : `its columns are ${columns.slice(0, 40).join(", ").slice(0, 600)}`}.`,
    );
  }
  return columns;
}

/** Bytes that are no UTF-8 became the replacement character when they were decoded. */
function countReplaced(piece: string, counter: Counter): void {
  for (let at = piece.indexOf("\ufffd"); at >= 0; at = piece.indexOf("\ufffd", at + 1))
    counter.clean("bytes that are not UTF-8 replaced");
}
