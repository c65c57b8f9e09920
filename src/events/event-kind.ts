/** What an event is counted as: activity is INTERACTION and TRANSACTION; the others are about the user, not by them. */
export const EVENT_KINDS = ["INTERACTION", "TRANSACTION", "NEGATIVE", "SERVICE"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export function isActivity(kind: EventKind): boolean {
  return kind === "INTERACTION" || kind === "TRANSACTION";
}
