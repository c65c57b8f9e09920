import { scoreUsers } from "./scores/churn-score.step.js";
import type { Pool, Session, Transaction } from "./store/pool.js";
import { writeSetting } from "./store/setting.js";
import { refreshTags } from "./tags/metrics.step.js";
import { refreshCoverage } from "./tags/summary.step.js";
import { assignTiers } from "./tiers/tier.step.js";

/** One stage: set-based work on a batch of users inside the batch's transaction: read, pure function, write the difference. */
export type Step = (transaction: Transaction, userIds: readonly string[], asOf: Date) => Promise<void>;

/** What is known of the population as a whole, brought up to date once everybody has been carried forward. */
export type Summary = (session: Session, asOf: Date) => Promise<void>;

/** What happens to users whose facts changed, read as a sentence. */
const steps: readonly Step[] = [refreshTags, scoreUsers, assignTiers];
const summaries: readonly Summary[] = [refreshCoverage];

/** Users in one transaction: bounds its memory and how long its locks are held. */
const BATCH_USERS = 5_000;

/** Carries users that were marked as changed forward to `asOf`, batch by batch, until none is left. Gives how many. */
export async function advance(pool: Pool, asOf: Date, report: (done: number) => void = () => {}): Promise<number> {
  let done = 0;
  for (;;) {
    const count = await pool.transaction(async (transaction) => {
      // Claimed and worked on in one transaction: a killed worker's batch is free again at once, and nothing is done twice.
      const claimed = await transaction.read<{ userId: string }>(
        `delete from user_change where user_id in (select user_id from user_change order by user_id limit ${BATCH_USERS} for update skip locked) returning user_id as "userId"`,
      );
      const userIds = claimed.map(({ userId }) => userId).sort((a, b) => Number(a) - Number(b));
      if (userIds.length > 0) for (const step of steps) await step(transaction, userIds, asOf);
      return userIds.length;
    });
    if (count === 0) return done;
    done += count;
    report(done);
  }
}

/** Brings everybody to `asOf`: marks all users, carries them forward, and sums the population up. Gives how many. */
export async function refreshAll(
  pool: Pool,
  asOf: Date,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const { count } = await pool.run(
    "insert into user_change (user_id, marked_at) select id, $1 from app_user order by id on conflict do nothing",
    [asOf],
  );
  const done = await advance(pool, asOf, (users) => report(users, count));
  for (const summary of summaries) await summary(pool, asOf);
  await writeSetting(pool, "refreshed", { asOf: asOf.toISOString() });
  return done;
}
