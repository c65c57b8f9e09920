import { type Counter, increase } from "./import-summary.js";

/** Takes the rows of a file and stores them in batches. */
export interface RowImport {
  /** The columns are known. */
  begin(columns: readonly string[]): void;
  row(fields: readonly string[], line: number): void;
  refuse(code: string, message: string, fields: readonly string[], line: number): void;
  /** Stores what is full, or everything at the end. */
  flush(end: boolean): Promise<void>;
  /** Waits for what is under way; what has not begun is dropped. */
  abandon(): Promise<void>;
}

export interface RefusedLine {
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly row: object;
}

/** Of one import so many refused rows are kept; more are counted only. */
const MOST_QUARANTINED = 200_000;

/** The refused rows of the batch that is being read. */
export class Refusals {
  rows: RefusedLine[] = [];
  byCode = new Map<string, number>();
  columns: readonly string[] = [];
  #kept = 0;

  constructor(readonly counter: Counter) {}

  add(code: string, message: string, fields: readonly string[], line: number): void {
    this.counter.refuse(`${code}: ${message}`);
    increase(this.byCode, code);
    if (this.#kept++ >= MOST_QUARANTINED) return;
    const row = Object.fromEntries(fields.map((field, at) => [this.columns[at] ?? `field ${at + 1}`, field]));
    this.rows.push({ code, message, line, row });
  }

  /** Hands the batch's over and begins the next. */
  take(): { rows: RefusedLine[]; byCode: Record<string, number> } {
    const taken = { rows: this.rows, byCode: Object.fromEntries(this.byCode) };
    this.rows = [];
    this.byCode = new Map();
    return taken;
  }
}
