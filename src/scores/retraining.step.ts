import { TidemarkError } from "../errors.js";
import { raiseAlert } from "../people/alert.step.js";
import { enqueue } from "../store/job.js";
import type { Pool, Session } from "../store/pool.js";
import { bumpCatalogues } from "../store/setting.js";
import { nextRun } from "../tags/update-mode.step.js";
import { TRAINING_JOB } from "./churn-model.step.js";
import { orderOf } from "./order.step.js";
import { TEMPLATES } from "./template.js";

/** Sets when a definition's model is trained anew, or that it is not; gives what is wrong with the schedule. */
export async function setSchedule(session: Session, key: string, schedule: string | null, now: Date): Promise<Error | null> {
  const next = schedule === null ? null : nextRun(schedule, now);
  if (next instanceof Error) return next;
  await session.read("update churn_definition set retrain_schedule = $2, retrain_at = $3 where key = $1", [key, schedule, next]);
  await bumpCatalogues(session);
  return null;
}

/**
 * Starts the trainings whose time has come, each once among all processes; gives their definitions. A training that cannot be (too little
 * data yet) is told of, and tried again at its next time; one that is still running is not joined by another.
 */
export async function runDueRetrainings(pool: Pool, now: Date): Promise<string[]> {
  const due = await pool.read<{ key: string; schedule: string; at: Date }>(
    `select key, retrain_schedule as schedule, retrain_at as at from churn_definition where retrain_schedule is not null and retrain_at <= $1 order by key`,
    [now],
  );
  const started: string[] = [];
  for (const { key, schedule, at } of due) {
    const next = nextRun(schedule, now);
    await pool.transaction(async (tx) => {
      const claimed = await tx.read(
        "update churn_definition set retrain_at = $3 where key = $1 and retrain_at = $2 returning id",
        [key, at, next instanceof Error ? null : next],
      );
      if (claimed.length === 0) return;
      await bumpCatalogues(tx);
      const running = await tx.read(
        "select from job where kind = $1 and state in ('QUEUED', 'RUNNING') and input ->> 'definition' = $2 limit 1",
        [TRAINING_JOB, key],
      );
      if (running.length > 0) return;
      try {
        const named = TEMPLATES.some((template) => template.key === key) ? { template: key } : { definition: key };
        await enqueue(tx, TRAINING_JOB, await orderOf(tx, named, now, "schedule"));
        started.push(key);
      } catch (error) {
        if (!(error instanceof TidemarkError)) throw error;
        await raiseAlert(tx, {
          kind: "RETRAINING_FAILED",
          subjectType: "CHURN_MODEL",
          subjectKey: key,
          message: `The scheduled training of ${key} could not begin: ${error.message}`,
          at: now,
        });
      }
    });
  }
  return started;
}
