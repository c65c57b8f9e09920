import type { ErrorCode } from "../errors.js";

/** Why a row is not taken: a stable code and a sentence with the remedy. A value, since an error with its stack costs 20 times more. */
export class Refusal {
  constructor(
    readonly code: ErrorCode,
    readonly message: string,
  ) {}
}

export const LONGEST_EXTERNAL_ID = 255;
export const LONGEST_CHANNEL = 100;
export const LONGEST_KEY = 100;
export const LONGEST_ATTRIBUTE = 10_000;
export const MOST_ATTRIBUTES = 200;
export const EARLIEST_MS = Date.UTC(1900, 0, 1);
export const LATEST_MS = Date.UTC(2200, 0, 1);

/** A text that must be there. */
export function requiredText(value: unknown, field: string, longest: number): string | Refusal {
  if (value === null || value === undefined || value === "") return new Refusal("BAD_ROW", `${field} is missing; give one.`);
  return optionalText(value, field, longest) as string | Refusal;
}

/** A text, or null where there is none. */
export function optionalText(value: unknown, field: string, longest: number): string | null | Refusal {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value !== "string") return new Refusal("BAD_ROW", `${field} is ${shown(value)}; give a text.`);
  if (value.length > longest)
    return new Refusal("TOO_LONG", `${field} has ${value.length} characters; at most ${longest} fit. It begins ${shown(value)}.`);
  if (hasBadCharacter(value))
    return new Refusal(
      "BAD_CHARACTER",
      `${field} has a NUL byte or half of a surrogate pair; send well-formed Unicode text. It begins ${shown(value)}.`,
    );
  return value;
}

/** NUL, which Postgres cannot keep, and lone surrogates, which have no UTF-8 form. */
export function hasBadCharacter(text: string): boolean {
  return text.includes("\0") || !text.isWellFormed();
}

// A date alone is midnight UTC; an instant must carry its offset, since a guess would shift it by hours unseen.
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d))?$/;

/** An instant as RFC 3339 text, in milliseconds since 1970. */
export function requiredInstant(value: unknown, field: string): number | Refusal {
  if (value === null || value === undefined || value === "")
    return new Refusal("BAD_DATE", `${field} is missing; give an RFC 3339 instant.`);
  const match = typeof value === "string" ? RFC_3339.exec(value) : null;
  const ms =
    value instanceof Date
      ? value.getTime()
      : match
        ? Date.parse(match[4] ? (value as string).replace(" ", "T") : `${match[0]}T00:00:00Z`)
        : Number.NaN;
  // Date.parse rolls 31 February over into March.
  const rolled = match !== null && Number(match[3]) > daysOfMonth(Number(match[1]), Number(match[2]));
  if (Number.isNaN(ms) || rolled)
    return new Refusal(
      "BAD_DATE",
      `${field} ${shown(value)} is not an instant; send RFC 3339, for example 2011-09-10T08:30:00Z.`,
    );
  return withinYears(ms, field);
}

export function optionalInstant(value: unknown, field: string): number | null | Refusal {
  return value === null || value === undefined || value === "" ? null : requiredInstant(value, field);
}

export function withinYears(ms: number, field: string): number | Refusal {
  if (ms >= EARLIEST_MS && ms < LATEST_MS) return ms;
  return new Refusal(
    "BAD_DATE",
    `${field} lies in the year ${new Date(ms).getUTCFullYear()}; only 1900 to 2200 are taken. Mend the date.`,
  );
}

/** The number of days; 0 where there is no such month. */
export function daysOfMonth(year: number, month: number): number {
  return month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
}

export type AttributeValue = string | number | boolean | null;

const REFUSED_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** Flat JSON scalars, key by key; null deletes a key. */
export function cleanAttributes(value: unknown, field: string): Map<string, AttributeValue> | Refusal {
  const clean = new Map<string, AttributeValue>();
  if (value === null || value === undefined) return clean;
  if (typeof value !== "object" || Array.isArray(value))
    return new Refusal("BAD_ROW", `${field} is ${shown(value)}; give an object of plain values.`);
  const entries = Object.entries(value);
  if (entries.length > MOST_ATTRIBUTES)
    return new Refusal("TOO_LONG", `${field} has ${entries.length} keys; at most ${MOST_ATTRIBUTES} fit.`);
  for (const [key, entry] of entries) {
    if (REFUSED_KEYS.has(key)) return new Refusal("BAD_ROW", `${field} has the key ${key}, which is refused; rename it.`);
    const name = requiredText(key, `a key of ${field}`, LONGEST_KEY);
    if (name instanceof Refusal) return name;
    if (typeof entry === "string") {
      const text = optionalText(entry, `${field}.${key}`, LONGEST_ATTRIBUTE);
      if (text instanceof Refusal) return text;
    } else if (entry !== null && typeof entry !== "boolean" && !(typeof entry === "number" && Number.isFinite(entry))) {
      return new Refusal(
        "BAD_ROW",
        `${field}.${key} is ${shown(entry)}; a value is a text, a finite number, true, false, or null to delete the key.`,
      );
    }
    clean.set(name, entry as AttributeValue);
  }
  return clean;
}

/** A short, safe form of what was sent, for messages and the quarantine. */
export function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  const short = (text.length > 60 ? `${text.slice(0, 60)}...` : text).toWellFormed().replaceAll("\0", "\\0");
  return typeof value === "string" ? JSON.stringify(short) : short;
}
