import { TidemarkError } from "./errors.js";
import { sweepChanges } from "./people/change.step.js";
import { markEverybody } from "./people/mark.step.js";
import { scoreUsers } from "./scores/churn-score.step.js";
import { watchModels } from "./scores/watch.step.js";
import { buildBitmaps, setBits } from "./segments/bitmap.step.js";
import { markDue, nextDue } from "./segments/due.step.js";
import { moveMembers } from "./segments/member.step.js";
import { countHoldersOfAll } from "./segments/portrait.loader.js";
import { summarizeSegments } from "./segments/run.step.js";
import { findRuled } from "./segments/tier-rule.step.js";
import type { Pool, Transaction } from "./store/pool.js";
import { readSetting, writeSetting } from "./store/setting.js";
import { refreshHealth } from "./tags/health.step.js";
import { packAhead } from "./tags/history.step.js";
import { latestAsOf, refreshTags } from "./tags/metrics.step.js";
import { refreshCoverage } from "./tags/summary.step.js";
import { sweepExpired } from "./tags/sweep.step.js";
import { assignTiers } from "./tiers/tier.step.js";

/** One stage: set-based work on a batch of users inside the batch's transaction: read, pure function, write the difference. */
export type Step = (transaction: Transaction, userIds: readonly string[], asOf: Date) => Promise<void>;

/** What is known of the population as a whole, brought up to date once everybody has been carried forward. */
export type Summary = (pool: Pool, asOf: Date) => Promise<void>;

/** What happens to users whose facts changed, read as a sentence. */
const steps: readonly Step[] = [refreshTags, scoreUsers, layerTiers, moveMembers];
const summaries: readonly Summary[] = [
  buildBitmaps,
  (pool, asOf) => refreshCoverage(pool, asOf, countHoldersOfAll),
  refreshHealth,
  watchModels,
  summarizeSegments,
  sweepChanges,
];

/** Rules of tiers are segment expressions, which the tiers room knows nothing of. */
function layerTiers(transaction: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  return assignTiers(transaction, userIds, asOf, findRuled);
}

/** Users in one transaction: bounds its memory (some 100 bytes an event) and how long its locks are held. */
const BATCH_USERS = 10_000;
/** While one batch waits for Postgres the other computes. */
const BATCHES_AT_ONCE = 2;

/**
 * Carries users that were marked as changed forward to `asOf`, batch by batch, until none is left. Gives how many. Users who stand
 * at a later instant already, because another writer's clock is ahead, stay there: their batch is carried to it.
 */
export async function advance(pool: Pool, asOf: Date, report: (done: number) => void = () => {}): Promise<number> {
  let done = 0;
  let failure: { readonly cause: unknown } | undefined;
  const lanes: Promise<void>[] = [];
  const open = () => {
    if (lanes.length < BATCHES_AT_ONCE) lanes.push(lane());
  };
  // Marks that were taken away lie before those that are left, and each claim that began at the first would pass over all of them.
  let reached = "0";
  const claimed = (userIds: readonly string[]) => {
    reached = userIds.at(-1)!;
    // One lane is enough for few users.
    if (userIds.length === BATCH_USERS) open();
  };
  async function lane(): Promise<void> {
    try {
      while (!failure) {
        const after = reached;
        const count = await carryBatch(pool, asOf, after, claimed);
        if (count > 0) {
          done += count;
          report(done);
        } else if (after === "0") return;
        // Users may have been marked behind it meanwhile.
        else reached = "0";
      }
    } catch (cause) {
      failure ??= { cause };
    }
  }
  await packAhead(pool);
  open();
  // A later lane is opened by an earlier one while that runs.
  for (let place = 0; place < lanes.length; place++) await lanes[place];
  if (failure) throw failure.cause;
  return done;
}

async function carryBatch(pool: Pool, asOf: Date, after: string, onClaim: (userIds: readonly string[]) => void): Promise<number> {
  return pool.transaction(async (transaction) => {
    // Claimed and worked on in one transaction: a killed worker's batch is free again at once, and nothing is done twice.
    const claimed = await transaction.read<{ userId: string }>(
      `select user_id as "userId" from user_change where user_id > $1 order by user_id limit ${BATCH_USERS} for update skip locked`,
      [after],
    );
    if (claimed.length === 0) return 0;
    const userIds = claimed.map(({ userId }) => userId);
    onClaim(userIds);
    // Not as one statement with the claim: where the server last saw this table empty, as it mostly is, it joins the two row by row,
    // which took minutes for 23,000 marks.
    await transaction.read("delete from user_change where user_id = any($1)", [userIds]);
    const latest = await latestAsOf(transaction, userIds);
    const to = latest && latest > asOf ? latest : asOf;
    for (const step of steps) await step(transaction, userIds, to);
    // At the instant of the caller, not of the users: what lies ahead of it is left to the rows.
    await setBits(transaction, userIds, asOf, to > asOf);
    await transaction.read("delete from user_stale where user_id = any($1)", [userIds]);
    return userIds.length;
  });
}

/** Seconds that are taken one by one; after an outage in which more of them passed with somebody due, the rest is taken in as many strides. */
const MOST_SECONDS = 600;
const SECOND_MS = 1_000;

/**
 * Carries users forward whom time alone may let in or out of a segment, each at its own second, up to `now`. Gives the instant at which the
 * next one is due.
 */
export async function carryDue(pool: Pool, now: Date): Promise<Date | null> {
  let after = new Date(0);
  let stride = SECOND_MS;
  for (let turn = 0; ; turn++) {
    const next = await nextDue(pool, after);
    if (next === null || next > now) return next;
    if (turn === MOST_SECONDS) stride = Math.max(SECOND_MS, (now.getTime() - next.getTime()) / MOST_SECONDS);
    const second = Math.ceil(next.getTime() / SECOND_MS) * SECOND_MS;
    const until = new Date(Math.min(now.getTime(), Math.max(second, next.getTime() + stride - SECOND_MS)));
    for (let count = BATCH_USERS; count === BATCH_USERS; ) count = await carryDueBatch(pool, until);
    // Whoever is marked at the moment is carried forward by that mark, and is not waited for here.
    after = until;
  }
}

async function carryDueBatch(pool: Pool, until: Date): Promise<number> {
  return pool.transaction(async (transaction) => {
    // The mark is the lock of a user's facts; taken away again before anybody else sees it.
    const userIds = await markDue(transaction, until, BATCH_USERS);
    if (userIds.length === 0) return 0;
    const latest = await latestAsOf(transaction, userIds);
    const to = latest && latest > until ? latest : until;
    for (const step of steps) await step(transaction, userIds, to);
    await setBits(transaction, userIds, until, to > until);
    await transaction.read("delete from user_change where user_id = any($1)", [userIds]);
    return userIds.length;
  });
}

/**
 * Brings everybody to `asOf`: marks all users, carries them forward, and sums the population up. Gives how many. One that was
 * interrupted is made whole by the next one.
 *
 * @throws STALE_AS_OF when everybody has been brought to a later instant; nobody is marked then
 */
export async function refreshAll(
  pool: Pool,
  asOf: Date,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const refreshed = await readSetting(pool, "refreshed");
  if (refreshed && new Date(refreshed.asOf) > asOf)
    throw new TidemarkError(
      "STALE_AS_OF",
      `Everybody has been brought to ${refreshed.asOf}, and cannot be taken back to ${asOf.toISOString()}. Refresh at that day or a later one; for a past day, ask on demand with asOf.`,
    );
  await sweepExpired(pool, asOf);
  const count = await markEverybody(pool, asOf);
  const done = await advance(pool, asOf, (users) => report(users, count));
  for (const summary of summaries) await summary(pool, asOf);
  await writeSetting(pool, "refreshed", { asOf: asOf.toISOString(), users: count });
  return done;
}

/** Growth of the population at which what is known of it as a whole (coverage, cuts between RFM scores) is worth finding anew. */
const GROWTH = 1.5;

/** Whether everybody should be brought to `asOf`: it was never done, another day (UTC) has begun, or half as many users again came. */
export async function isRefreshDue(pool: Pool, asOf: Date): Promise<boolean> {
  const refreshed = await readSetting(pool, "refreshed");
  if (refreshed && new Date(refreshed.asOf) > asOf) return false;
  if (refreshed && refreshed.asOf.slice(0, 10) < asOf.toISOString().slice(0, 10)) return true;
  const [row] = await pool.read<{ users: number }>("select count(*)::int as users from app_user");
  return row!.users > GROWTH * (refreshed?.users ?? 0);
}
