import { TidemarkError } from "../errors.js";
import type { Export } from "../export.js";
import { findSource } from "../people/source.step.js";
import type { Cell } from "../store/csv.js";
import type { Session } from "../store/pool.js";
import { quarantinedRows } from "./quarantine.loader.js";

const PAGE_ROWS = 1_000;

/** Refused rows with their reasons, the latest first: to be mended in a spreadsheet or a script, and sent again. */
export const quarantineExport: Export = {
  name: "quarantine",
  description: "rows that were refused, with the reason; source=KEY for those of one source",
  async open({ store }, parameters) {
    const source = parameters.get("source");
    const sourceId = source === undefined ? null : await findSource(store.pool, source);
    if (sourceId === undefined)
      throw new TidemarkError(
        "UNKNOWN_SOURCE",
        `No data has come from a source ${JSON.stringify(source!.slice(0, 100))}; name one that was written to.`,
      );
    return {
      fileName: "quarantine",
      columns: ["source", "origin", "rowIndex", "code", "message", "receivedAt", "row"],
      pages: pagesOf(store.pool, sourceId),
    };
  },
};

async function* pagesOf(session: Session, sourceId: number | null): AsyncGenerator<Cell[][]> {
  for (let beforeId: string | null = null; ; ) {
    const rows = await quarantinedRows(session, sourceId, beforeId, PAGE_ROWS);
    yield rows.map(({ source, origin, rowIndex, code, message, receivedAt, row }) => [
      source,
      origin,
      rowIndex,
      code,
      message,
      receivedAt,
      JSON.stringify(row),
    ]);
    const last = rows.at(-1);
    if (rows.length < PAGE_ROWS || !last) return;
    beforeId = last.id;
  }
}
