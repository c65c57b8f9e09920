import { toGlobalId } from "../node.js";
import { encodeCursor } from "../page.js";
import { hiddenAlerts } from "../people/alert.loader.js";
import { type AlertRow, readAlerts } from "../people/alert.step.js";
import { type ChangeRow, hiddenFrom } from "../people/change.loader.js";
import { identifiersByUser, userById } from "../people/user.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import { segmentsOfRequest } from "../segments/catalogue.loader.js";
import type { FlippedCondition } from "../segments/segment-member.entity.js";
import { toldReason } from "../segments/told.loader.js";
import { tagById } from "../tags/tag.loader.js";
import { schemesOfRequest } from "../tiers/tier-scheme.loader.js";
import type { FeedEntry } from "./feed.loader.js";
import { type FeedPlace, type MessageType, TOPIC_OF_CHANGE, type WebhookTopic } from "./webhook.js";

/** The body of a message. */
export interface Message {
  readonly type: MessageType;
  /** When it happened, not when it is told. */
  readonly timestamp: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** By the number of its change or alert and by its webhook: the same however often it is sent, also by a replay. */
export function messageId(webhookId: number, { isAlert, id }: FeedPlace): string {
  return `msg_${webhookId}_${isAlert ? "alert" : "change"}_${id}`;
}

/** What a webhook that has the context's rights tells of each entry; undefined: nothing, for it is not asked for or not shown to it. */
export async function messagesOf(
  context: RequestContext,
  entries: readonly FeedEntry[],
  topics: readonly WebhookTopic[],
): Promise<readonly (Message | undefined)[]> {
  const hidden = await hiddenSubjects(context);
  const alerts = topics.includes("ALERT") ? await shownAlerts(context, entries) : new Map<string, AlertRow>();
  return Promise.all(
    entries.map((entry) => {
      if ("alertId" in entry) return alertMessage(alerts.get(entry.alertId));
      const { change } = entry;
      if (!topics.includes(TOPIC_OF_CHANGE[change.kind]) || hidden.has(`${change.kind} ${change.subjectId}`)) return undefined;
      return changeMessage(context, change);
    }),
  );
}

/** Read once for all entries. */
const hiddenSubjects = perRequest(
  async (context) =>
    new Set((await hiddenFrom(context)).flatMap(({ kind, subjectIds }) => subjectIds.map((id) => `${kind} ${id}`))),
);

async function shownAlerts(context: RequestContext, entries: readonly FeedEntry[]): Promise<Map<string, AlertRow>> {
  const ids = entries.flatMap((entry) => ("alertId" in entry ? [entry.alertId] : []));
  if (ids.length === 0) return new Map();
  const rows = await readAlerts(context.store.pool, {
    ...(await hiddenAlerts(context)),
    ids,
    subjectType: null,
    subjectKey: null,
    beforeId: null,
    limit: ids.length,
  });
  return new Map(rows.map((row) => [row.id, row]));
}

function alertMessage(alert: AlertRow | undefined): Message | undefined {
  if (!alert) return undefined;
  const { id, at, kind, subjectType, subjectKey, message } = alert;
  return { type: "ALERT", timestamp: at, data: { id: toGlobalId("Alert", id), kind, subjectType, subjectKey, message } };
}

/** What `changes` answers of a change, in the same words. Undefined where the user was erased meanwhile, or the tag or segment deleted. */
async function changeMessage(context: RequestContext, change: ChangeRow): Promise<Message | undefined> {
  const [user, details] = await Promise.all([userById(context).load(change.userId), detailsOf(context, change)]);
  if (!user || !details) return undefined;
  const identifiers = await identifiersByUser(context).load(user.id);
  const told = {
    id: toGlobalId("User", user.id),
    identifiers: identifiers.map(({ source, externalId }) => ({ source, externalId })),
  };
  return {
    type: TOPIC_OF_CHANGE[change.kind],
    timestamp: change.at,
    data: { cursor: encodeCursor([change.xid, change.id]), user: told, ...details },
  };
}

async function detailsOf(context: RequestContext, change: ChangeRow): Promise<Record<string, unknown> | undefined> {
  const { kind, subjectId, before, after, reason } = change;
  switch (kind) {
    case "TagChange": {
      const tag = await tagById(context).load(subjectId);
      return tag ? { tag: tag.key, before, after } : undefined;
    }
    case "RiskTierChange": {
      const scheme = (await schemesOfRequest(context)).find(({ id }) => id === subjectId);
      return scheme && { scheme: scheme.key, from: before, to: after, reason };
    }
    case "SegmentEntered":
    case "SegmentExited": {
      const segment = (await segmentsOfRequest(context)).find(({ id }) => id === subjectId);
      const conditions = Array.isArray(after) ? (after as FlippedCondition[]) : [];
      return segment && { segment: segment.key, ...(await toldReason(context, subjectId, { reason, conditions })) };
    }
  }
}
