import { defineEntity, p } from "@mikro-orm/core";
import type { Role } from "../request.js";
import type { WebhookState, WebhookTopic } from "./webhook.js";

/** An endpoint of another system that is told of changes and alerts, with the rights of the role and the department that made it. */
export const WebhookEntity = defineEntity({
  name: "Webhook",
  tableName: "webhook",
  properties: {
    id: p.integer().primary().autoincrement(),
    url: p.text(),
    topics: p.array<WebhookTopic>().columnType("text[]"),
    state: p.text().$type<WebhookState>(),
    disabledReason: p.text().nullable(),
    disabledAt: p.datetime(6).nullable(),
    role: p.text().$type<Role>(),
    /** Key of the department; null: of none. */
    department: p.text().nullable(),
    createdAt: p.datetime(6),
    createdBy: p.text(),
    /** Id of the viewer who made it or enabled it last; while their key is revoked it tells nothing. */
    viewerId: p.text(),
    /** As it is: what signs has to be known. */
    secret: p.text(),
    /** The one before, which signs too until then. */
    formerSecret: p.text().nullable(),
    formerUntil: p.datetime(6).nullable(),
    /** Counts what was changed by hand, so that what is under way meanwhile does not move it. */
    revision: p.integer(),
    placeXid: p.bigint("string"),
    placeIsAlert: p.boolean(),
    placeId: p.bigint("string"),
    /** Attempts in a row that failed. */
    failures: p.integer(),
    failingSince: p.datetime(6).nullable(),
    nextAttemptAt: p.datetime(6).nullable(),
  },
});
