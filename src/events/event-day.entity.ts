import { defineEntity, p } from "@mikro-orm/core";

/** The daily roll-up per user and type (UTC days), kept in the transaction that writes the events. Per user. */
export const EventDayEntity = defineEntity({
  name: "EventDay",
  tableName: "event_day",
  properties: {
    userId: p.bigint("string").primary(),
    day: p.date().primary(),
    typeId: p.integer().primary(),
    events: p.integer(),
    amount: p.decimal("string").precision(19).scale(4),
    firstAt: p.datetime(6),
    lastAt: p.datetime(6),
  },
});
