import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TidemarkError } from "./errors.js";
import { type ExportFormat, textOf } from "./export.js";
import { exports } from "./exports.js";
import { contextOfWork } from "./request.js";
import type { Pool } from "./store/pool.js";

/** Writes a list to a stream that takes it as fast as it can, as whoever runs the store may have it. */
export async function exportTo(
  output: NodeJS.WritableStream,
  pool: Pool,
  { name, format, parameters, now }: ExportOrder,
): Promise<void> {
  const found = exports.find((each) => each.name === name);
  if (!found)
    throw new TidemarkError("NOT_FOUND", `There is no such export; there are ${exports.map((each) => each.name).join(", ")}.`);
  // With the pool itself: what streams the events of everybody takes a connection of its own.
  const table = await found.open({ ...contextOfWork(pool, now), store: { pool } }, parameters);
  await pipeline(Readable.from(textOf(table, format)), output, { end: false });
}

export interface ExportOrder {
  readonly name: string;
  readonly format: ExportFormat;
  readonly parameters: ReadonlyMap<string, string>;
  readonly now: Date;
}
