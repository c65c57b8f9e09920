import { defineEntity, p } from "@mikro-orm/core";
import type { EventKind } from "./event-kind.js";

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
