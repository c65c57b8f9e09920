import { defineEntity, p } from "@mikro-orm/core";

/**
 * Something a user did or that happened to them. Per user, no foreign key (COPY 3.45 against 10.85 microseconds a row),
 * clustered by its key so that one user's history is one range. `amount` is money with four decimals, exact.
 */
export const EventEntity = defineEntity({
  name: "Event",
  tableName: "event",
  properties: {
    userId: p.bigint("string").primary(),
    occurredAt: p.datetime(6).primary(),
    id: p.bigint("string").primary(),
    typeId: p.integer(),
    sourceId: p.integer(),
    /** The source's own id: the same one is taken once per user. Null where the source gives none. */
    eventId: p.text().nullable(),
    amount: p.decimal("string").precision(19).scale(4).nullable(),
    /** One event may span several categories (an order of many products). */
    categoryIds: p.array<number>().columnType("integer[]").nullable(),
    channel: p.text().nullable(),
    properties: p.json<Record<string, unknown>>().nullable(),
    receivedAt: p.datetime(6),
  },
  uniques: [{ properties: ["userId", "sourceId", "eventId"] }],
});
