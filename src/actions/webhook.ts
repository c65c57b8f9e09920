import type { ChangeKind } from "../people/change.entity.js";

/*
 * ENABLED  -> DISABLED   by its department; the endpoint answered 410 Gone; it failed for three days; who made it is let in no more
 * DISABLED -> ENABLED    by its department: it goes on where it stood
 */

export const WEBHOOK_STATES = ["ENABLED", "DISABLED"] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

/** What a webhook can be told of. */
export const WEBHOOK_TOPICS = ["RISK_TIER_CHANGED", "TAG_CHANGED", "SEGMENT_ENTERED", "SEGMENT_EXITED", "ALERT"] as const;
export type WebhookTopic = (typeof WEBHOOK_TOPICS)[number];

/** The type of a message: a topic, or that somebody tries the endpoint. */
export type MessageType = WebhookTopic | "TEST";

export const TOPIC_OF_CHANGE = {
  RiskTierChange: "RISK_TIER_CHANGED",
  TagChange: "TAG_CHANGED",
  SegmentEntered: "SEGMENT_ENTERED",
  SegmentExited: "SEGMENT_EXITED",
} as const satisfies Record<ChangeKind, WebhookTopic>;

/*
 * RETRYING -> RETRYING | DELIVERED | FAILED   FAILED: the webhook was disabled on it; it is sent once that is enabled again
 */
export const DELIVERY_STATES = ["DELIVERED", "RETRYING", "FAILED"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Where a webhook stands in the one order of changes and alerts: by transaction, changes before alerts, by number. */
export interface FeedPlace {
  readonly xid: string;
  readonly isAlert: boolean;
  readonly id: string;
}

/** After everything of a transaction and of those before it. */
export function placeAfter(xid: string): FeedPlace {
  return { xid, isAlert: true, id: "9223372036854775807" };
}
