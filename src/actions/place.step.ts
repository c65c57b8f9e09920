import { raiseAlert } from "../people/alert.step.js";
import type { Pool, Session } from "../store/pool.js";
import { afterPlace } from "./feed.loader.js";
import type { FeedPlace } from "./webhook.js";
import { WEBHOOK_COLUMNS, type WebhookRow } from "./webhook.step.js";

/* Where webhooks stand in the feed: which of them have something to tell, and how they go on or stop. */

/** What is needed to send; it goes no further than to what signs. */
export interface SendingRow extends WebhookRow {
  readonly secrets: readonly string[];
  readonly viewerId: string;
  /** Whoever answers for it is let in still. */
  readonly isLetIn: boolean;
  readonly revision: number;
  readonly place: FeedPlace;
}

export async function sendingWebhook(session: Session, id: number, clock: Date): Promise<SendingRow | undefined> {
  const [found] = await session.read<SendingRow>(
    `select ${WEBHOOK_COLUMNS}, viewer_id as "viewerId", revision,
       array_remove(array[secret, case when former_until > $2 then former_secret end], null) as secrets,
       json_build_object('xid', place_xid::text, 'isAlert', place_is_alert, 'id', place_id::text) as place,
       case when viewer_id like 'key:%' then exists (
              select from api_key k where 'key:' || k.id = viewer_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2))
            else not exists (select from member m where 'person:' || m.subject = viewer_id and m.removed_at is not null) end as "isLetIn"
     from webhook where id = $1`,
    [id, clock],
  );
  return found;
}

/**
 * Webhooks that have something to tell by now and are not told already, those after `lastId` first so that each has its turn. The first row after each
 * place is asked for in the index's order: by `exists` Postgres reads the whole feed for every webhook that has come to its end.
 */
export async function dueWebhooks(
  session: Session,
  {
    clock,
    busy,
    lastId,
    limit,
  }: { readonly clock: Date; readonly busy: readonly number[]; readonly lastId: number; readonly limit: number },
): Promise<{ readonly id: number; readonly isFailing: boolean }[]> {
  const place = ["w.place_xid", "w.place_is_alert", "w.place_id"] as const;
  return session.read(
    `select id, failures > 0 as "isFailing" from webhook w
     where state = 'ENABLED' and (next_attempt_at is null or next_attempt_at <= $1) and id <> all($2::int[])
       and ((select id from change where ${afterPlace("change", ...place)} order by xid, id limit 1) is not null
         or (select id from alert where ${afterPlace("alert", ...place)} order by xid, id limit 1) is not null)
     order by id <= $3, id limit $4`,
    [clock, busy, lastId, limit],
  );
}

/** As long as nobody changed the webhook by hand meanwhile, and nobody else has come further. */
export const STILL = `id = $1 and revision = $2 and state = 'ENABLED' and (place_xid, place_is_alert, place_id) < ($3::bigint, $4::boolean, $5::bigint)`;
export const MOVED = `place_xid = $3::bigint, place_is_alert = $4::boolean, place_id = $5::bigint`;

/** Goes past what is not to be told. False: the webhook was changed meanwhile. */
export async function passOver(session: Session, { id, revision }: SendingRow, place: FeedPlace): Promise<boolean> {
  const moved = await session.read(`update webhook set ${MOVED} where ${STILL} returning id`, [
    id,
    revision,
    place.xid,
    place.isAlert,
    place.id,
  ]);
  return moved.length > 0;
}

/** Tells it no more until somebody enables it, and says so by an alert. */
export async function disable(
  session: Session,
  { id, revision, department }: SendingRow,
  reason: string,
  at: Date,
): Promise<void> {
  const disabled = await session.read(
    `update webhook set state = 'DISABLED', disabled_at = $3, disabled_reason = $4 where id = $1 and revision = $2 and state = 'ENABLED' returning id`,
    [id, revision, at, reason],
  );
  if (disabled.length === 0) return;
  await raiseAlert(session, {
    kind: "WEBHOOK_DISABLED",
    subjectType: "WEBHOOK",
    subjectKey: String(id),
    message: `Webhook ${id} of the department ${department ?? "none"} was disabled. ${reason} Mend the endpoint and enable it with updateWebhook: it goes on where it stood.`,
    at,
  });
}

/** What the feed had dropped before the webhook was told of it: it goes on from what there is, and says so by an alert. */
export async function skipSwept(pool: Pool, webhook: SendingRow, place: FeedPlace, at: Date): Promise<void> {
  await pool.transaction(async (transaction) => {
    if (!(await passOver(transaction, webhook, place))) return;
    await raiseAlert(transaction, {
      kind: "WEBHOOK_GAP",
      subjectType: "WEBHOOK",
      subjectKey: String(webhook.id),
      message: `Webhook ${webhook.id} of the department ${webhook.department ?? "none"} stood still for longer than changes are kept; read the users anew.`,
      at,
    });
  });
}
