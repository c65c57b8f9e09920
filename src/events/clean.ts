import {
  hasBadCharacter,
  LONGEST_CHANNEL,
  LONGEST_EXTERNAL_ID,
  optionalText,
  Refusal,
  requiredInstant,
  requiredText,
  shown,
} from "../people/clean.js";
import { DEFAULT_SOURCE, LONGEST_SOURCE } from "../people/source.js";
import { unitsOf } from "./decimal.js";

export const LONGEST_EVENT_ID = 255;
export const LONGEST_CATEGORY = 200;
export const MOST_CATEGORIES = 1_000;
export const LONGEST_PROPERTIES = 20_000;
const DEEPEST_PROPERTIES = 8;
/** A clock may be wrong by so much; what lies further ahead has not happened. */
const LONGEST_AHEAD_MS = 86_400_000;

/** One row as it came in; every field is checked here. */
export interface EventInput {
  readonly externalId?: unknown;
  readonly source?: unknown;
  readonly type?: unknown;
  readonly occurredAt?: unknown;
  readonly eventId?: unknown;
  readonly amount?: unknown;
  readonly category?: unknown;
  readonly categories?: unknown;
  readonly channel?: unknown;
  readonly properties?: unknown;
}

export interface CleanEvent {
  readonly externalId: string;
  readonly source: string;
  readonly typeId: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly eventId: string | null;
  /** Units of 1e-4; NaN for none. */
  readonly amount: number;
  readonly categories: readonly string[];
  readonly channel: string | null;
  readonly properties: Record<string, unknown> | null;
}

/** The event that a row means, or why it is not taken. */
export function cleanEvent(row: EventInput, typeIds: ReadonlyMap<string, number>, nowMs: number): CleanEvent | Refusal {
  const externalId = requiredText(row.externalId, "externalId", LONGEST_EXTERNAL_ID);
  if (externalId instanceof Refusal) return externalId;
  const source = optionalText(row.source, "source", LONGEST_SOURCE);
  if (source instanceof Refusal) return source;
  const typeId = cleanType(row.type, typeIds);
  if (typeId instanceof Refusal) return typeId;
  const at = requiredInstant(row.occurredAt, "occurredAt");
  if (at instanceof Refusal) return at;
  if (at > nowMs + LONGEST_AHEAD_MS)
    return new Refusal(
      "BAD_DATE",
      `occurredAt ${shown(row.occurredAt)} lies more than a day ahead; send an event once it has happened.`,
    );
  const eventId = optionalText(row.eventId, "eventId", LONGEST_EVENT_ID);
  if (eventId instanceof Refusal) return eventId;
  const amount = cleanAmount(row.amount);
  if (amount instanceof Refusal) return amount;
  const categories = cleanCategories(row.category, row.categories);
  if (categories instanceof Refusal) return categories;
  const channel = optionalText(row.channel, "channel", LONGEST_CHANNEL);
  if (channel instanceof Refusal) return channel;
  const properties = cleanProperties(row.properties);
  if (properties instanceof Refusal) return properties;
  return { externalId, source: source ?? DEFAULT_SOURCE, typeId, at, eventId, amount, categories, channel, properties };
}

function cleanType(value: unknown, typeIds: ReadonlyMap<string, number>): number | Refusal {
  const key = requiredText(value, "type", 100);
  if (key instanceof Refusal) return key;
  const id = typeIds.get(key);
  if (id !== undefined) return id;
  const near = [...typeIds.keys()].find((known) => known.replaceAll("_", "") === key.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  return new Refusal(
    "UNKNOWN_EVENT_TYPE",
    `type ${shown(key)} is not in the catalogue; ${near ? `write ${near}, or ` : ""}declare it with saveEventType first.`,
  );
}

/** Units of 1e-4, NaN for none. More than four places are rounded half away from zero. */
export function cleanAmount(value: unknown): number | Refusal {
  if (value === null || value === undefined || value === "") return Number.NaN;
  const units = typeof value === "number" || typeof value === "string" ? unitsOf(String(value).trim()) : Number.NaN;
  if (!Number.isNaN(units)) return units;
  return new Refusal(
    "BAD_AMOUNT",
    `amount ${shown(value)} is not a decimal within 900 billion; send it plain, with a point and without grouping or currency, for example 1234.50.`,
  );
}

function cleanCategories(category: unknown, categories: unknown): string[] | Refusal {
  const given = Array.isArray(categories) ? [...categories] : categories === null || categories === undefined ? [] : [categories];
  if (category !== null && category !== undefined && category !== "") given.unshift(category);
  if (given.length > MOST_CATEGORIES)
    return new Refusal("TOO_LONG", `categories has ${given.length} entries; at most ${MOST_CATEGORIES} fit.`);
  const distinct = new Set<string>();
  for (const entry of given) {
    const key = requiredText(entry, "category", LONGEST_CATEGORY);
    if (key instanceof Refusal) return key;
    distinct.add(key);
  }
  return [...distinct];
}

function cleanProperties(value: unknown): Record<string, unknown> | null | Refusal {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object" || Array.isArray(value))
    return new Refusal("BAD_ROW", `properties is ${shown(value)}; give an object.`);
  const fault = faultOf(value, 0);
  if (fault !== undefined) return fault;
  const length = JSON.stringify(value).length;
  if (length > LONGEST_PROPERTIES)
    return new Refusal("TOO_LONG", `properties has ${length} characters as JSON; at most ${LONGEST_PROPERTIES} fit.`);
  return value as Record<string, unknown>;
}

function faultOf(value: unknown, depth: number): Refusal | undefined {
  if (depth > DEEPEST_PROPERTIES)
    return new Refusal("TOO_LONG", `properties is nested deeper than ${DEEPEST_PROPERTIES}; flatten it.`);
  if (typeof value === "string" && hasBadCharacter(value))
    return new Refusal("BAD_CHARACTER", `properties has a NUL byte or half of a surrogate pair; send well-formed Unicode text.`);
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype")
      return new Refusal("BAD_ROW", `properties has the key ${key}, which is refused; rename it.`);
    const fault = hasBadCharacter(key)
      ? new Refusal("BAD_CHARACTER", "properties has a key that is not well-formed Unicode text.")
      : faultOf(entry, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}
