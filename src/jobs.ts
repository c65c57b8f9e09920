import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { startDelivering } from "./actions/delivering.step.js";
import { advance, carryDue, isRefreshDue, refreshAll } from "./pipeline.js";
import { trainingJob } from "./scores/churn-model.step.js";
import { runDueRetrainings } from "./scores/retraining.step.js";
import { buildBitmaps } from "./segments/bitmap.step.js";
import { beginDueRuns, runSegments } from "./segments/run.step.js";
import { type JobHandler, startJobRunner } from "./store/job.js";
import type { Store } from "./store/store.js";
import { sweepExpired } from "./tags/sweep.step.js";
import { runDueTags } from "./tags/update-mode.step.js";

/** Every kind of work that outlives a request. */
export const jobs: readonly JobHandler[] = [trainingJob];

/** How often marks that a killed process left behind are looked for, and whether a new day has begun. */
const WATCH_MS = 10_000;

export interface RunningJobs {
  stop(): Promise<void>;
}

/** How often users are looked for whom time alone lets in or out of a segment; sooner where the next one is known to be due. */
const DUE_MS = 1_000;

/**
 * What runs when: the queue always, users that are due every second, left-over marks, tags that expired, and tags, trainings and segments
 * by their schedules every ten seconds, everybody once a UTC day. Webhooks are told all the while.
 */
export function startJobs(store: Store, log: Logger, now: () => Date, allowLoopbackWebhooks = false): RunningJobs {
  const runner = startJobRunner(store.pool, jobs, {
    advance: async () => void (await advance(store.pool, now())),
    onDefect: (id, error) => log.error({ id, error }, "a job failed"),
  });
  const delivering = startDelivering(store.pool, {
    clock: () => new Date(),
    now,
    allowLoopback: allowLoopbackWebhooks,
    onFailure: (error) => log.error({ error }, "telling webhooks failed; it is tried again"),
  });
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      try {
        // First, so that after an outage everybody who was due is moved at their own instant, and not at this one.
        await carryDue(store.pool, now());
        await runDueTags(store.pool, now());
        await runDueRetrainings(store.pool, now());
        await beginDueRuns(store.pool, now());
        await sweepExpired(store.pool, now());
        await buildBitmaps(store.pool, now());
        if (await isRefreshDue(store.pool, now())) await refreshAll(store.pool, now());
        else await advance(store.pool, now());
        await runSegments(store.pool, now());
      } catch (error) {
        log.error({ error }, "carrying users forward failed; it is tried again");
      }
      await sleep(WATCH_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  const beingDue = (async () => {
    while (!stopping.signal.aborted) {
      let wait = DUE_MS;
      try {
        const next = await carryDue(store.pool, now());
        if (next) wait = Math.min(DUE_MS, Math.max(1, next.getTime() - now().getTime()));
      } catch (error) {
        log.error({ error }, "carrying users forward who were due failed; it is tried again");
      }
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await Promise.all([runner.stop(), delivering.stop(), watching, beingDue]);
    },
  };
}
