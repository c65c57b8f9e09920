import type { Viewer } from "../request.js";

export const ATTRIBUTE_TYPES = ["TEXT", "NUMBER", "BOOLEAN", "DATE"] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** What was declared of an attribute of users. */
export interface DeclaredAttribute {
  readonly key: string;
  readonly type: AttributeType;
  /** It says something about a person that is not everybody's business in the company. */
  readonly personal: boolean;
}

export type Declarations = ReadonlyMap<string, DeclaredAttribute>;

/**
 * Whether a viewer may read an attribute, and ask for users by it. What nobody declared counts as personal: the owner and systems that write it see it.
 * A frontend sees none.
 */
export function mayReadAttribute({ role }: Pick<Viewer, "role">, key: string, declared: Declarations): boolean {
  if (role === "OWNER" || role === "CRM") return true;
  return role === "ANALYST" && declared.get(key)?.personal === false;
}

/** What to do about an attribute that is not shown. */
export function attributeRemedy({ role }: Pick<Viewer, "role">): string {
  return role === "ANALYST"
    ? "ask the owner to declare it with saveAttribute(personal: false), or for a saved segment."
    : "ask for a saved segment, or use a key of another role.";
}

const DATE = /^\d{4}-\d\d-\d\d(T.+)?$/;

/** Whether a value is of a declared type. A date is a text: 2026-01-31, or an instant in RFC 3339. */
export function isOfType(value: string | number | boolean, type: AttributeType): boolean {
  switch (type) {
    case "TEXT":
      return typeof value === "string";
    case "NUMBER":
      return typeof value === "number";
    case "BOOLEAN":
      return typeof value === "boolean";
    case "DATE":
      return typeof value === "string" && DATE.test(value) && !Number.isNaN(Date.parse(value));
  }
}
