import { LONGEST_CHANNEL, LONGEST_EXTERNAL_ID, Refusal, shown, withinYears } from "../people/clean.js";
import { LONGEST_CATEGORY, LONGEST_EVENT_ID } from "./clean.js";
import { productUnits } from "./decimal.js";
import { dateReader, type ReadDate } from "./import-date.js";
import type { Condition, EventMap, ImportMap, Rule, ValueSource } from "./import-map.js";

/** What a map knows of the file it is used on. */
export interface RowSetting {
  /** Where each column stands among the fields. */
  readonly columns: ReadonlyMap<string, number>;
  readonly typeIds: ReadonlyMap<string, number>;
  /** The tables of lookups, by the place of the map that names them. */
  readonly lookups: ReadonlyMap<ValueSource, ReadonlyMap<string, string>>;
  /** Set before the line number where it serves as the event id, so that two files of one source never share one. */
  readonly linePrefix: string;
  /** Counts what was mended. */
  readonly cleaned: (what: string) => void;
}

/** One event of a file, or one row of a group. The object is used again for the next row. */
export interface FileEvent {
  externalId: string;
  typeId: number;
  at: number;
  eventId: string;
  /** Units of 1e-4; NaN for none. */
  amount: number;
  category: string;
  channel: string;
  properties: Record<string, unknown> | null;
  groupKey: string;
}

/** Why a row is left out without being wrong. */
export class Skipped {
  constructor(readonly reason: string) {}
}

export type ReadRow = (fields: readonly string[], line: number) => FileEvent | Skipped | Refusal;
export type ReadText = (fields: readonly string[]) => string;

/** Turns a checked map into the function that reads one row; everything that can be decided once is decided here. */
export function eventReader(map: EventMap, setting: RowSetting): ReadRow {
  const { columns, typeIds, linePrefix } = setting;
  const user = textReader(map.user, map, setting);
  const type = textReader(map.type, map, setting);
  const category = map.category ? textReader(map.category, map, setting) : nothing;
  const channel = map.channel ? textReader(map.channel, map, setting) : nothing;
  const judge = judgeOf(map.rules, map, setting);
  const dateColumn = columns.get(map.occurredAt.column)!;
  const readDate = dateReader(map.occurredAt.format)!;
  const amounts = map.amount?.map((column) => plainReader(columns.get(column)!, map.missing)) ?? [];
  const byLine = map.eventId === "line" || map.eventId === undefined;
  const eventIdOf = idReader(byLine ? [] : (map.eventId as readonly string[]), map, setting);
  const groupOf = map.group ? idReader(map.group.by, map, setting) : nothing;
  const properties = Object.entries(map.properties).map(([name, column]) => ({
    name,
    read: plainReader(columns.get(column)!, map.missing),
  }));
  const event: FileEvent = {
    externalId: "",
    typeId: 0,
    at: 0,
    eventId: "",
    amount: Number.NaN,
    category: "",
    channel: "",
    properties: null,
    groupKey: "",
  };
  return (fields, line) => {
    const verdict = judge?.(fields);
    if (verdict instanceof Refusal || verdict instanceof Skipped) return verdict;
    event.externalId = user(fields);
    if (event.externalId === "")
      return new Refusal(
        "BAD_ROW",
        `The user is missing (column ${columnOf(map.user)}); mend the row, or let a rule skip such rows.`,
      );
    const typeKey = verdict ?? type(fields);
    const typeId = typeIds.get(typeKey);
    if (typeId === undefined)
      return new Refusal(
        "UNKNOWN_EVENT_TYPE",
        `type ${shown(typeKey)} is not in the catalogue; map it with type.values, or declare it with saveEventType.`,
      );
    event.typeId = typeId;
    const at = instantOf(fields[dateColumn]!, readDate, map.occurredAt);
    if (at instanceof Refusal) return at;
    event.at = at;
    event.amount = Number.NaN;
    if (amounts.length > 0) {
      const texts = amounts.map((read) => read(fields));
      if (!texts.every((text) => text === "")) {
        event.amount = productUnits(texts);
        if (Number.isNaN(event.amount))
          return new Refusal(
            "BAD_AMOUNT",
            `amount ${texts.map(shown).join(" x ")} is not a decimal within 900 billion; it is read plain, with a point and without grouping or currency.`,
          );
      }
    }
    event.eventId = byLine ? linePrefix + line : eventIdOf(fields);
    if (event.eventId === "")
      return new Refusal(
        "BAD_ROW",
        "The event id is empty, and without one a second import would double the row; use eventId: line, or name other columns.",
      );
    event.category = category(fields);
    event.channel = channel(fields);
    event.groupKey = groupOf(fields);
    event.properties = null;
    for (const { name, read } of properties) {
      const text = read(fields);
      if (text === "") continue;
      event.properties ??= {};
      event.properties[name] = plainValue(text);
    }
    return tooLong(event) ?? event;
  };
}

function tooLong({ externalId, eventId, category, channel }: FileEvent): Refusal | undefined {
  if (
    externalId.length <= LONGEST_EXTERNAL_ID &&
    eventId.length <= LONGEST_EVENT_ID &&
    category.length <= LONGEST_CATEGORY &&
    channel.length <= LONGEST_CHANNEL
  )
    return undefined;
  return new Refusal(
    "TOO_LONG",
    `A text is too long: the user takes ${LONGEST_EXTERNAL_ID} characters, the event id ${LONGEST_EVENT_ID}, the category ${LONGEST_CATEGORY}, the channel ${LONGEST_CHANNEL}.`,
  );
}

export function instantOf(
  text: string,
  read: ReadDate,
  { column, format }: { column: string; format: string },
): number | Refusal {
  const trimmed = text.trim();
  const at = read(trimmed);
  if (Number.isNaN(at))
    return new Refusal(
      "BAD_DATE",
      `${column} ${shown(trimmed)} is not a date of the form ${format}; mend the row, or the map's format.`,
    );
  return withinYears(at, column);
}

const nothing: ReadText = () => "";

/** A column's text without blanks around it; empty where the map calls it missing. */
export function plainReader(column: number, missing: readonly string[]): ReadText {
  const none = new Set(missing);
  return (fields) => {
    const text = trimmed(fields[column]!);
    return none.size > 0 && none.has(text) ? "" : text;
  };
}

function trimmed(text: string): string {
  return text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32 ? text.trim() : text;
}

export function textReader(source: ValueSource, map: ImportMap, setting: RowSetting): ReadText {
  if ("constant" in source) return () => source.constant;
  const plain = plainReader(setting.columns.get(source.column)!, map.missing);
  const { strip, values } = source;
  const byText = values && new Map(Object.entries(values));
  const lookup = setting.lookups.get(source);
  if (strip === undefined && !byText && !lookup) return plain;
  return (fields) => {
    let text = plain(fields);
    if (strip !== undefined && text.endsWith(strip)) {
      text = text.slice(0, -strip.length);
      setting.cleaned(`${source.column}: ${JSON.stringify(strip)} taken off`);
    }
    if (lookup) text = lookup.get(text) ?? "";
    return byText?.get(text) ?? text;
  };
}

/** Several columns as one id; the user's column is read as the user is, so that what is taken off there is taken off here. Empty where one is. */
function idReader(names: readonly string[], map: EventMap, setting: RowSetting): ReadText {
  const quiet = { ...setting, cleaned: () => {} };
  const readers = names.map((column) =>
    "column" in map.user && map.user.column === column
      ? textReader(map.user, map, { ...quiet, lookups: setting.lookups })
      : plainReader(setting.columns.get(column)!, map.missing),
  );
  if (readers.length === 1) return readers[0]!;
  return (fields) => {
    let id = "";
    for (const [index, read] of readers.entries()) {
      const text = read(fields);
      if (text === "") return "";
      id += index === 0 ? text : `|${text}`;
    }
    return id;
  };
}

function columnOf(source: ValueSource): string {
  return "column" in source ? source.column : "a constant";
}

/** The first rule that a row meets: a refusal, a reason to skip it, or the event type it has; undefined where none is met. */
export function judgeOf(
  rules: readonly Rule[],
  map: ImportMap,
  setting: RowSetting,
): ((fields: readonly string[]) => Refusal | Skipped | string | undefined) | undefined {
  if (rules.length === 0) return undefined;
  const tests = rules.map(({ when, outcome, text }) => ({
    meets: when.map((condition) => testOf(condition, plainReader(setting.columns.get(condition.column)!, map.missing))),
    verdict: outcome === "reject" ? new Refusal("BAD_ROW", text) : outcome === "skip" ? new Skipped(text) : text,
  }));
  return (fields) => {
    for (const { meets, verdict } of tests) if (meets.every((test) => test(fields))) return verdict;
    return undefined;
  };
}

function testOf({ test, operand }: Condition, read: ReadText): (fields: readonly string[]) => boolean {
  switch (test) {
    case "empty":
      return (fields) => (read(fields) === "") === operand;
    case "equals":
      return (fields) => read(fields) === operand;
    case "in": {
      const among = new Set(operand as readonly string[]);
      return (fields) => among.has(read(fields));
    }
    case "startsWith":
      return (fields) => read(fields).startsWith(String(operand));
    case "lessThan":
      return number(read, (value) => value < Number(operand));
    case "atMost":
      return number(read, (value) => value <= Number(operand));
    case "greaterThan":
      return number(read, (value) => value > Number(operand));
    case "atLeast":
      return number(read, (value) => value >= Number(operand));
  }
}

function number(read: ReadText, test: (value: number) => boolean): (fields: readonly string[]) => boolean {
  return (fields) => {
    const text = read(fields);
    return text !== "" && test(Number(text));
  };
}

/** A number where the text is one and nothing is lost by it; otherwise the text. */
export function plainValue(text: string): string | number {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/.test(text) ? Number(text) : text;
}
