import { defineEntity, p } from "@mikro-orm/core";
import type { DeliveryState, MessageType } from "./webhook.js";

/** What became of a message. It says which change was told and not what that was, so that nothing of a person stays here. */
export const WebhookDeliveryEntity = defineEntity({
  name: "WebhookDelivery",
  tableName: "webhook_delivery",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    webhookId: p.integer(),
    messageId: p.text(),
    type: p.text().$type<MessageType>(),
    /** Of its change or alert; of a test event null. */
    placeXid: p.bigint("string").nullable(),
    placeIsAlert: p.boolean().nullable(),
    placeId: p.bigint("string").nullable(),
    state: p.text().$type<DeliveryState>(),
    attempts: p.integer(),
    lastStatus: p.integer().nullable(),
    lastError: p.text().nullable(),
    firstAttemptAt: p.datetime(6),
    lastAttemptAt: p.datetime(6),
    nextAttemptAt: p.datetime(6).nullable(),
  },
  uniques: [{ properties: ["webhookId", "messageId"] }],
  indexes: [{ properties: ["webhookId", "id"] }],
});
