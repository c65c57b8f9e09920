import type { RequestContext } from "./request.js";
import { type Cell, csvLine, ndjsonLine } from "./store/csv.js";

/** Rows to be written to a file, read page by page while they are written. */
export interface Table {
  /** Without an ending. */
  readonly fileName: string;
  readonly columns: readonly string[];
  readonly pages: AsyncIterable<readonly (readonly Cell[])[]>;
}

/**
 * A list that can be had as a file, at GET /exports/NAME?format=csv and from the command line. Each room says beside its types what it
 * exports (`*.export.ts`); `exports.ts` lists them, `people/permission.ts` says who may have them.
 */
export interface Export {
  readonly name: string;
  /** For people: what it holds and which parameters it takes. */
  readonly description: string;
  /** Checks the parameters before the first byte is sent. @throws TidemarkError with the remedy */
  open(context: RequestContext, parameters: ReadonlyMap<string, string>): Promise<Table>;
}

export const EXPORT_FORMATS = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The file's text, a page at a time, so that a slow reader holds up the reading of the store. */
export async function* textOf({ columns, pages }: Table, format: ExportFormat): AsyncGenerator<string> {
  if (format === "csv") yield csvLine(columns);
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    yield rows.map((cells) => (format === "csv" ? csvLine(cells) : ndjsonLine(columns, cells))).join("");
  }
}
