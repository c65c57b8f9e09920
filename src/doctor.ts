import { BY_HAND } from "./actions/webhook.step.js";
import { wrongBits } from "./segments/bitmap.step.js";
import type { Store } from "./store/store.js";

const STALE_MARK_MINUTES = 15;
const FAILING_MINUTES = 60;
const DAY_MS = 86_400_000;

/** What the store holds, how fresh it is, and what is wrong with the remedy; read-only. */
export async function doctor(store: Store, now: Date): Promise<{ lines: string[]; healthy: boolean }> {
  const lines: string[] = [];
  const wrong: string[] = [];
  const [version] = await store.pool.read<{ version: string }>("select current_setting('server_version') as version");
  lines.push(`store      ${store.embedded ? "embedded " : ""}Postgres ${version?.version ?? "?"}`);
  const [counts] = await store.pool.read<Record<string, string>>(
    `select (select count(*) from app_user) as users, (select count(*) from event) as events, (select min(occurred_at)::text from event) as first,
       (select max(occurred_at)::text from event) as last, (select count(*) from user_tag) as assignments, (select count(*) from churn_score) as scores,
       (select count(*) from quarantine) as quarantined, (select count(*) from user_change) as waiting,
       (select value->>'asOf' from setting where key = 'refreshed') as refreshed, (select value->>'users' from setting where key = 'simulated') as simulated,
       (select count(*) from churn_model where state = 'CHAMPION') as champions`,
  );
  const count = (name: string) => Number(counts?.[name] ?? 0);
  const number = (name: string) => count(name).toLocaleString("en");
  lines.push(`people     ${number("users")} users${counts?.simulated ? " (simulated)" : ""}`);
  lines.push(`events     ${number("events")}${count("events") > 0 ? `, from ${counts?.first} to ${counts?.last}` : ""}`);
  lines.push(`tags       ${number("assignments")} assignments, computed as of ${counts?.refreshed ?? "never"}`);
  lines.push(`scores     ${number("scores")} by ${number("champions")} champion${count("champions") === 1 ? "" : "s"}`);
  lines.push(`quarantine ${number("quarantined")} rows`);

  const [oldest] = await store.pool.read<{ minutes: string | null }>(
    "select extract(epoch from now() - min(marked_at)) / 60 as minutes from user_change",
  );
  if (Number(oldest?.minutes ?? 0) > STALE_MARK_MINUTES)
    wrong.push(
      `${number("waiting")} users have been waiting to be computed for ${Math.round(Number(oldest?.minutes))} minutes: run tidemark refresh, or start the service.`,
    );
  if (count("events") > 0 && counts?.refreshed == null)
    wrong.push("nothing has been computed from the events yet: run tidemark refresh.");
  if (counts?.refreshed != null && now.getTime() - Date.parse(counts.refreshed) > 2 * DAY_MS)
    wrong.push(
      `tags, scores and tiers are ${Math.round((now.getTime() - Date.parse(counts.refreshed)) / DAY_MS)} days old: run tidemark refresh, or leave the service running.`,
    );
  if (count("events") > 0 && count("champions") === 0)
    wrong.push("no model scores anybody yet: run tidemark train --template retail.");
  const [disagreeing] = await store.pool.read<{ users: string }>(
    `select count(*) as users from (
       select coalesce(e.user_id, d.user_id) from (select user_id, count(*) as n from event group by user_id) e
       full join (select user_id, sum(events) as n from event_day group by user_id) d on d.user_id = e.user_id where e.n is distinct from d.n) as x`,
  );
  if (Number(disagreeing?.users ?? 0) > 0)
    wrong.push(
      `the daily roll-up disagrees with the events for ${disagreeing?.users} users: this is a defect, please report it.`,
    );
  const misled = await wrongBits(store.pool, now);
  lines.push(`bitmaps    ${misled === null ? "not made yet: segments are answered from rows" : "of all users"}`);
  if (misled)
    wrong.push(
      `the bitmaps of segments disagree with the rows for ${misled.toLocaleString("en")} users: run tidemark bitmaps, and please report it.`,
    );
  const webhooks = await store.pool.read<{ id: number; state: string; since: Date | null; reason: string | null }>(
    `select id, state, failing_since as since, disabled_reason as reason from webhook order by id`,
  );
  lines.push(`webhooks   ${webhooks.length}`);
  for (const { id, state, since, reason } of webhooks) {
    if (state === "DISABLED" && !reason?.startsWith(BY_HAND))
      wrong.push(`webhook ${id} is disabled. ${reason} Mend its endpoint and enable it with updateWebhook.`);
    else if (state === "ENABLED" && since && now.getTime() - since.getTime() > FAILING_MINUTES * 60_000)
      wrong.push(`webhook ${id} has been failing since ${since.toISOString()}: webhookDeliveries says how.`);
  }
  for (const sentence of wrong) lines.push(`WRONG      ${sentence}`);
  if (wrong.length === 0) lines.push("All is well.");
  return { lines, healthy: wrong.length === 0 };
}
