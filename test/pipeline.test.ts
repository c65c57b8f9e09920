import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../src/math/random.js";
import { seedDepartments } from "../src/people/department.step.js";
import { advance, refreshAll } from "../src/pipeline.js";
import { readSetting } from "../src/store/setting.js";
import { DAY_MS, type Histories, HistoryWriter } from "../src/tags/history.js";
import { seedTags } from "../src/tags/library.step.js";
import { openTestStore, type TestStore } from "./database.js";
import { addEvents, populate } from "./tags/populate.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seedDepartments(store.pool);
  await seedTags(store.pool);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.run(
    "truncate user_metric, user_tag, user_tag_history, event, app_user, user_identity, user_change, user_tier, tier_history, churn_score",
  );
  await store.pool.run("delete from setting where key in ('refreshed', 'rfm')");
});

const DAY_0 = Date.UTC(2024, 0, 1);
const on = (day: number) => new Date(DAY_0 + day * DAY_MS);

/** A few events each, which stop at different times. */
function histories(users: number, perUser: number): Histories {
  const random = seededRandom(users);
  const writer = new HistoryWriter(users);
  for (let user = 1; user <= users; user++) {
    writer.user(user);
    const gap = 1 + 20 * random();
    let day = 100 * random();
    for (let event = 0; event < perUser; event++, day += gap * (0.5 + random()))
      writer.event(DAY_0 + Math.floor(day * 1440) * 60_000, random() < 0.3 ? 2 : 1, Number.NaN);
  }
  return writer.finish();
}

function oneEvent(userId: number, day: number): Histories {
  const writer = new HistoryWriter(1);
  writer.user(userId);
  writer.event(+on(day), 1, Number.NaN);
  return writer.finish();
}

/** All that the pipeline writes of users, as one fingerprint a table, and who still waits. */
async function state() {
  const digest = (table: string, key: string) =>
    `(select md5(string_agg(t::text, ',' order by ${key})) from ${table} t) as ${table}`;
  const { rows } = await store.pool.run<Record<string, string | null>>(
    `select ${digest("user_metric", "user_id")}, ${digest("user_tag", "user_id, tag_id")}, ${digest("user_tag_history", "user_id, tag_id, since")},
       (select md5(string_agg(lifecycle_stage, ',' order by id)) from app_user) as stages`,
  );
  return rows[0];
}

async function waiting(): Promise<number> {
  return (await store.pool.read<{ count: number }>("select count(*)::int as count from user_change"))[0]!.count;
}

const mark = (userIds: string) =>
  store.pool.run(`insert into user_change (user_id, marked_at) select unnest('{${userIds}}'::bigint[]), now()`);

describe("carrying users forward", () => {
  test("a refresh at an earlier day than the last is refused before anybody is marked", async () => {
    await populate(store, histories(20, 5));
    await refreshAll(store.pool, on(150));
    const before = await state();
    await expect(refreshAll(store.pool, on(149))).rejects.toMatchObject({
      code: "STALE_AS_OF",
      message: expect.stringContaining("asOf"),
    });
    expect(await waiting()).toBe(0);
    expect(await state()).toEqual(before);
    expect(await readSetting(store.pool, "refreshed")).toEqual({ asOf: on(150).toISOString() });
  });

  test("facts of a writer whose clock is behind count, at the instant that its users have been brought to", async () => {
    await populate(store, histories(20, 5));
    await refreshAll(store.pool, on(150));
    await addEvents(store, oneEvent(3, 149), 1_000_000);
    await mark("3, 4");
    expect(await advance(store.pool, new Date(+on(150) - 5))).toBe(2);
    expect(await waiting()).toBe(0);
    const late = await state();
    await refreshAll(store.pool, on(150));
    expect(await state()).toEqual(late);
    const [row] = await store.pool.read<{ total: number; asOf: Date }>(
      `select numbers[(select slot + 1 from tag where key = 'events_total')] as total, as_of as "asOf" from user_metric where user_id = 3`,
    );
    expect(row).toEqual({ total: 6, asOf: on(150) });
  });

  test("a refresh that stopped in between leaves whole batches, and the next one makes it whole", async () => {
    const users = 20_500;
    await populate(store, histories(users, 3));
    await refreshAll(store.pool, on(150));
    const whole = await state();
    await store.pool.run("truncate user_metric, user_tag, user_tag_history");
    await store.pool.run("update app_user set lifecycle_stage = null");
    await expect(
      refreshAll(store.pool, on(150), () => {
        throw new Error("stopped");
      }),
    ).rejects.toThrow("stopped");
    const left = await waiting();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(users);
    const [computed] = await store.pool.read<{ count: number }>("select count(*)::int as count from user_metric");
    expect(computed!.count).toBe(users - left);
    expect(await refreshAll(store.pool, on(150))).toBe(users);
    expect(await waiting()).toBe(0);
    expect(await state()).toEqual(whole);
  });
});
