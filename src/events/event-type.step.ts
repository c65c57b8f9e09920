import type { Session } from "../store/pool.js";
import { bumpCatalogues } from "../store/setting.js";
import type { EventKind } from "./event-kind.js";
import type { EventTypeRow } from "./event-type.loader.js";

const BUILT_IN: readonly (readonly [key: string, name: string, kind: EventKind])[] = [
  ["visit", "Visit", "INTERACTION"],
  ["login", "Login", "INTERACTION"],
  ["page_view", "Page view", "INTERACTION"],
  ["search", "Search", "INTERACTION"],
  ["add_to_cart", "Added to cart", "INTERACTION"],
  ["favorite", "Marked as favourite", "INTERACTION"],
  ["message", "Message sent", "INTERACTION"],
  ["post", "Post published", "INTERACTION"],
  ["share", "Share", "INTERACTION"],
  ["session", "Session", "INTERACTION"],
  ["feature_use", "Feature used", "INTERACTION"],
  ["lesson", "Lesson taken", "INTERACTION"],
  ["appointment", "Appointment kept", "INTERACTION"],
  ["email_open", "Email opened", "INTERACTION"],
  ["email_click", "Email clicked", "INTERACTION"],
  ["survey", "Survey answered", "INTERACTION"],
  ["order", "Order", "TRANSACTION"],
  ["purchase", "Purchase", "TRANSACTION"],
  ["subscription_payment", "Subscription payment", "TRANSACTION"],
  ["top_up", "Top-up", "TRANSACTION"],
  ["return", "Return", "NEGATIVE"],
  ["refund", "Refund", "NEGATIVE"],
  ["cancellation", "Cancellation", "NEGATIVE"],
  ["complaint", "Complaint", "NEGATIVE"],
  ["bad_review", "Bad review", "NEGATIVE"],
  ["uninstall", "Uninstall", "NEGATIVE"],
  ["unsubscribe", "Unsubscribed", "NEGATIVE"],
  ["payment_failure", "Failed payment", "NEGATIVE"],
  ["subscription_start", "Subscription started", "SERVICE"],
  ["subscription_renewal", "Subscription renewed", "SERVICE"],
  ["subscription_end", "Subscription ended", "SERVICE"],
  ["support_ticket", "Support ticket", "SERVICE"],
  ["service_call", "Service call", "SERVICE"],
  ["coupon_redemption", "Coupon redeemed", "SERVICE"],
  ["level_change", "Level changed", "SERVICE"],
];

/** Event types that every store has. */
export async function seedEventTypes(session: Session): Promise<void> {
  await session.read(
    "insert into event_type (key, name, kind) select * from unnest($1::text[], $2::text[], $3::text[]) on conflict (key) do nothing",
    [BUILT_IN.map(([key]) => key), BUILT_IN.map(([, name]) => name), BUILT_IN.map(([, , kind]) => kind)],
  );
}

/** Declares a type; gives undefined where the key is taken by a type of another kind. */
export async function saveEventType(
  session: Session,
  key: string,
  name: string,
  kind: EventKind,
): Promise<EventTypeRow | undefined> {
  const rows = await session.read<EventTypeRow>(
    `insert into event_type (key, name, kind) values ($1, $2, $3)
     on conflict (key) do update set name = excluded.name where event_type.kind = excluded.kind returning id, key, name, kind`,
    [key, name, kind],
  );
  await bumpCatalogues(session);
  return rows[0];
}
