import { TidemarkError } from "../errors.js";
import { dateReader } from "./import-date.js";

export const FORMATS = ["csv", "tsv", "whitespace", "ndjson", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** Where a value comes from: a column, with what is done to it, or a constant. */
export type ValueSource =
  | { readonly constant: string }
  | {
      readonly column: string;
      /** A suffix to be taken off, such as the `.0` of ids that went through a spreadsheet. */
      readonly strip?: string;
      /** Texts by what they stand for. */
      readonly values?: Readonly<Record<string, string>>;
      readonly lookup?: Lookup;
    };

/** A second file in which the value is looked up: `value` of the row whose `key` it equals. */
export interface Lookup {
  readonly file: string;
  readonly key: string;
  readonly value: string;
}

export interface Condition {
  readonly column: string;
  readonly test: "empty" | "equals" | "in" | "startsWith" | "lessThan" | "atMost" | "greaterThan" | "atLeast";
  readonly operand: string | number | boolean | readonly string[];
}

/** What is done with rows that meet every condition; the first rule that a row meets decides. */
export interface Rule {
  readonly when: readonly Condition[];
  readonly outcome: "reject" | "skip" | "type";
  /** The reason, or the event type. */
  readonly text: string;
}

interface CommonMap {
  readonly source: string;
  readonly format: Format | undefined;
  readonly delimiter: string | undefined;
  readonly header: boolean;
  readonly columns: readonly string[] | undefined;
  /** Texts that stand for "none", beside the empty one. */
  readonly missing: readonly string[];
  readonly user: ValueSource;
  readonly channel: ValueSource | undefined;
  readonly rules: readonly Rule[];
}

export interface EventMap extends CommonMap {
  readonly kind: "events";
  readonly type: ValueSource;
  readonly occurredAt: { readonly column: string; readonly format: string };
  /** The columns whose product it is. */
  readonly amount: readonly string[] | undefined;
  readonly eventId: "line" | readonly string[] | undefined;
  readonly category: ValueSource | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly group: { readonly by: readonly string[]; readonly occurredAt: "min" | "max" } | undefined;
}

export interface UserMap extends CommonMap {
  readonly kind: "users";
  readonly firstSeenAt: { readonly column: string; readonly format: string } | undefined;
  /** Attributes by the column they come from. */
  readonly attributes: Readonly<Record<string, string>> | "all";
}

export type ImportMap = EventMap | UserMap;

/** Checks a map that was read from JSON or YAML; whatever does not fit is named with what would. */
export function checkMap(value: unknown): ImportMap {
  const map = objectAt(value, "the map");
  const kind = map.kind ?? "events";
  if (kind !== "events" && kind !== "users") throw bad("kind", kind, "`events` or `users`");
  only(map, "", kind === "events" ? EVENT_FIELDS : USER_FIELDS);
  const header = map.header === undefined ? map.columns === undefined : map.header;
  if (typeof header !== "boolean") throw bad("header", header, "true or false");
  const format = map.format;
  if (format !== undefined && !FORMATS.includes(format as Format)) throw bad("format", format, `one of ${FORMATS.join(", ")}`);
  if (map.columns === undefined && !header && format !== "ndjson" && format !== "json")
    throw new TidemarkError("BAD_MAP", "The map says header: false, so it must name the columns in their order: columns: [...].");
  if (map.user === undefined) throw missing("user", "the column that holds the user's id");
  const common: CommonMap = {
    source: map.source === undefined ? "default" : textAt(map.source, "source"),
    format: format as Format | undefined,
    delimiter: map.delimiter === undefined ? undefined : delimiterAt(map.delimiter),
    header,
    columns: map.columns === undefined ? undefined : textsAt(map.columns, "columns"),
    missing: map.missing === undefined ? [] : textsAt(map.missing, "missing"),
    user: sourceAt(map.user, "user"),
    channel: map.channel === undefined ? undefined : sourceAt(map.channel, "channel"),
    rules: map.rules === undefined ? [] : rulesAt(map.rules),
  };
  if (kind === "users")
    return {
      ...common,
      kind,
      firstSeenAt: map.firstSeenAt === undefined ? undefined : dateAt(map.firstSeenAt, "firstSeenAt"),
      attributes: map.attributes === undefined || map.attributes === "all" ? "all" : columnsByName(map.attributes, "attributes"),
    };
  if (map.type === undefined) throw missing("type", "an event type, or {column, values} where a column tells it");
  if (map.occurredAt === undefined) throw missing("occurredAt", "{column, format}");
  const group = map.group === undefined ? undefined : groupAt(map.group);
  return {
    ...common,
    kind,
    type: typeof map.type === "string" ? { constant: map.type } : sourceAt(map.type, "type"),
    occurredAt: dateAt(map.occurredAt, "occurredAt"),
    amount: map.amount === undefined ? undefined : amountAt(map.amount),
    eventId: map.eventId === undefined ? group?.by : eventIdAt(map.eventId),
    category: map.category === undefined ? undefined : sourceAt(map.category, "category"),
    properties: map.properties === undefined ? {} : columnsByName(map.properties, "properties"),
    group,
  };
}

const COMMON_FIELDS = ["kind", "source", "format", "delimiter", "header", "columns", "missing", "user", "channel", "rules"];
const EVENT_FIELDS = [...COMMON_FIELDS, "type", "occurredAt", "amount", "eventId", "category", "properties", "group"];
const USER_FIELDS = [...COMMON_FIELDS, "firstSeenAt", "attributes"];

/** Every column that the map reads, with the field that names it. */
export function namedColumns(map: ImportMap): { field: string; column: string }[] {
  const named: { field: string; column: string }[] = [];
  const add = (field: string, column: string | undefined) => {
    if (column !== undefined) named.push({ field, column });
  };
  const addSource = (field: string, source: ValueSource | undefined) => {
    if (source && "column" in source) add(field, source.column);
  };
  addSource("user", map.user);
  addSource("channel", map.channel);
  for (const [index, rule] of map.rules.entries()) for (const { column } of rule.when) add(`rules[${index}]`, column);
  if (map.kind === "users") {
    add("firstSeenAt", map.firstSeenAt?.column);
    if (map.attributes !== "all") for (const [name, column] of Object.entries(map.attributes)) add(`attributes.${name}`, column);
    return named;
  }
  addSource("type", map.type);
  add("occurredAt", map.occurredAt.column);
  for (const column of map.amount ?? []) add("amount", column);
  if (map.eventId !== "line") for (const column of map.eventId ?? []) add("eventId", column);
  addSource("category", map.category);
  for (const [name, column] of Object.entries(map.properties)) add(`properties.${name}`, column);
  for (const column of map.group?.by ?? []) add("group.by", column);
  return named;
}

type Fields = Readonly<Record<string, unknown>>;

function bad(field: string, value: unknown, fits: string): TidemarkError {
  return new TidemarkError("BAD_MAP", `${field} of the map is ${JSON.stringify(value)?.slice(0, 80)}; it takes ${fits}.`);
}

function missing(field: string, fits: string): TidemarkError {
  return new TidemarkError("BAD_MAP", `The map names no ${field}; give ${fits}.`);
}

function objectAt(value: unknown, field: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  if (field === "the map")
    throw new TidemarkError(
      "BAD_MAP",
      "The map is not a list of fields; write source, user, type, occurredAt ... as in the examples.",
    );
  throw bad(field, value, "an object of fields");
}

function only(fields: Fields, at: string, allowed: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (!allowed.includes(name))
      throw new TidemarkError(
        "BAD_MAP",
        `The map has a field ${at}${name}, which means nothing there; what fits is ${allowed.join(", ")}.`,
      );
  }
}

function textAt(value: unknown, field: string): string {
  if (typeof value === "string" && value !== "" && value.length <= 1_000) return value;
  if (typeof value === "number") return String(value);
  throw bad(field, value, "a text");
}

function textsAt(value: unknown, field: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw bad(field, value, "at least one text");
  return list.map((entry) => textAt(entry, field));
}

function delimiterAt(value: unknown): string {
  const text = textAt(value, "delimiter");
  if (text.length !== 1 || text === '"' || text === "\n") throw bad("delimiter", value, "one character, such as ; or |");
  return text;
}

function sourceAt(value: unknown, field: string): ValueSource {
  if (typeof value === "string" || typeof value === "number") return { column: textAt(value, field) };
  const fields = objectAt(value, field);
  only(fields, `${field}.`, ["constant", "column", "strip", "values", "lookup"]);
  if (fields.constant !== undefined) return { constant: textAt(fields.constant, `${field}.constant`) };
  if (fields.column === undefined) throw missing(`${field}.column`, "the name of a column, or a constant");
  return {
    column: textAt(fields.column, `${field}.column`),
    ...(fields.strip === undefined ? {} : { strip: textAt(fields.strip, `${field}.strip`) }),
    ...(fields.values === undefined ? {} : { values: columnsByName(fields.values, `${field}.values`) }),
    ...(fields.lookup === undefined ? {} : { lookup: lookupAt(fields.lookup, `${field}.lookup`) }),
  };
}

function lookupAt(value: unknown, field: string): Lookup {
  const fields = objectAt(value, field);
  only(fields, `${field}.`, ["file", "key", "value"]);
  for (const name of ["file", "key", "value"])
    if (fields[name] === undefined) throw missing(`${field}.${name}`, "file, key and value");
  return {
    file: textAt(fields.file, `${field}.file`),
    key: textAt(fields.key, `${field}.key`),
    value: textAt(fields.value, `${field}.value`),
  };
}

function columnsByName(value: unknown, field: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(value, field)).map(([name, entry]) => [name, textAt(entry, `${field}.${name}`)]),
  );
}

function dateAt(value: unknown, field: string): { column: string; format: string } {
  if (typeof value === "string") return { column: value, format: "iso" };
  const fields = objectAt(value, field);
  only(fields, `${field}.`, ["column", "format"]);
  if (fields.column === undefined) throw missing(`${field}.column`, "the name of a column");
  const format = fields.format === undefined ? "iso" : textAt(fields.format, `${field}.format`);
  if (!dateReader(format))
    throw bad(
      `${field}.format`,
      format,
      "iso, unix, unixMs, or a pattern of yyyy MM M dd d HH H mm ss SSS such as yyyy-MM-dd HH:mm:ss",
    );
  return { column: textAt(fields.column, `${field}.column`), format };
}

function amountAt(value: unknown): string[] {
  if (typeof value === "string" || typeof value === "number") return [textAt(value, "amount")];
  const fields = objectAt(value, "amount");
  only(fields, "amount.", ["column", "multiply"]);
  if (fields.column !== undefined) return [textAt(fields.column, "amount.column")];
  if (fields.multiply === undefined) throw missing("amount.multiply", "the columns whose product it is");
  return textsAt(fields.multiply, "amount.multiply");
}

function eventIdAt(value: unknown): "line" | string[] {
  return value === "line" ? "line" : textsAt(value, "eventId");
}

function groupAt(value: unknown): { by: string[]; occurredAt: "min" | "max" } {
  const fields = objectAt(value, "group");
  only(fields, "group.", ["by", "occurredAt", "amount", "categories"]);
  if (fields.by === undefined) throw missing("group.by", "the columns that a group has in common");
  const at = fields.occurredAt ?? "min";
  if (at !== "min" && at !== "max") throw bad("group.occurredAt", at, "`min` or `max`");
  if ((fields.amount ?? "sum") !== "sum") throw bad("group.amount", fields.amount, "`sum`");
  if ((fields.categories ?? "distinct") !== "distinct")
    throw bad("group.categories", fields.categories, "`distinct`: those of the map's category");
  return { by: textsAt(fields.by, "group.by"), occurredAt: at };
}

const TESTS = ["empty", "equals", "in", "startsWith", "lessThan", "atMost", "greaterThan", "atLeast"] as const;

function rulesAt(value: unknown): Rule[] {
  if (!Array.isArray(value)) throw bad("rules", value, "a list of {when, reject | skip | type}");
  return value.map((entry: unknown, index) => {
    const at = `rules[${index}]`;
    const fields = objectAt(entry, at);
    only(fields, `${at}.`, ["when", "reject", "skip", "type"]);
    if (fields.when === undefined) throw missing(`${at}.when`, "{column, and a test}");
    const outcomes = (["reject", "skip", "type"] as const).filter((outcome) => fields[outcome] !== undefined);
    if (outcomes.length !== 1) throw bad(at, entry, "exactly one of reject: reason, skip: reason, type: event type");
    const conditions = (Array.isArray(fields.when) ? fields.when : [fields.when]) as unknown[];
    return {
      when: conditions.map((condition) => conditionAt(condition, `${at}.when`)),
      outcome: outcomes[0]!,
      text: textAt(fields[outcomes[0]!], `${at}.${outcomes[0]}`),
    };
  });
}

function conditionAt(value: unknown, at: string): Condition {
  const fields = objectAt(value, at);
  only(fields, `${at}.`, ["column", ...TESTS]);
  const tests = TESTS.filter((test) => fields[test] !== undefined);
  if (fields.column === undefined || tests.length !== 1) throw bad(at, value, `column and one of ${TESTS.join(", ")}`);
  const test = tests[0]!;
  const operand = fields[test];
  const numeric = test === "lessThan" || test === "atMost" || test === "greaterThan" || test === "atLeast";
  if (numeric && typeof operand !== "number") throw bad(`${at}.${test}`, operand, "a number");
  if (test === "empty" && typeof operand !== "boolean") throw bad(`${at}.empty`, operand, "true or false");
  return {
    column: textAt(fields.column, `${at}.column`),
    test,
    operand: numeric
      ? (operand as number)
      : test === "empty"
        ? (operand as boolean)
        : test === "in"
          ? textsAt(operand, `${at}.in`)
          : textAt(operand, `${at}.${test}`),
  };
}
