import { Cron } from "croner";
import { markEverybody } from "../people/mark.step.js";
import type { Pool, Transaction } from "../store/pool.js";
import { refused, type TagPayload } from "./catalogue.step.js";
import type { UpdateMode } from "./tag.entity.js";
import { bumpCatalogue, lockCatalogue, type TagRow, tagCatalogue } from "./tag.loader.js";

const LONGEST_SCHEDULE = 100;

/** The first instant after `after` that a cron expression names (UTC); an Error says what is wrong with it. */
export function nextRun(schedule: string, after: Date): Date | Error {
  if (schedule.length > LONGEST_SCHEDULE) return new Error(`it has more than ${LONGEST_SCHEDULE} characters`);
  try {
    return new Cron(schedule, { timezone: "UTC", mode: "5-part" }).nextRun(after) ?? new Error("it names no time to come");
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Says when a computed tag is brought up to date. What it said last stays until then. */
export async function setUpdateMode(
  pool: Pool,
  { key, mode, schedule }: { readonly key: string; readonly mode: UpdateMode; readonly schedule: string | null },
  now: Date,
): Promise<TagPayload> {
  const tag = await computedTag(pool, key);
  if ("errors" in tag) return tag;
  if (mode !== "SCHEDULED" && schedule !== null)
    return refused("BAD_INPUT", `A ${mode} tag has no schedule; leave it out, or set SCHEDULED.`, "schedule");
  if (mode === "SCHEDULED" && schedule === null)
    return refused("BAD_INPUT", 'A SCHEDULED tag takes a cron expression (UTC), for example "0 6 * * 1".', "schedule");
  const next = schedule === null ? null : nextRun(schedule, now);
  if (next instanceof Error)
    return refused(
      "BAD_INPUT",
      `${JSON.stringify(schedule?.slice(0, LONGEST_SCHEDULE))} is not a schedule: ${next.message}. Minute, hour, day, month and weekday in UTC, for example "0 6 * * 1".`,
      "schedule",
    );
  await pool.transaction(async (transaction) => {
    await lockCatalogue(transaction);
    const rows = await transaction.read<{ wasLive: boolean }>(
      `update tag t set update_mode = $2, schedule = $3, next_run_at = $4, updated_at = $5 from tag before
       where t.id = $1 and before.id = t.id returning before.update_mode = 'LIVE' as "wasLive"`,
      [tag.id, mode, schedule, next, now],
    );
    await bumpCatalogue(transaction);
    if (mode === "LIVE" && !rows[0]?.wasLive) await markEverybody(transaction, now);
  });
  return again(pool, key);
}

/** Runs a tag that is not LIVE: whoever is carried forward next, as everybody is then, gets its value of that day. */
export async function runTag(pool: Pool, key: string, now: Date): Promise<TagPayload> {
  const tag = await computedTag(pool, key);
  if ("errors" in tag) return tag;
  if (tag.updateMode === "LIVE")
    return refused("CONFLICT", `The tag ${key} is LIVE, so it is up to date already; setTagUpdateMode makes it MANUAL.`, "key");
  await pool.transaction((transaction) => run(transaction, [tag.id], now));
  return again(pool, key);
}

/** Runs the tags whose time has come, each once among all processes; gives their keys. */
export async function runDueTags(pool: Pool, now: Date): Promise<string[]> {
  const due = await pool.read<{ id: number; key: string; schedule: string; nextRunAt: Date }>(
    `select id, key, schedule, next_run_at as "nextRunAt" from tag
     where update_mode = 'SCHEDULED' and next_run_at <= $1 and state in ('ACTIVE', 'DEPRECATED') order by key`,
    [now],
  );
  const ran: string[] = [];
  for (const { id, key, schedule, nextRunAt } of due) {
    const next = nextRun(schedule, now);
    await pool.transaction(async (transaction) => {
      await lockCatalogue(transaction);
      const claimed = await transaction.read("update tag set next_run_at = $3 where id = $1 and next_run_at = $2 returning id", [
        id,
        nextRunAt,
        next instanceof Error ? null : next,
      ]);
      if (claimed.length === 0) return;
      await run(transaction, [id], now);
      ran.push(key);
    });
  }
  return ran;
}

async function run(transaction: Transaction, tagIds: readonly number[], now: Date): Promise<void> {
  await lockCatalogue(transaction);
  await transaction.read("update tag set run_at = $2 where id = any($1)", [tagIds, now]);
  await bumpCatalogue(transaction);
  // Who stands at this very instant was computed without the tag.
  await transaction.read("update user_metric set as_of = $1::timestamptz - interval '1 microsecond' where as_of = $1", [now]);
  await markEverybody(transaction, now);
}

async function computedTag(pool: Pool, key: string): Promise<TagRow | TagPayload> {
  const tag = (await tagCatalogue(pool)).byKey.get(key);
  if (!tag)
    return refused("NOT_FOUND", `There is no tag ${JSON.stringify(key.slice(0, 60))}; \`tags\` lists those there are.`, "key");
  if (tag.definition === null)
    return refused("BAD_INPUT", `The tag ${key} is ${tag.kind}: it is given, not computed, and needs no update.`, "key");
  if (tag.state === "RETIRED") return refused("CONFLICT", `The tag ${key} is RETIRED; make another one.`, "key");
  return tag;
}

async function again(pool: Pool, key: string): Promise<TagPayload> {
  return { tag: (await tagCatalogue(pool)).byKey.get(key) ?? null, errors: [] };
}
