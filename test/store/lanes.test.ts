import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../database.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const plusOne = (value: number) => store.pool.lookup<{ sum: number }>("select $1::int + 1 as sum", [value]);
const backend = async () => (await store.pool.lookup<{ pid: number }>("select pg_backend_pid() as pid"))[0]!.pid;

test("lookups of one turn share a connection, and each gets its own answer", async () => {
  const [pids, sums] = await Promise.all([
    Promise.all(Array.from({ length: 10 }, backend)),
    Promise.all(Array.from({ length: 100 }, (_, value) => plusOne(value))),
  ]);
  expect(new Set(pids).size).toBe(1);
  expect(sums.map(([row]) => row?.sum)).toEqual(Array.from({ length: 100 }, (_, value) => value + 1));
});

test("lookups of later turns go beside one that lasts", async () => {
  const lasting = store.pool.lookup("select pg_sleep(1)");
  await new Promise((done) => setImmediate(done));
  let lasted = false;
  void lasting.then(() => {
    lasted = true;
  });
  expect((await plusOne(1))[0]?.sum).toBe(2);
  expect(lasted).toBe(false);
  await lasting;
});

test("a lookup that fails, fails alone", async () => {
  const [before, failed, after] = await Promise.allSettled([
    plusOne(1),
    store.pool.lookup("select 1 / $1::int as quotient", [0]),
    plusOne(2),
  ]);
  expect(before).toMatchObject({ status: "fulfilled", value: [{ sum: 2 }] });
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "22012" } });
  expect(after).toMatchObject({ status: "fulfilled", value: [{ sum: 3 }] });
});

test("what was under way on a lost connection is asked again on another", async () => {
  const pid = await backend();
  const slow = store.pool.lookup<{ pid: number }>("select pg_backend_pid() as pid from pg_sleep(1)");
  await new Promise((done) => setTimeout(done, 100));
  await store.pool.read(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  expect((await slow)[0]?.pid).not.toBe(pid);
  expect((await plusOne(3))[0]?.sum).toBe(4);
});
