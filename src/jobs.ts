import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { advance, isRefreshDue, refreshAll } from "./pipeline.js";
import { trainingJob } from "./scores/churn-model.step.js";
import { type JobHandler, startJobRunner } from "./store/job.js";
import type { Store } from "./store/store.js";
import { runDueTags } from "./tags/update-mode.step.js";

/** Every kind of work that outlives a request. */
export const jobs: readonly JobHandler[] = [trainingJob];

/** How often marks that a killed process left behind are looked for, and whether a new day has begun. */
const WATCH_MS = 10_000;

export interface RunningJobs {
  stop(): Promise<void>;
}

/** What runs when: the queue always, left-over marks and tags by their schedules every ten seconds, everybody once a UTC day. */
export function startJobs(store: Store, log: Logger, now: () => Date): RunningJobs {
  const runner = startJobRunner(store.pool, jobs, {
    advance: async () => void (await advance(store.pool, now())),
    onDefect: (id, error) => log.error({ id, error }, "a job failed"),
  });
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await runDueTags(store.pool, now());
        if (await isRefreshDue(store.pool, now())) await refreshAll(store.pool, now());
        else await advance(store.pool, now());
      } catch (error) {
        log.error({ error }, "carrying users forward failed; it is tried again");
      }
      await sleep(WATCH_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await Promise.all([runner.stop(), watching]);
    },
  };
}
