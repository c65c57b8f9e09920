import { TidemarkError } from "../errors.js";
import { endOfFeed } from "../people/change-tail.loader.js";
import type { Role, Viewer } from "../request.js";
import type { Session } from "../store/pool.js";
import { newSecret } from "./signature.js";
import { type FeedPlace, placeAfter, type WebhookState, type WebhookTopic } from "./webhook.js";
import { readTarget } from "./webhook-url.js";

/** All of a webhook but what signs. */
export interface WebhookRow {
  readonly id: number;
  readonly url: string;
  readonly topics: readonly WebhookTopic[];
  readonly state: WebhookState;
  readonly disabledReason: string | null;
  readonly disabledAt: Date | null;
  readonly role: Role;
  readonly department: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly nextAttemptAt: Date | null;
}

export const WEBHOOK_COLUMNS = `id, url, topics, state, disabled_reason as "disabledReason", disabled_at as "disabledAt", role, department,
  created_at as "createdAt", created_by as "createdBy", failures, failing_since as "failingSince", next_attempt_at as "nextAttemptAt"`;

/** How the reason begins of one that somebody disabled, rather than that it failed. */
export const BY_HAND = "It was disabled by ";
/** Each has its own place in the feed, which is looked at twice a second. */
const MOST_WEBHOOKS = 200;
/** After a rotation the former secret signs too, so that receivers can follow in their own time. */
const FORMER_SECRET_HOURS = 24;

/**
 * Whose webhooks a viewer has: the owner everybody's, others those of their role in their department. A key of another role could turn one
 * to itself that reads more than it may.
 */
const OWN = `($1 = 'OWNER' or (role = $1 and department is not distinct from $2))`;

export interface WebhookInput {
  readonly url: string;
  readonly topics: readonly WebhookTopic[];
}

function checked({ url, topics }: WebhookInput, allowLoopback: boolean): { url: string; topics: WebhookTopic[] } {
  const target = readTarget(url, allowLoopback);
  if (typeof target === "string") throw new TidemarkError("URL_REFUSED", target, { at: "url" });
  if (topics.length === 0)
    throw new TidemarkError("BAD_INPUT", "topics names at least one topic that the webhook is told of.", { at: "topics" });
  return { url: target.url.href, topics: [...new Set(topics)] };
}

/** Makes a webhook that is told of what happens from now on; the secret is shown this once. @throws TidemarkError URL_REFUSED, BAD_INPUT, TOO_COMPLEX */
export async function createWebhook(
  session: Session,
  input: WebhookInput,
  { role, department, name, id }: Viewer,
  { allowLoopback, now }: { readonly allowLoopback: boolean; readonly now: Date },
): Promise<{ readonly webhook: WebhookRow; readonly secret: string }> {
  const { url, topics } = checked(input, allowLoopback);
  const [count] = await session.read<{ full: boolean }>(`select count(*) >= ${MOST_WEBHOOKS} as full from webhook`);
  if (count!.full) throw new TidemarkError("TOO_COMPLEX", `There are ${MOST_WEBHOOKS} webhooks already; delete some.`);
  const secret = newSecret();
  const place = placeAfter((await endOfFeed(session)).xid);
  const [webhook] = await session.read<WebhookRow>(
    `insert into webhook (url, topics, state, role, department, created_at, created_by, viewer_id, secret, revision, place_xid, place_is_alert, place_id, failures)
     values ($1, $2, 'ENABLED', $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, 0) returning ${WEBHOOK_COLUMNS}`,
    [url, topics, role, department, now, name, id, secret, place.xid, place.isAlert, place.id],
  );
  return { webhook: webhook!, secret };
}

export interface WebhookChange {
  readonly url?: string | null | undefined;
  readonly topics?: readonly WebhookTopic[] | null | undefined;
  readonly enabled?: boolean | null | undefined;
}

/** Changes what is given of a webhook; enabled again, it goes on where it stood. @throws as createWebhook does, and NOT_FOUND */
export async function updateWebhook(
  session: Session,
  id: number,
  change: WebhookChange,
  viewer: Viewer,
  { allowLoopback, now }: { readonly allowLoopback: boolean; readonly now: Date },
): Promise<WebhookRow> {
  const known = await ownWebhook(session, id, viewer);
  const { url, topics } = checked({ url: change.url ?? known.url, topics: change.topics ?? known.topics }, allowLoopback);
  const state = change.enabled == null ? known.state : change.enabled ? "ENABLED" : "DISABLED";
  const [updated] = await session.read<WebhookRow>(
    `update webhook set url = $4, topics = $5, state = $6, revision = revision + 1,
       disabled_at = case when $6 = 'ENABLED' then null else coalesce(disabled_at, $7) end,
       disabled_reason = case when $6 = 'ENABLED' then null else coalesce(disabled_reason, $8) end,
       viewer_id = case when $6 = 'ENABLED' then $9 else viewer_id end,
       failures = 0, failing_since = null, next_attempt_at = null
     where ${OWN} and id = $3 returning ${WEBHOOK_COLUMNS}`,
    [viewer.role, viewer.department, id, url, topics, state, now, `${BY_HAND}${viewer.name}.`, viewer.id],
  );
  return updated ?? unknownWebhook();
}

/** A new secret; the former one signs beside it for a day. @throws TidemarkError NOT_FOUND */
export async function rotateSecret(
  session: Session,
  id: number,
  { role, department }: Viewer,
  clock: Date,
): Promise<{ readonly webhook: WebhookRow; readonly secret: string }> {
  const secret = newSecret();
  const [webhook] = await session.read<WebhookRow>(
    `update webhook set former_secret = secret, former_until = $4::timestamptz + interval '${FORMER_SECRET_HOURS} hours', secret = $5, revision = revision + 1
     where ${OWN} and id = $3 returning ${WEBHOOK_COLUMNS}`,
    [role, department, id, clock, secret],
  );
  return { webhook: webhook ?? unknownWebhook(), secret };
}

/** Has a webhook told again, in order, of everything after a place; or, with a place ahead, no more of what is before it. @throws NOT_FOUND */
export async function moveWebhook(
  session: Session,
  id: number,
  place: FeedPlace,
  { role, department }: Viewer,
): Promise<WebhookRow> {
  const [webhook] = await session.read<WebhookRow>(
    `update webhook set place_xid = $4, place_is_alert = $5, place_id = $6, revision = revision + 1, failures = 0, failing_since = null, next_attempt_at = null
     where ${OWN} and id = $3 returning ${WEBHOOK_COLUMNS}`,
    [role, department, id, place.xid, place.isAlert, place.id],
  );
  return webhook ?? unknownWebhook();
}

/** With what is known of its deliveries. @throws TidemarkError NOT_FOUND */
export async function deleteWebhook(session: Session, id: number, { role, department }: Viewer): Promise<void> {
  const deleted = await session.read(
    `with gone as (delete from webhook where ${OWN} and id = $3 returning id),
       deliveries as (delete from webhook_delivery where webhook_id in (select id from gone))
     select from gone`,
    [role, department, id],
  );
  if (deleted.length === 0) unknownWebhook();
}

/** @throws TidemarkError NOT_FOUND where there is none, or none of the viewer's */
export async function ownWebhook(session: Session, id: number, viewer: Viewer): Promise<WebhookRow> {
  const [webhook] = await readWebhooks(session, viewer, { id, beforeId: null, limit: 1 });
  return webhook ?? unknownWebhook();
}

/** The newest first. */
export async function readWebhooks(
  session: Session,
  { role, department }: Viewer,
  { id, beforeId, limit }: { readonly id: number | null; readonly beforeId: number | null; readonly limit: number },
): Promise<WebhookRow[]> {
  return session.read<WebhookRow>(
    `select ${WEBHOOK_COLUMNS} from webhook where ${OWN} and ($3::int is null or id = $3) and ($4::bigint is null or id < $4) order by id desc limit $5`,
    [role, department, id, beforeId, limit],
  );
}

function unknownWebhook(): never {
  throw new TidemarkError("NOT_FOUND", "There is no webhook of that id that is yours; webhooks lists them.", { at: "id" });
}
