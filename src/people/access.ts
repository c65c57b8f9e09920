import type { Viewer } from "../request.js";

/*
 * Who may see what belongs to a department. A PUBLIC thing is everybody's to read; a PRIVATE one its department's alone; a SHARED one its
 * department's and, until a grant runs out or is revoked, that department's to which it was granted. A grant gives READ (values, members
 * and the definition, and use in segments) or USE_IN_SEGMENTS (groups may be counted by it, nobody listed). The owner sees everything.
 */

export const VISIBILITIES = ["PRIVATE", "SHARED", "PUBLIC"] as const;
export type Visibility = (typeof VISIBILITIES)[number];
export const GRANT_RIGHTS = ["READ", "USE_IN_SEGMENTS"] as const;
export type GrantRight = (typeof GRANT_RIGHTS)[number];
export const THING_KINDS = ["TAG", "SEGMENT", "CHURN_MODEL", "TIER_SCHEME"] as const;
export type ThingKind = (typeof THING_KINDS)[number];

/** What belongs to a department: a tag, a segment, a model or a tier scheme. */
export interface Thing {
  readonly kind: ThingKind;
  readonly id: number;
  readonly department: { readonly key: string };
  readonly visibility: Visibility;
}

/** A right on one thing that was given to a department. */
export interface Grant {
  readonly kind: ThingKind;
  readonly thingId: number;
  /** Key of the department that has the right. */
  readonly department: string;
  readonly right: GrantRight;
  readonly expiresAt: Date | null;
}

/** For whom is asked: a viewer, or the department of a saved segment, whose rights and not the viewer's its definition is read by. */
export interface Principal {
  /** Null: of none. */
  readonly department: string | null;
  /** The owner's. */
  readonly everything: boolean;
}

export function principalOf({ role, department }: Pick<Viewer, "role" | "department">): Principal {
  return { department, everything: role === "OWNER" };
}

export const ACCESS_LEVELS = ["NONE", "USE_IN_SEGMENTS", "READ"] as const satisfies readonly (GrantRight | "NONE")[];
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** The right that somebody has on a thing at an instant. */
export function accessTo({ department, everything }: Principal, thing: Thing, grants: readonly Grant[], now: Date): AccessLevel {
  if (everything || thing.visibility === "PUBLIC" || thing.department.key === department) return "READ";
  if (thing.visibility === "PRIVATE" || department === null) return "NONE";
  const held = grants.filter(
    (grant) =>
      grant.kind === thing.kind &&
      grant.thingId === thing.id &&
      grant.department === department &&
      (grant.expiresAt === null || grant.expiresAt > now),
  );
  if (held.some(({ right }) => right === "READ")) return "READ";
  return held.length > 0 ? "USE_IN_SEGMENTS" : "NONE";
}

export function changeRefusal(department: string): string {
  return `What belongs to the department ${department} is changed by its members and the owner; ask one of them.`;
}

/** Who may change a thing, share it and take it away: its department, and the owner. */
export function mayChange({ department, everything }: Principal, thing: Pick<Thing, "department">): boolean {
  return everything || thing.department.key === department;
}
