/** What became of a file. */
export interface ImportSummary {
  readonly file: string;
  readonly source: string;
  readonly kind: "events" | "users";
  readonly rows: number;
  /** Events stored, or users made. */
  readonly accepted: number;
  readonly duplicates: number;
  /** Users whose attributes changed; 0 for events. */
  readonly updated: number;
  readonly rejected: number;
  /** Rows by the reason of their refusal. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Rows that a rule left out, by its reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Values by what was done to them. */
  readonly cleaned: Readonly<Record<string, number>>;
  readonly usersCreated: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** The same in words. */
  readonly lines: readonly string[];
}

/** Counts over a whole file. */
export class Counter {
  rows = 0;
  accepted = 0;
  duplicates = 0;
  updated = 0;
  rejected = 0;
  usersCreated = 0;
  readonly rejectedBy = new Map<string, number>();
  readonly skipped = new Map<string, number>();
  readonly cleaned = new Map<string, number>();

  refuse(reason: string): void {
    this.rejected++;
    // Reasons that quote the value are as many as the values.
    if (this.rejectedBy.size < 100 || this.rejectedBy.has(reason)) increase(this.rejectedBy, reason);
    else increase(this.rejectedBy, "other reasons");
  }

  skip(reason: string): void {
    increase(this.skipped, reason);
  }

  clean(what: string): void {
    increase(this.cleaned, what);
  }
}

export function increase(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

export function summaryLines(summary: Omit<ImportSummary, "lines">): string[] {
  const count = (value: number) => value.toLocaleString("en");
  const listed = (title: string, counts: Readonly<Record<string, number>>) => {
    const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
    return entries.length === 0 ? [] : [title, ...entries.map(([what, rows]) => `  ${count(rows)}  ${what}`)];
  };
  return [
    `${summary.file}: ${count(summary.rows)} rows in ${summary.seconds.toFixed(1)} s (${count(summary.rowsPerSecond)} rows/s)`,
    summary.kind === "events"
      ? `${count(summary.accepted)} events stored, ${count(summary.duplicates)} known already, ${count(summary.usersCreated)} users made`
      : `${count(summary.accepted)} users made, ${count(summary.updated)} changed, ${count(summary.duplicates)} unchanged`,
    ...listed(`${count(summary.rejected)} rows rejected, kept in the quarantine:`, summary.rejectedBy),
    ...listed("skipped by a rule of the map:", summary.skipped),
    ...listed("cleaned:", summary.cleaned),
  ];
}
