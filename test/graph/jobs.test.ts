import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TidemarkError } from "../../src/errors.js";
import { cancelJob, enqueue, type JobHandler, jobById, runQueuedJobs, startJobRunner } from "../../src/store/job.js";
import { writeSetting } from "../../src/store/setting.js";
import { openTestStore, type TestStore } from "../database.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.read("delete from job");
});

const quick = { advance: async () => {}, heartbeatMs: 20, pollMs: 20 };

function handler(work: JobHandler["work"], settle?: JobHandler["settle"]): readonly JobHandler[] {
  return [{ kind: "test", work, ...(settle && { settle }) }];
}

async function until(found: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await found()) return;
    await sleep(10);
  }
  throw new Error("It did not come to that.");
}

test("a job runs, and its result counts together with what it wrote", async () => {
  const { id } = await enqueue(store.pool, "test", { seed: 7 });
  const done = await runQueuedJobs(
    store.pool,
    handler(async ({ input, progress }) => {
      expect(input).toEqual({ seed: 7 });
      progress(0.5, "halfway");
      return async (tx) => {
        await writeSetting(tx, "refreshed", { asOf: "2011-09-10T00:00:00.000Z", users: 0 });
        return { type: "Thing", id: "42" };
      };
    }),
    quick,
  );
  expect(done).toBe(1);
  expect(await jobById(store.pool, id)).toMatchObject({
    state: "DONE",
    progress: 1,
    attempts: 1,
    error: null,
    result: { type: "Thing", id: "42" },
  });
});

test("an expected failure is told as it is, a defect is masked and handed to the log", async () => {
  const expected = await enqueue(store.pool, "test", {});
  await runQueuedJobs(
    store.pool,
    handler(async () => {
      throw new TidemarkError("NO_SAMPLE", "Too few users.");
    }),
    quick,
  );
  expect(await jobById(store.pool, expected.id)).toMatchObject({
    state: "FAILED",
    error: { code: "NO_SAMPLE", message: "Too few users." },
  });
  const defect = await enqueue(store.pool, "test", {});
  const logged: string[] = [];
  await runQueuedJobs(
    store.pool,
    handler(async () => {
      throw new Error("password=secret");
    }),
    { ...quick, onDefect: (id) => logged.push(id) },
  );
  const failed = await jobById(store.pool, defect.id);
  expect(failed?.error?.code).toBe("INTERNAL");
  expect(failed?.error?.message).toContain(logged[0]);
  expect(failed?.error?.message).not.toContain("secret");
});

test("a job whose runner fell silent is taken again, three times at most, and the silent one can no longer write", async () => {
  const { id } = await enqueue(store.pool, "test", {});
  // What a killed process leaves behind.
  await store.pool.read("update job set state = 'RUNNING', attempts = 1, heartbeat_at = clock_timestamp() - interval '11 s'");
  await runQueuedJobs(
    store.pool,
    handler(async () => async () => null),
    quick,
  );
  expect(await jobById(store.pool, id)).toMatchObject({ state: "DONE", attempts: 2 });

  const second = await enqueue(store.pool, "test", {});
  await store.pool.read(
    "update job set state = 'RUNNING', attempts = 3, heartbeat_at = clock_timestamp() - interval '11 s' where id = $1",
    [second.id],
  );
  expect(
    await runQueuedJobs(
      store.pool,
      handler(async () => async () => null),
      quick,
    ),
  ).toBe(0);
  expect(await jobById(store.pool, second.id)).toMatchObject({ state: "FAILED", error: { code: "INTERNAL" } });

  const third = await enqueue(store.pool, "test", {});
  let written = false;
  await runQueuedJobs(
    store.pool,
    handler(async () => {
      // Another runner took it meanwhile.
      await store.pool.read("update job set attempts = attempts + 1 where id = $1", [third.id]);
      return async () => {
        written = true;
        return { type: "Thing", id: "1" };
      };
    }),
    { ...quick, heartbeatMs: 10_000 },
  );
  expect(written).toBe(true);
  expect(await jobById(store.pool, third.id)).toMatchObject({ state: "RUNNING", result: null });
});

test("a job that was killed after its result counted is not done twice: only what follows is", async () => {
  const { id } = await enqueue(store.pool, "test", {});
  await store.pool.read(
    `update job set state = 'RUNNING', attempts = 1, heartbeat_at = clock_timestamp() - interval '11 s', result = '{"type": "Thing", "id": "9"}'`,
  );
  let settled = 0;
  await runQueuedJobs(
    store.pool,
    handler(
      async () => {
        throw new Error("must not run again");
      },
      async () => {
        settled++;
      },
    ),
    quick,
  );
  expect(settled).toBe(1);
  expect(await jobById(store.pool, id)).toMatchObject({ state: "DONE", result: { type: "Thing", id: "9" } });
});

test("cancelling a running job aborts it at the next heartbeat, and nothing of it counts", async () => {
  const { id } = await enqueue(store.pool, "test", {});
  let aborted = false;
  const runner = startJobRunner(
    store.pool,
    handler(async ({ signal }) => {
      await sleep(10_000, undefined, { signal }).catch(() => {
        aborted = true;
      });
      return async () => ({ type: "Thing", id: "1" });
    }),
    quick,
  );
  await until(async () => (await jobById(store.pool, id))?.state === "RUNNING");
  expect(await cancelJob(store.pool, id)).toMatchObject({ state: "CANCELLED" });
  await until(async () => aborted);
  await runner.stop();
  expect(await jobById(store.pool, id)).toMatchObject({ state: "CANCELLED", result: null, error: { code: "CANCELLED" } });
});

test("a runner that is stopped gives its job back at once, and that attempt does not count", async () => {
  const { id } = await enqueue(store.pool, "test", {});
  const runner = startJobRunner(
    store.pool,
    handler(async ({ signal }) => {
      await sleep(10_000, undefined, { signal });
      return async () => null;
    }),
    quick,
  );
  await until(async () => (await jobById(store.pool, id))?.state === "RUNNING");
  await runner.stop();
  expect(await jobById(store.pool, id)).toMatchObject({ state: "QUEUED", attempts: 0 });
});

test("several runners share one queue and no job is run twice", async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 20; i++) ids.add((await enqueue(store.pool, "test", { i })).id);
  const ran: string[] = [];
  const handlers = handler(async ({ id }) => {
    ran.push(id);
    await sleep(5);
    return async () => null;
  });
  await Promise.all([1, 2, 3].map(() => runQueuedJobs(store.pool, handlers, quick)));
  expect(ran.length).toBe(20);
  expect(new Set(ran)).toEqual(ids);
});
