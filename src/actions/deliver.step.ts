import { randomUUID } from "node:crypto";
import type { RequestContext } from "../request.js";
import type { Pool } from "../store/pool.js";
import { type DeliveryRow, recordDelivered, recordFailed, recordTest } from "./delivery.step.js";
import { type FeedEntry, feedAfter, sweptPast } from "./feed.loader.js";
import { type Message, messageId, messagesOf } from "./message.loader.js";
import { disable, passOver, type SendingRow, sendingWebhook, skipSwept } from "./place.step.js";
import { type Answer, type PostOptions, post } from "./post.step.js";
import { signedHeaders } from "./signature.js";
import type { FeedPlace } from "./webhook.js";

export interface DeliverOptions extends Pick<PostOptions, "allowLoopback" | "resolve" | "withinMs"> {
  /** The hour by which is signed and waited: that of the world, also where the store is one of historical data. */
  readonly clock: () => Date;
  /** The instant that counts as now, by which grants run out. */
  readonly now: () => Date;
  /** Ends a turn before its next message. */
  readonly stopping: AbortSignal;
  /** Gives up also the message that is under way: it is sent again, with the same id, by whoever goes on. */
  readonly givingUp: AbortSignal;
}

/** Any number, the same in all processes: with a webhook's id it is the lock of whoever tells that webhook. */
const TURN_LOCK = 7_406_021;
const PAGE_ENTRIES = 1_000;
/** Messages are made for so many entries at once, by few statements, and not for many more than can be sent in a turn. */
const MADE_AT_ONCE = 100;
/** What was read of a webhook and of its rights counts for so long, as what was read of a key does. */
const TURN_MS = 2_000;
const TEST_WITHIN_MS = 5_000;

/**
 * Tells one webhook what is new, in order, unless somebody else does so already. The lock is an advisory one and its transaction writes
 * nothing, for a transaction that did would hold back the feed of everybody while an endpoint is waited for. It ends with its connection,
 * so a process that is killed leaves nothing behind. What is written is written by itself after each message.
 *
 * @returns whether anything came of it, so that it is worth looking for more at once
 */
export async function takeTurn(pool: Pool, id: number, options: DeliverOptions): Promise<boolean> {
  return pool.transaction(async (holder) => {
    const [lock] = await holder.read<{ ours: boolean }>("select pg_try_advisory_xact_lock($1, $2) as ours", [TURN_LOCK, id]);
    return lock!.ours && tell(pool, id, options);
  });
}

async function tell(pool: Pool, id: number, options: DeliverOptions): Promise<boolean> {
  const { clock, stopping } = options;
  const began = clock();
  const until = performance.now() + TURN_MS;
  const webhook = await sendingWebhook(pool, id, began);
  if (webhook?.state !== "ENABLED" || (webhook.nextAttemptAt && webhook.nextAttemptAt > began)) return false;
  if (!webhook.isLetIn) {
    const reason =
      "Whoever made it or enabled it last is let in no more: the key was revoked or ran out, or the member was removed.";
    await pool.transaction((transaction) => disable(transaction, webhook, reason, began));
    return true;
  }
  const swept = await sweptPast(pool, webhook.place);
  if (swept) {
    await skipSwept(pool, webhook, swept, began);
    return true;
  }

  const context = contextOf(pool, webhook, options.now());
  const isOver = () => stopping.aborted || performance.now() >= until;
  for (let { place } = webhook, some = false; ; some = true) {
    const entries = await feedAfter(pool, place, PAGE_ENTRIES);
    const goesOn = await tellEntries(pool, webhook, context, entries, options, isOver);
    if (!goesOn || entries.length < PAGE_ENTRIES || isOver()) return some || entries.length > 0;
    place = entries.at(-1)!.place;
  }
}

/** @returns whether all of them were told or passed over */
async function tellEntries(
  pool: Pool,
  webhook: SendingRow,
  context: RequestContext,
  entries: readonly FeedEntry[],
  { clock, stopping, givingUp, ...options }: DeliverOptions,
  isOver: () => boolean,
): Promise<boolean> {
  let passed: FeedPlace | undefined;
  let told = 0;
  for (let start = 0; start < entries.length; start += MADE_AT_ONCE) {
    const slice = entries.slice(start, start + MADE_AT_ONCE);
    const messages = await messagesOf(context, slice, webhook.topics);
    for (const [index, { place }] of slice.entries()) {
      const message = messages[index];
      if (!message) {
        passed = place;
        continue;
      }
      // At least one of each page, or a slow store would have a turn end before its first.
      if (stopping.aborted || (told > 0 && isOver())) {
        if (passed) await passOver(pool, webhook, passed);
        return false;
      }
      const sent = { messageId: messageId(webhook.id, place), type: message.type, place, at: clock() };
      const answer = await send(webhook, sent.messageId, message, sent.at, { ...options, signal: givingUp });
      // Given up by us, it says nothing of the endpoint.
      if (givingUp.aborted) return false;
      if (!isTaken(answer)) {
        await recordFailed(pool, webhook, { ...sent, answer });
        return false;
      }
      if (!(await recordDelivered(pool, webhook, { ...sent, answer }))) return false;
      passed = undefined;
      told++;
    }
  }
  return !passed || (await passOver(pool, webhook, passed));
}

/** Sends a message of no content once, and says what came of it. */
export async function sendTest(
  pool: Pool,
  id: number,
  { clock, allowLoopback }: Pick<DeliverOptions, "clock" | "allowLoopback">,
): Promise<DeliveryRow | undefined> {
  const at = clock();
  const webhook = await sendingWebhook(pool, id, at);
  if (!webhook) return undefined;
  const test = `msg_${id}_test_${randomUUID()}`;
  const message = { type: "TEST", timestamp: at, data: {} } as const;
  const answer = await send(webhook, test, message, at, { allowLoopback, withinMs: TEST_WITHIN_MS });
  const attempt = { messageId: test, type: "TEST", place: null, answer, at } as const;
  return recordTest(pool, webhook, attempt, isTaken(answer) ? "DELIVERED" : "FAILED");
}

function send(
  { url, secrets }: SendingRow,
  id: string,
  message: Message,
  at: Date,
  options: Omit<PostOptions, "headers" | "body">,
): Promise<Answer> {
  const body = JSON.stringify(message);
  const headers = signedHeaders(secrets, { id, timestamp: Math.floor(at.getTime() / 1_000), body });
  const { allowLoopback, signal, withinMs, resolve } = options;
  return post(url, {
    headers,
    body,
    allowLoopback,
    ...(signal ? { signal } : {}),
    ...(withinMs === undefined ? {} : { withinMs }),
    ...(resolve ? { resolve } : {}),
  });
}

function isTaken({ status }: Answer): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** Reads with the rights that the webhook was made with, as somebody of its role and department would. */
function contextOf(pool: Pool, { role, department, createdBy, viewerId }: SendingRow, now: Date): RequestContext {
  return {
    store: { pool },
    viewer: { role, department, name: createdBy, id: viewerId, sources: null, self: null },
    now,
    advance: () => Promise.reject(new Error("A delivery reads what there is.")),
  };
}
