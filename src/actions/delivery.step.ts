import { seededRandom } from "../math/random.js";
import type { Pool, Session } from "../store/pool.js";
import { waitAfterMs } from "./back-off.js";
import { disable, MOVED, type SendingRow, STILL } from "./place.step.js";
import type { Answer } from "./post.step.js";
import type { DeliveryState, FeedPlace, MessageType } from "./webhook.js";

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
  const isGone = answer.status === 410;
  await pool.transaction(async (transaction) => {
    // Counted by the row: what was read at the turn's beginning may have been ended by a message that was taken since.
    const [failed] = await transaction.read<{ failures: number; since: Date }>(
      `update webhook set failures = failures + 1, failing_since = coalesce(failing_since, $3), next_attempt_at = null
       where id = $1 and revision = $2 and state = 'ENABLED' returning failures, failing_since as since`,
      [webhook.id, webhook.revision, at],
    );
    if (!failed) return;
    const { failures, since } = failed;
    const wait = isGone ? undefined : waitAfterMs(failures, seededRandom(webhook.id * 1_000 + failures)());
    const nextAttemptAt = wait === undefined ? null : new Date(at.getTime() + wait);
    await transaction.read(insertDelivery("where $2::int is not null"), [
      webhook.id,
      webhook.revision,
      place.xid,
      place.isAlert,
      place.id,
      ...valuesOf(attempt, nextAttemptAt ? "RETRYING" : "FAILED", nextAttemptAt),
    ]);
    if (nextAttemptAt) {
      await transaction.read("update webhook set next_attempt_at = $2 where id = $1", [webhook.id, nextAttemptAt]);
      return;
    }
    const reason = isGone
      ? "Its endpoint answered 410 Gone."
      : `Its endpoint has failed ${failures} times since ${since.toISOString()}: ${answer.error ?? `it answered ${answer.status}`}.`;
    await disable(transaction, webhook, reason, at);
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
