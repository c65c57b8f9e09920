import { raiseAlert } from "../people/alert.step.js";
import { contextOfWork } from "../request.js";
import { numberArray, textArray } from "../store/arrays.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { nextRun } from "../tags/update-mode.step.js";
import { moveMembers } from "./member.step.js";
import { layoutOf, type Plan, planOf } from "./plan.loader.js";
import { bumpSegments } from "./save.step.js";
import { recordSizes } from "./size.step.js";

/** Users in one transaction. */
const BATCH_USERS = 10_000;
/** Of everybody's batches, those that a mutation goes through itself; the jobs go on with the rest. */
export const BATCHES_IN_REQUEST = 5;

/**
 * Brings everybody to what segments say that were made, changed or refreshed, batch by batch, each in a transaction of its own; one
 * that was cut short is gone on with by whoever calls next. Several processes may do so at once.
 *
 * @param most batches; what is left then is left to the jobs
 */
export async function runSegments(pool: Pool, now: Date, most = Number.POSITIVE_INFINITY): Promise<void> {
  await noteErrors(pool, await planOf(contextOfWork(pool, now)), now);
  let after = "0";
  for (let batch = 0; batch < most; batch++) {
    const last = await pool.transaction((transaction) => runBatch(transaction, after, now));
    if (last === undefined) return;
    after = last;
  }
}

/** Gives the last user of the batch; undefined when there is nothing left to do. */
async function runBatch(transaction: Transaction, after: string, now: Date): Promise<string | undefined> {
  const plan = await planOf(contextOfWork(transaction, now));
  const waiting = plan.segments.filter(({ segment }) => segment.run > segment.ranRun);
  if (waiting.length === 0) return undefined;
  const layoutId = await layoutOf(transaction, plan);
  const behind = await transaction.read<{ id: string }>(
    `select u.id from app_user u where u.id > $1 and not exists (select from segment_truth t where t.user_id = u.id and t.layout_id = $2)
     order by u.id limit ${BATCH_USERS}`,
    [after, layoutId],
  );
  if (behind.length === 0) {
    // Who was marked on the way is looked at by the pipeline; until then the run is not over.
    const [left] = await transaction.read<{ exists: boolean }>(
      "select exists (select from app_user u where not exists (select from segment_truth t where t.user_id = u.id and t.layout_id = $1))",
      [layoutId],
    );
    if (!left!.exists) await finishRuns(transaction, plan, now);
    return undefined;
  }
  const ids = behind.map(({ id }) => id);
  // The mark is the lock of a user's facts. Who is marked already is looked at by the pipeline.
  const marked = await transaction.read<{ userId: string }>(
    `insert into user_change (user_id, marked_at) select id, $2 from unnest($1::bigint[]) as id on conflict (user_id) do nothing returning user_id as "userId"`,
    [numberArray(ids), now],
  );
  const own = marked.map(({ userId }) => userId);
  await moveMembers(transaction, own, now);
  await transaction.read("delete from user_change where user_id = any($1::bigint[])", [numberArray(own)]);
  return ids.at(-1);
}

async function finishRuns(session: Session, { segments }: Plan, now: Date): Promise<void> {
  const ran = await session.read<{ id: number }>(
    `update segment s set ran_run = r.run, refreshed_at = $3 from unnest($1::int[], $2::int[]) as r (id, run)
     where s.id = r.id and s.run = r.run and s.ran_run < r.run returning s.id`,
    [numberArray(segments.map(({ segment }) => segment.id)), numberArray(segments.map(({ segment }) => segment.run)), now],
  );
  if (ran.length === 0) return;
  await recordSizes(
    session,
    ran.map(({ id }) => id),
    now,
  );
  await bumpSegments(session);
}

/** What is known of segments once everybody has been carried forward to `asOf`: runs that are over with it, and the sizes of that day. */
export async function summarizeSegments(session: Session, asOf: Date): Promise<void> {
  const plan = await planOf(contextOfWork(session, asOf));
  await noteErrors(session, plan, asOf);
  await finishRuns(session, plan, asOf);
  const live = plan.segments.flatMap(({ segment: { id, mode } }) => (mode === "LIVE" ? [id] : []));
  await recordSizes(session, live, asOf);
  await session.read("update segment set refreshed_at = $2 where id = any($1::int[])", [live, asOf]);
  await session.read("delete from segment_layout where hash <> $1 and id not in (select layout_id from segment_truth)", [
    plan.hash,
  ]);
}

/** Says of each segment why it cannot be asked, or that it can again. */
async function noteErrors(session: Session, { segments, broken }: Plan, now: Date): Promise<void> {
  if (segments.length + broken.length === 0) return;
  const all = [
    ...segments.map(({ segment }) => ({ id: segment.id, error: null })),
    ...broken.map(({ segment, error }) => ({ id: segment.id, error: error.message })),
  ];
  const changed = await session.read<{ key: string; error: string | null }>(
    `update segment s set last_error = e.error, last_error_at = case when e.error is not null then $3::timestamptz end
     from unnest($1::int[], $2::text[]) as e (id, error) where s.id = e.id and s.last_error is distinct from e.error
     returning s.key, s.last_error as error`,
    [numberArray(all.map(({ id }) => id)), textArray(all.map(({ error }) => error)), now],
  );
  for (const { key, error } of changed)
    if (error !== null)
      await raiseAlert(session, {
        kind: "SEGMENT_FAILED",
        subjectType: "SEGMENT",
        subjectKey: key,
        message: `The segment ${key} cannot be asked any more, and its members stay as they are: ${error}`,
        at: now,
      });
}

/** Begins a run of a segment. False: there is none of that key. */
export function refreshSegment(pool: Pool, key: string): Promise<boolean> {
  return pool.transaction(async (transaction) => {
    const rows = await transaction.read("update segment set run = run + 1 where key = $1 returning id", [key]);
    if (rows.length > 0) await bumpSegments(transaction);
    return rows.length > 0;
  });
}

/** Begins the runs whose time has come, each once among all processes; gives their keys. */
export async function beginDueRuns(pool: Pool, now: Date): Promise<string[]> {
  const due = await pool.read<{ id: number; key: string; schedule: string; nextRunAt: Date }>(
    `select id, key, schedule, next_run_at as "nextRunAt" from segment where mode = 'SCHEDULED' and next_run_at <= $1 order by key`,
    [now],
  );
  const begun: string[] = [];
  for (const { id, key, schedule, nextRunAt } of due) {
    const next = nextRun(schedule, now);
    await pool.transaction(async (transaction) => {
      const claimed = await transaction.read(
        "update segment set run = run + 1, next_run_at = $3 where id = $1 and next_run_at = $2 returning id",
        [id, nextRunAt, next instanceof Error ? null : next],
      );
      if (claimed.length === 0) return;
      await bumpSegments(transaction);
      begun.push(key);
    });
  }
  return begun;
}
