import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { assert, TidemarkError } from "../errors.js";
import type { JobState } from "./job.entity.js";
import type { Pool, Session, Transaction } from "./pool.js";

/*
 * QUEUED  -> RUNNING               a runner claims it
 * QUEUED  -> CANCELLED             cancelled before it began
 * RUNNING -> DONE | FAILED         its handler came to an end
 * RUNNING -> CANCELLED             cancelled; the runner sees it at its next heartbeat and drops the work
 * RUNNING -> RUNNING (attempt + 1) its runner's heartbeat is old: taken for dead, and claimed by another
 * RUNNING -> QUEUED                its runner was stopped in an orderly way; that attempt does not count
 */

/** A kind of work, and how it is done. */
export interface JobHandler {
  readonly kind: string;
  /** The long part. It writes nothing: what it answers is run in the one transaction that makes the result count. */
  readonly work: (job: RunningJob) => Promise<Commit>;
  /** Carried out after that transaction, and again when its runner died meanwhile; so it must bear being repeated. */
  readonly settle?: (job: RunningJob) => Promise<void>;
}

export type Commit = (transaction: Transaction) => Promise<JobOutcome | null>;

/** What came out: the GraphQL type and the row's id. */
export interface JobOutcome {
  readonly type: string;
  readonly id: string;
}

export interface RunningJob {
  readonly id: string;
  readonly pool: Pool;
  readonly input: unknown;
  /** Aborted when the job was cancelled or taken from this runner. */
  readonly signal: AbortSignal;
  /** Carries marked users forward through the pipeline, to what is now; given by the root. */
  readonly advance: () => Promise<void>;
  /** Tells how far it is, 0 to 1; written at the next heartbeat. */
  progress(share: number, step: string): void;
}

export interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly progress: number;
  readonly step: string | null;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: JobOutcome | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface JobRunner {
  /** Stops claiming, gives a running job back to the queue, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

export interface RunnerOptions {
  readonly advance: () => Promise<void>;
  /** Told of defects, with the id under which the caller sees them. */
  readonly onDefect?: (id: string, error: unknown) => void;
  /** Shorter in tests. */
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
  readonly deadAfterMs?: number;
}

const HEARTBEAT_MS = 1_000;
const POLL_MS = 500;
/** Ten heartbeats: a runner that is only slow is not taken for dead. */
const DEAD_AFTER_MS = 10_000;
const MOST_ATTEMPTS = 3;
const JOB_COLUMNS = `id, kind, state, progress, step, attempts, error, result,
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"`;

/** Puts work into the queue, in the transaction of whatever asked for it. */
export async function enqueue(session: Session, kind: string, input: object): Promise<JobRow> {
  const rows = await session.read<JobRow>(
    `insert into job (kind, input, state, created_at) values ($1, $2, 'QUEUED', clock_timestamp()) returning ${JOB_COLUMNS}`,
    [kind, JSON.stringify(input)],
  );
  return rows[0]!;
}

export async function jobById(session: Session, id: string): Promise<JobRow | undefined> {
  return (await jobsById(session, [id]))[0];
}

export async function jobsById(session: Session, ids: readonly string[]): Promise<JobRow[]> {
  return session.read<JobRow>(`select ${JOB_COLUMNS} from job where id = any($1::bigint[])`, [ids]);
}

/** Cancels a job that has not come to its end; gives it as it then is, or undefined when there is none. */
export async function cancelJob(session: Session, id: string): Promise<JobRow | undefined> {
  const rows = await session.read<JobRow>(
    `update job set state = 'CANCELLED', finished_at = clock_timestamp(), error = $2
     where id = $1 and state in ('QUEUED', 'RUNNING') returning ${JOB_COLUMNS}`,
    [id, JSON.stringify({ code: "CANCELLED", message: "The job was cancelled; start it again when it is wanted." })],
  );
  return rows[0] ?? jobById(session, id);
}

/** Works off the queue, one job at a time, until it is stopped. Several processes may do so on one store. */
export function startJobRunner(pool: Pool, handlers: readonly JobHandler[], options: RunnerOptions): JobRunner {
  const stopping = new AbortController();
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      let found = false;
      try {
        found = await runNext(pool, handlers, options, stopping.signal);
      } catch (error) {
        // The store is away: what was running is claimed again once its heartbeat is old.
        if (!(error instanceof TidemarkError)) options.onDefect?.(randomUUID(), error);
      }
      if (!found) await sleep(options.pollMs ?? POLL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Works off what is queued now, for commands and tests; gives how many jobs were run. */
export async function runQueuedJobs(pool: Pool, handlers: readonly JobHandler[], options: RunnerOptions): Promise<number> {
  let done = 0;
  while (await runNext(pool, handlers, options, new AbortController().signal)) done++;
  return done;
}

type Claimed = JobRow & { readonly input: unknown };

async function runNext(
  pool: Pool,
  handlers: readonly JobHandler[],
  options: RunnerOptions,
  stopping: AbortSignal,
): Promise<boolean> {
  const claimed = await claim(pool, handlers, options.deadAfterMs ?? DEAD_AFTER_MS);
  if (!claimed) return false;
  const handler = handlers.find(({ kind }) => kind === claimed.kind);
  assert(handler, `a handler for ${claimed.kind}`);
  const lost = new AbortController();
  const latest = { progress: claimed.progress, step: claimed.step };
  const beat = async () => {
    const kept = await stillOurs(pool, claimed, latest).catch(() => true);
    if (!kept) lost.abort();
  };
  const timer = setInterval(() => void beat(), options.heartbeatMs ?? HEARTBEAT_MS);
  const signal = AbortSignal.any([lost.signal, stopping]);
  const job: RunningJob = {
    id: claimed.id,
    pool,
    input: claimed.input,
    signal,
    advance: options.advance,
    progress(share, step) {
      latest.progress = share;
      latest.step = step;
    },
  };
  try {
    // With a result, only what follows the commit was left undone by the runner that died.
    if (!claimed.result) {
      const commit = await handler.work(job);
      signal.throwIfAborted();
      await pool.transaction(async (transaction) => {
        const outcome = await commit(transaction);
        const { count } = await transaction.run(
          `update job set result = $3, progress = $4, step = $5, heartbeat_at = clock_timestamp() where ${OURS}`,
          [claimed.id, claimed.attempts, JSON.stringify(outcome), latest.progress, latest.step],
        );
        // Cancelled or taken at the last moment: nothing of it may count.
        if (count === 0) throw new DOMException("The job is no longer ours.", "AbortError");
      });
    }
    await handler.settle?.(job);
    await pool.run(`update job set state = 'DONE', progress = 1, step = null, finished_at = clock_timestamp() where ${OURS}`, [
      claimed.id,
      claimed.attempts,
    ]);
  } catch (error) {
    if (stopping.aborted && !lost.signal.aborted) await giveBack(pool, claimed);
    else if (!lost.signal.aborted) await fail(pool, claimed, error, options.onDefect);
  } finally {
    clearInterval(timer);
  }
  return true;
}

/** The claim of one attempt: after another runner has taken the job, the first one's writes find no row. */
const OURS = "id = $1 and attempts = $2 and state = 'RUNNING'";

async function claim(pool: Pool, handlers: readonly JobHandler[], deadAfterMs: number): Promise<Claimed | undefined> {
  const dead = `state = 'RUNNING' and heartbeat_at < clock_timestamp() - $2 * interval '1 millisecond'`;
  const rows = await pool.read<Claimed>(
    `update job set state = 'RUNNING', attempts = attempts + 1, heartbeat_at = clock_timestamp(),
       started_at = coalesce(started_at, clock_timestamp())
     where id = (select id from job where kind = any($1) and (state = 'QUEUED' or (${dead} and attempts < ${MOST_ATTEMPTS}))
                 order by id limit 1 for update skip locked)
     returning ${JOB_COLUMNS}, input`,
    [handlers.map(({ kind }) => kind), deadAfterMs],
  );
  if (rows[0]) return rows[0];
  await pool.read(
    `update job set state = 'FAILED', finished_at = clock_timestamp(), error = $3
     where kind = any($1) and ${dead} and attempts >= ${MOST_ATTEMPTS}`,
    [
      handlers.map(({ kind }) => kind),
      deadAfterMs,
      JSON.stringify({
        code: "INTERNAL",
        message: `The process that ran the job ended ${MOST_ATTEMPTS} times before it was done. See its log, and give it more memory if it was killed for want of it.`,
      }),
    ],
  );
  return undefined;
}

async function stillOurs(pool: Pool, { id, attempts }: Claimed, latest: { progress: number; step: string | null }) {
  const { count } = await pool.run(`update job set heartbeat_at = clock_timestamp(), progress = $3, step = $4 where ${OURS}`, [
    id,
    attempts,
    latest.progress,
    latest.step,
  ]);
  return count > 0;
}

async function giveBack(pool: Pool, { id, attempts }: Claimed): Promise<void> {
  await pool.run(`update job set state = 'QUEUED', attempts = attempts - 1, heartbeat_at = null where ${OURS}`, [id, attempts]);
}

async function fail(pool: Pool, { id, attempts }: Claimed, error: unknown, onDefect: RunnerOptions["onDefect"]): Promise<void> {
  let told: { code: string; message: string };
  if (error instanceof TidemarkError) {
    told = { code: error.code, message: error.message };
  } else {
    const defect = randomUUID();
    onDefect?.(defect, error);
    told = { code: "INTERNAL", message: `Something went wrong on our side; it was logged as ${defect}.` };
  }
  await pool.run(`update job set state = 'FAILED', finished_at = clock_timestamp(), error = $3 where ${OURS}`, [
    id,
    attempts,
    JSON.stringify(told),
  ]);
}
