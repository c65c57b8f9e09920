import type { AccessLevel, ThingKind } from "../people/access.js";

/** What an expression names and does not belong to whoever asks. */
export interface Lent {
  readonly kind: ThingKind;
  readonly key: string;
  /** Key of the department to ask. */
  readonly department: string;
}

/** What those may see who ask; a catalogue without rights is the owner's, who sees everything. */
export interface Rights {
  /** Of the viewer, or of a department: by its rights, and not the viewer's, a saved segment is read. */
  readonly of: (kind: ThingKind, key: string, department?: string) => AccessLevel;
  /** The department that a thing belongs to; undefined: there is no such thing. */
  readonly ownerOf: (kind: ThingKind, key: string) => string | undefined;
  readonly mayAskFor: (attribute: string) => boolean;
  /** What to do about an attribute that may not be asked for. */
  readonly attributeRemedy: string;
}

/**
 * The right of a viewer on a thing that stands in a segment of `department` (null: in the viewer's own question). A department's own things
 * are shown to whom it shows the segment; what was lent to it is not lent on: others may count by it, unless they may read it themselves.
 */
export function levelOf(rights: Rights, kind: ThingKind, key: string, department: string | null): AccessLevel {
  const own = rights.of(kind, key);
  if (department === null) return own;
  if (rights.of(kind, key, department) === "NONE") return "NONE";
  return own === "READ" || rights.ownerOf(kind, key) === department ? "READ" : "USE_IN_SEGMENTS";
}

const NAMES: Readonly<Record<ThingKind, string>> = {
  TAG: "the tag",
  SEGMENT: "the segment",
  CHURN_MODEL: "the model",
  TIER_SCHEME: "the tier scheme",
};

/** "the tag vip of the department sales". */
export function nameOf({ kind, key, department }: Lent): string {
  return `${NAMES[kind]} ${key} of the department ${department}`;
}
