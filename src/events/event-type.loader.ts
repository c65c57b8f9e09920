import type { Session } from "../store/pool.js";
import { type EventKind, isActivity } from "./event-kind.js";

export interface EventTypeRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly kind: EventKind;
}

/** The catalogue. Read anew by whoever needs it: it is one small statement, and another process may have declared a type. */
export function eventTypes(session: Session): Promise<EventTypeRow[]> {
  return session.read<EventTypeRow>("select id, key, name, kind from event_type order by id");
}

/** The numbers of the types that count as activity. */
export function activityTypeIds(types: readonly EventTypeRow[]): Set<number> {
  return new Set(types.filter(({ kind }) => isActivity(kind)).map(({ id }) => id));
}
