import type { Export } from "../export.js";
import type { Cell } from "../store/csv.js";
import type { Session } from "../store/pool.js";
import { quarantinedRows, sourcesShown } from "./quarantine.loader.js";

const PAGE_ROWS = 1_000;

/** Refused rows with their reasons, the latest first: to be mended in a spreadsheet or a script, and sent again. */
export const quarantineExport: Export = {
  name: "quarantine",
  description: "rows that were refused, with the reason; source=KEY for those of one source",
  async open(context, parameters) {
    const shown = await sourcesShown(context, parameters.get("source"));
    return {
      fileName: "quarantine",
      columns: ["source", "origin", "rowIndex", "code", "message", "receivedAt", "row"],
      pages: pagesOf(context.store.pool, shown),
    };
  },
};

async function* pagesOf(session: Session, shown: readonly number[] | null): AsyncGenerator<Cell[][]> {
  for (let beforeId: string | null = null; ; ) {
    const rows = await quarantinedRows(session, shown, beforeId, PAGE_ROWS);
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
