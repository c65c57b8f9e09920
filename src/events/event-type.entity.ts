import { defineEntity, p } from "@mikro-orm/core";

/** What an event is counted as: activity is INTERACTION and TRANSACTION; the others are about the user, not by them. */
export const EVENT_KINDS = ["INTERACTION", "TRANSACTION", "NEGATIVE", "SERVICE"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** The catalogue of event types; an event of an unknown type is refused, so that a typing error makes no new type. */
export const EventTypeEntity = defineEntity({
  name: "EventType",
  tableName: "event_type",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    name: p.text(),
    kind: p.text().$type<EventKind>(),
  },
});
