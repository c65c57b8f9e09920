import type { EventKind } from "../events/event-kind.js";
import type { Expression, Measure, TagDefinition } from "./definition.js";
import type { TagFamily, TagKind, TagValueType } from "./tag.entity.js";

/** A tag that ships with the product. Computed ones carry their definition; the others are given by people and systems. */
export interface LibraryTag {
  readonly key: string;
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly family: TagFamily;
  readonly kind: TagKind;
  readonly valueType: TagValueType;
  readonly unit?: string;
  /** Key of the department that owns it. */
  readonly department: string;
  readonly definition?: TagDefinition;
}

export const INTERACTION: readonly EventKind[] = ["INTERACTION"];
export const TRANSACTION: readonly EventKind[] = ["TRANSACTION"];
export const NEGATIVE: readonly EventKind[] = ["NEGATIVE"];
export const SERVICE: readonly EventKind[] = ["SERVICE"];

/** What is computed for everybody belongs to no single department. */
const OWNER = "company";

export const tag = (key: string): Expression => ({ tag: key });
export const events = (days?: number, endingDaysAgo?: number): Measure => windowed({ measure: "count" }, days, endingDaysAgo);
export const orders = (days?: number, endingDaysAgo?: number): Measure =>
  windowed({ measure: "count", kinds: TRANSACTION }, days, endingDaysAgo);
export const amount = (days?: number, endingDaysAgo?: number): Measure =>
  windowed({ measure: "sum", kinds: TRANSACTION }, days, endingDaysAgo);

export function windowed(measure: Measure, days?: number, endingDaysAgo?: number): Measure {
  return {
    ...measure,
    ...(days === undefined ? {} : { days }),
    ...(endingDaysAgo === undefined ? {} : { endingDaysAgo }),
  };
}

export function metric(
  family: TagFamily,
  unit: string,
  key: string,
  name: string,
  description: string,
  expression: Expression,
): LibraryTag {
  return {
    key,
    name,
    description,
    family,
    kind: "METRIC",
    valueType: "NUMBER",
    unit,
    department: OWNER,
    definition: { expression },
  };
}

export function rule(family: TagFamily, key: string, name: string, description: string, expression: Expression): LibraryTag {
  return {
    key,
    name,
    description,
    family,
    kind: "RULE",
    valueType: "BOOLEAN",
    department: OWNER,
    definition: { expression },
  };
}

/** A rule that says a text of whom it is defined for. */
export function textRule(...[family, key, name, description, expression]: Parameters<typeof rule>): LibraryTag {
  return { ...rule(family, key, name, description, expression), valueType: "TEXT" };
}

export function decline(
  family: TagFamily,
  key: string,
  name: string,
  description: string,
  definition: TagDefinition & Required<Pick<TagDefinition, "decline">>,
): LibraryTag {
  return { key, name, description, family, kind: "DECLINE", valueType: "BOOLEAN", department: OWNER, definition };
}

export function given(
  family: TagFamily,
  department: string,
  valueType: TagValueType,
  key: string,
  name: string,
  description: string,
): LibraryTag {
  return { key, name, description, family, kind: "MANUAL", valueType, department };
}

/** A fall below half is MILD, below a quarter MODERATE, to a twentieth or less SEVERE. */
export const FALL = { worse: "LOWER", moderate: 0.25, severe: 0.05 } as const;
