import { seededRandom } from "../math/random.js";
import { raiseAlert } from "../people/alert.step.js";
import type { Pool, Session } from "../store/pool.js";
import { waitAfterMs } from "./back-off.js";
import { afterPlace } from "./feed.loader.js";
import type { Answer } from "./post.step.js";
import type { DeliveryState, FeedPlace, MessageType } from "./webhook.js";
import { WEBHOOK_COLUMNS, type WebhookRow } from "./webhook.step.js";

/** What is needed to send; it goes no further than to what signs. */
export interface SendingRow extends WebhookRow {
  readonly secrets: readonly string[];
  readonly viewerId: string;
  /** Whoever answers for it is let in still. */
  readonly isLetIn: boolean;
  readonly revision: number;
  readonly place: FeedPlace;
}

export interface DeliveryRow {
  readonly id: string;
  readonly messageId: string;
  readonly type: MessageType;
  readonly placeXid: string | null;
  readonly placeIsAlert: boolean | null;
  readonly placeId: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly firstAttemptAt: Date;
  readonly lastAttemptAt: Date;
  readonly nextAttemptAt: Date | null;
}

/** A message that was sent, and what came of it. */
export interface Attempt {
  readonly messageId: string;
  readonly type: MessageType;
  /** Null: of a test event. */
  readonly place: FeedPlace | null;
  readonly answer: Answer;
  readonly at: Date;
}

const DELIVERY_COLUMNS = `id, message_id as "messageId", type, place_xid as "placeXid", place_is_alert as "placeIsAlert", place_id as "placeId", state, attempts,
  last_status as "lastStatus", last_error as "lastError", first_attempt_at as "firstAttemptAt", last_attempt_at as "lastAttemptAt", next_attempt_at as "nextAttemptAt"`;
const DELIVERIES_KEPT_DAYS = 7;
const SWEPT_AT_ONCE = 10_000;

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

/** Webhooks that have something to tell by now and are not told already, those after `lastId` first so that each has its turn. */
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
       and (exists (select from change where ${afterPlace("change", ...place)}) or exists (select from alert where ${afterPlace("alert", ...place)}))
     order by id <= $3, id limit $4`,
    [clock, busy, lastId, limit],
  );
}

/** As long as nobody changed the webhook by hand meanwhile, and nobody else has come further. */
const STILL = `id = $1 and revision = $2 and state = 'ENABLED' and (place_xid, place_is_alert, place_id) < ($3::bigint, $4::boolean, $5::bigint)`;
const MOVED = `place_xid = $3::bigint, place_is_alert = $4::boolean, place_id = $5::bigint`;

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

/** Notes a delivery and goes on past it, in one statement. False: the webhook was changed meanwhile, so it may be sent once more. */
export async function recordDelivered(
  session: Session,
  webhook: SendingRow,
  attempt: Attempt & { readonly place: FeedPlace },
): Promise<boolean> {
  const { place } = attempt;
  const moved = await session.read(
    `with moved as (
       update webhook set ${MOVED}, failures = 0, failing_since = null, next_attempt_at = null where ${STILL} returning id
     ) ${insertDelivery("from moved where id = $1")} returning id`,
    [webhook.id, webhook.revision, place.xid, place.isAlert, place.id, ...valuesOf(attempt, "DELIVERED", null)],
  );
  return moved.length > 0;
}

/** @param from constant SQL: when it is written; $1 is the webhook, $2 its revision, $3 to $5 the place */
const insertDelivery = (from: string) => `insert into webhook_delivery as d
    (webhook_id, place_xid, place_is_alert, place_id, message_id, type, state, attempts, last_status, last_error, first_attempt_at, last_attempt_at, next_attempt_at)
  select $1::int, $3::bigint, $4::boolean, $5::bigint, $6, $7, $8, 1, $9::int, $10, $11::timestamptz, $11::timestamptz, $12::timestamptz ${from}
  on conflict (webhook_id, message_id) do update set state = excluded.state, attempts = d.attempts + 1, last_status = excluded.last_status,
    last_error = excluded.last_error, last_attempt_at = excluded.last_attempt_at, next_attempt_at = excluded.next_attempt_at`;

function valuesOf({ messageId, type, answer, at }: Attempt, state: DeliveryState, nextAttemptAt: Date | null) {
  return [messageId, type, state, answer.status, answer.error ?? null, at, nextAttemptAt];
}

/** A test event, which moves nothing. */
export async function recordTest(
  session: Session,
  { id, revision }: SendingRow,
  attempt: Attempt,
  state: DeliveryState,
): Promise<DeliveryRow> {
  const [row] = await session.read<DeliveryRow>(`${insertDelivery("where $2::int is not null")} returning ${DELIVERY_COLUMNS}`, [
    id,
    revision,
    null,
    null,
    null,
    ...valuesOf(attempt, state, null),
  ]);
  return row!;
}

/** Notes that an attempt failed: it is made again later, or, if it is gone for good or has failed for three days, the webhook is disabled. */
export async function recordFailed(
  pool: Pool,
  webhook: SendingRow,
  attempt: Attempt & { readonly place: FeedPlace },
): Promise<void> {
  const { answer, at, place } = attempt;
  const failures = webhook.failures + 1;
  const isGone = answer.status === 410;
  const wait = isGone ? undefined : waitAfterMs(failures, seededRandom(webhook.id * 1_000 + failures)());
  const nextAttemptAt = wait === undefined ? null : new Date(at.getTime() + wait);
  await pool.transaction(async (transaction) => {
    const failed = await transaction.read(
      `update webhook set failures = $3, failing_since = coalesce(failing_since, $4), next_attempt_at = $5 where id = $1 and revision = $2 and state = 'ENABLED' returning id`,
      [webhook.id, webhook.revision, failures, at, nextAttemptAt],
    );
    if (failed.length === 0) return;
    await transaction.read(insertDelivery("where $2::int is not null"), [
      webhook.id,
      webhook.revision,
      place.xid,
      place.isAlert,
      place.id,
      ...valuesOf(attempt, nextAttemptAt ? "RETRYING" : "FAILED", nextAttemptAt),
    ]);
    if (nextAttemptAt) return;
    const since = webhook.failingSince ?? at;
    const reason = isGone
      ? "Its endpoint answered 410 Gone."
      : `Its endpoint has failed ${failures} times since ${since.toISOString()}: ${answer.error ?? `it answered ${answer.status}`}.`;
    await disable(transaction, webhook, reason, at);
  });
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

export interface DeliveryQuestion {
  readonly webhookId: number;
  readonly state: DeliveryState | null;
  readonly beforeId: string | null;
  readonly limit: number;
}

/** Those tried first last. */
export async function readDeliveries(
  session: Session,
  { webhookId, state, beforeId, limit }: DeliveryQuestion,
): Promise<DeliveryRow[]> {
  return session.read<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from webhook_delivery
     where webhook_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or id < $3) order by id desc limit $4`,
    [webhookId, state, beforeId, limit],
  );
}

/** Drops the oldest of what was noted; where webhooks stand does not depend on it. */
export async function sweepDeliveries(session: Session, clock: Date): Promise<void> {
  await session.read(
    `delete from webhook_delivery where id in (select id from webhook_delivery order by id limit ${SWEPT_AT_ONCE})
       and last_attempt_at < $1::timestamptz - interval '${DELIVERIES_KEPT_DAYS} days'`,
    [clock],
  );
}
