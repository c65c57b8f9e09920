import { blankSeparated, DelimitedSplitter, JsonArraySplitter, LineSplitter, type OnRecord, type Splitter } from "./delimited.js";
import type { Format } from "./import-map.js";

/** The format that a file's name tells; undefined where it tells none. */
export function formatOf(name: string): Format | undefined {
  const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  switch (extension) {
    case "csv":
      return "csv";
    case "tsv":
    case "tab":
      return "tsv";
    case "txt":
    case "dat":
      return "whitespace";
    case "ndjson":
    case "jsonl":
      return "ndjson";
    case "json":
      return "json";
    default:
      return undefined;
  }
}

export interface RecordsOptions {
  readonly format: Format;
  readonly delimiter: string | undefined;
  /** For JSON: the names whose values become the fields, in this order. */
  readonly names: readonly string[];
  readonly onRecord: OnRecord;
  /** A line or element that is no JSON object. */
  readonly onBroken: (text: string, line: number) => void;
}

/** The splitter of a format. */
export function splitterOf({ format, delimiter, names, onRecord, onBroken }: RecordsOptions): Splitter {
  const jsonFields = (text: string, line: number): string[] | undefined => {
    const fields = fieldsOfJson(text, names);
    if (!fields) onBroken(text, line);
    return fields;
  };
  switch (format) {
    case "csv":
      return new DelimitedSplitter(delimiter ?? ",", onRecord);
    case "tsv":
      return new DelimitedSplitter(delimiter ?? "\t", onRecord);
    case "whitespace":
      return new LineSplitter(blankSeparated, onRecord);
    case "ndjson":
      return new LineSplitter(jsonFields, onRecord);
    case "json":
      return new JsonArraySplitter((text, line) => {
        const fields = jsonFields(text, line);
        if (fields) onRecord(fields, line);
      });
  }
}

/** The values of an object's names as texts; a dotted name reaches into nested objects. */
function fieldsOfJson(text: string, names: readonly string[]): string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return names.map((name) => {
    let entry: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (entry === undefined && name.includes(".")) {
      entry = value;
      for (const part of name.split("."))
        entry =
          typeof entry === "object" && entry !== null && Object.hasOwn(entry, part)
            ? (entry as Record<string, unknown>)[part]
            : undefined;
    }
    if (entry === undefined || entry === null) return "";
    return typeof entry === "object" ? JSON.stringify(entry) : String(entry);
  });
}
