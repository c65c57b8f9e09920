import type { Session } from "./store/pool.js";
import type { Store } from "./store/store.js";

export const ROLES = ["OWNER", "ANALYST", "CRM", "APP"] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Viewer {
  readonly role: Role;
  /** Shown in histories as the one who did it. */
  readonly name: string;
  /** Stays the same while names change: of a key, of a person, or of the owner. */
  readonly id: string;
  /** Key of the department whose things are shown beside the public ones; null: none. */
  readonly department: string | null;
  /** Keys of the only sources that facts may be written of; null: of any. */
  readonly sources: readonly string[] | null;
  /** Of a person who is a user themselves: the only user that is shown. Null: any user. */
  readonly self: { readonly externalId: string; readonly source: string | null } | null;
}

/** Of a viewer who is bound to nothing: whoever runs the store. */
export function ownerCalled(name: string): Viewer {
  return { role: "OWNER", name, id: `owner:${name}`, department: "company", sources: null, self: null };
}

export const SMALLEST_COUNT = 10;

/** What one request knows; made once per request, and once per event of a subscription. */
export interface RequestContext {
  readonly store: Pick<Store, "pool">;
  readonly viewer: Viewer;
  /** Of others' data that may be counted by and not read, no smaller number is told; SMALLEST_COUNT where it is left out. */
  readonly smallestCount?: number;
  /** Webhooks may be sent to this machine itself; where it is left out they may not. */
  readonly allowLoopbackWebhooks?: boolean;
  /** The instant that counts as now for the whole request. */
  readonly now: Date;
  /** Carries changed users forward through the pipeline; given by the root, so that no room calls a later one. */
  readonly advance: (asOf: Date) => Promise<void>;
}

/** The context of work that nobody asked for, such as a step of the pipeline: it sees everything, and reads within its own transaction. */
export function contextOfWork(session: Session, now: Date): RequestContext {
  const refuse = () => Promise.reject(new Error("Work reads within the transaction that it was given."));
  return {
    store: { pool: { ...session, transaction: refuse, end: refuse } },
    viewer: ownerCalled("Tidemark"),
    now,
    advance: refuse,
  };
}

/** A value made once for each request, at first use: loaders above all, whose cache must not outlive the request. */
export function perRequest<T>(make: (context: RequestContext) => T): (context: RequestContext) => T {
  const made = new WeakMap<RequestContext, T>();
  return (context) => {
    let value = made.get(context);
    if (value === undefined) {
      value = make(context);
      made.set(context, value);
    }
    return value;
  };
}
