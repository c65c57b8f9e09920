/** What a cell of an export may hold. */
export type Cell = string | number | boolean | Date | null | undefined;

/**
 * One row as a line of CSV (RFC 4180, with CRLF). A text that a spreadsheet would run as a formula gets an apostrophe before it, which
 * spreadsheets take as "this is text"; numbers stay numbers.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: Cell): string {
  const plain = plainCell(cell);
  if (plain === null) return "";
  if (typeof plain !== "string" || cell instanceof Date) return String(plain);
  const text = RUNS.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return /[",;\r\n\t]/.test(text) || /^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What begins a formula or a DDE command in Excel, LibreOffice or Google Sheets, also behind blanks, quotes and in full width. */
const RUNS = /^[\s"'\u200b\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r\n]/u;
/** A number that came as text, such as a decimal of exact digits. */
const NUMBER = /^[+-]?\d{1,30}(\.\d{1,30})?$/;

/** One row as a line of NDJSON: an object by the columns' names. */
export function ndjsonLine(columns: readonly string[], cells: readonly Cell[]): string {
  return `${JSON.stringify(Object.fromEntries(columns.map((column, place) => [column, plainCell(cells[place])])))}\n`;
}

function plainCell(cell: Cell): string | number | boolean | null {
  if (cell === null || cell === undefined) return null;
  if (cell instanceof Date) return cell.toISOString();
  return typeof cell === "number" && !Number.isFinite(cell) ? null : cell;
}
