import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { seedDepartments } from "../../src/people/department.step.js";
import { computedTags } from "../../src/tags/compute.loader.js";
import { withFacts } from "../../src/tags/facts.loader.js";
import { DAY_MS, type Histories, HistoryWriter } from "../../src/tags/history.js";
import { readHistories } from "../../src/tags/history.loader.js";
import { seedTags } from "../../src/tags/library.step.js";
import { refreshTags, tagMatrix } from "../../src/tags/metrics.step.js";
import { openTestStore, type TestStore } from "../database.js";
import { addEvents, populate } from "./populate.js";
import { dataIsAbsent, readReal, readReference } from "./real.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seedDepartments(store.pool);
  await seedTags(store.pool);
});
afterAll(() => store.close());

async function refresh(asOf: Date, userIds?: readonly string[]): Promise<void> {
  const everybody = await store.pool.read<{ id: string }>("select id from app_user");
  await store.pool.transaction((transaction) => refreshTags(transaction, userIds ?? everybody.map(({ id }) => id), asOf));
}

/** Everything the step writes, in an order of its own. */
async function state() {
  const [metrics, tags, history, stages] = await Promise.all([
    store.pool.read("select * from user_metric order by user_id"),
    store.pool.read(
      "select t.user_id, g.key, t.since, t.evidence, t.source from user_tag t join tag g on g.id = t.tag_id order by t.user_id, g.key",
    ),
    store.pool.read("select * from user_tag_history order by user_id, tag_id, since"),
    store.pool.read("select id, lifecycle_stage from app_user order by id"),
  ]);
  return { metrics, tags, history, stages };
}

async function empty(): Promise<void> {
  await store.pool.read(
    "truncate user_metric, user_history, user_tag, user_tag_history, event, app_user, user_identity, user_change",
  );
}

/** Users with a habit, some of whom fall silent; times are whole minutes. */
function randomHistories(seed: number, users: number, firstDay: number, lastDay: number): Histories {
  const random = seededRandom(seed);
  const writer = new HistoryWriter(users);
  for (let user = 1; user <= users; user++) {
    writer.user(user);
    const gap = 1 + random() * 20;
    const end = firstDay + (lastDay - firstDay) * Math.sqrt(random());
    for (let day = firstDay + random() * 100; day < end; day += gap * (0.3 + 1.4 * random())) {
      const kind = random();
      const type = kind < 0.4 ? 1 : kind < 0.85 ? 2 : kind < 0.95 ? 3 : 4;
      writer.event(Math.floor(day * 1440) * 60_000, type, type === 2 ? Math.floor(random() * 1e6) : Number.NaN);
      for (let category = 0; category < random() * 4; category++) writer.category(1 + Math.floor(random() * 12));
    }
  }
  return writer.finish();
}

const DAY_0 = Date.UTC(2020, 0, 1) / DAY_MS;
const on = (day: number) => new Date((DAY_0 + day) * DAY_MS);

describe("refreshing tags", () => {
  beforeEach(empty);

  test("again at the same instant changes nothing", async () => {
    await populate(store, randomHistories(1, 40, DAY_0, DAY_0 + 400));
    await refresh(on(300));
    const before = await state();
    const versions = () =>
      store.pool.read(
        "select xmin::text, user_id from user_metric union all select xmin::text, user_id from user_tag order by 2, 1",
      );
    const rows = await versions();
    await refresh(on(300));
    expect(await state()).toEqual(before);
    expect(await versions()).toEqual(rows);
    expect(before.tags.length).toBeGreaterThan(40);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "after late events at the same instant gives what a rebuild from nothing gives (%i)",
    async (seed) => {
      const all = randomHistories(seed, 30, DAY_0, DAY_0 + 400);
      const random = seededRandom(seed + 100);
      const late = new HistoryWriter(30);
      const inTime = new HistoryWriter(30);
      for (let user = 0; user < 30; user++) {
        late.user(all.userIds[user]!);
        inTime.user(all.userIds[user]!);
        for (let event = all.offsets[user]!; event < all.offsets[user + 1]!; event++) {
          const writer = random() < 0.3 ? late : inTime;
          writer.event(all.at[event]!, all.typeIds[event]!, all.amounts[event]!);
          for (let place = all.categoryOffsets[event]!; place < all.categoryOffsets[event + 1]!; place++)
            writer.category(all.categories[place]!);
        }
      }
      await populate(store, inTime.finish());
      await refresh(on(320));
      await addEvents(store, late.finish(), 1_000_000);
      // The late events reach the users in several batches.
      for (const batch of [0, 1, 2])
        await refresh(
          on(320),
          Array.from({ length: 10 }, (_, i) => String(batch * 10 + i + 1)),
        );
      const corrected = await state();

      await empty();
      await populate(store, all);
      await refresh(on(320));
      expect(corrected).toEqual(await state());
    },
  );

  test("moves what ended into the history, and leaves what people assigned", async () => {
    await populate(store, randomHistories(7, 60, DAY_0, DAY_0 + 200));
    await store.pool.read(
      "insert into user_tag (user_id, tag_id, since, source) select 1, id, '2020-01-01', 'crm' from tag where key = 'vip'",
    );
    const held = new Map<string, { since: Date; until: Date | null }[]>();
    for (let day = 60; day <= 260; day += 10) {
      await refresh(on(day));
      const { tags } = await state();
      const now = new Set((tags as { user_id: string; key: string }[]).map(({ user_id, key }) => `${user_id} ${key}`));
      for (const [name, stretches] of held)
        if (stretches.at(-1)!.until === null && !now.has(name)) stretches.at(-1)!.until = on(day);
      for (const row of tags as { user_id: string; key: string; since: Date }[]) {
        const name = `${row.user_id} ${row.key}`;
        const stretches = held.get(name) ?? [];
        held.set(name, stretches);
        if (stretches.length === 0 || stretches.at(-1)!.until !== null) stretches.push({ since: row.since, until: null });
      }
    }
    expect(held.get("1 vip")).toEqual([{ since: new Date("2020-01-01"), until: null }]);
    const history = await store.pool.read<{ name: string; since: Date; until: Date }>(
      "select h.user_id || ' ' || g.key as name, h.since, h.until from user_tag_history h join tag g on g.id = h.tag_id",
    );
    expect(history.length).toBeGreaterThan(50);
    // Every stretch that was seen to end is in the history; a stretch may hold several that ended between two refreshes.
    for (const [name, stretches] of held)
      for (const { until } of stretches)
        if (until)
          expect(
            history.some((row) => row.name === name && +row.until === +until),
            `${name} until ${until}`,
          ).toBe(true);
    for (const { since, until } of history) expect(+since).toBeLessThan(+until);
  });

  test("at an earlier instant than the stored state is refused, with the remedy, and changes nothing", async () => {
    await populate(store, randomHistories(8, 5, DAY_0, DAY_0 + 200));
    await refresh(on(200));
    const before = await state();
    await expect(refresh(on(199))).rejects.toMatchObject({ code: "STALE_AS_OF", message: expect.stringContaining("asOf") });
    expect(await state()).toEqual(before);
  });

  test("a decline's since is the first midnight from which it has held without a break", async () => {
    await populate(store, randomHistories(9, 80, DAY_0, DAY_0 + 300));
    const at = on(250);
    await refresh(at);
    const rows = await store.pool.read<{ userId: string; key: string; since: Date }>(
      `select user_id as "userId", g.key, since from user_tag t join tag g on g.id = t.tag_id where g.kind = 'DECLINE'`,
    );
    expect(rows.length).toBeGreaterThan(30);
    const days = new Map<number, Map<string, Set<string>>>();
    const { compute, catalogue } = await computedTags(store.pool);
    const read = await readHistories(
      store.pool,
      Array.from({ length: 80 }, (_, i) => String(i + 1)),
      at,
    );
    const histories = await withFacts(store.pool, read, compute.needs);
    // Day 160 is 90 midnights back, and lies in June.
    const earliest = Date.UTC(2020, 5, 1) / DAY_MS - DAY_0;
    for (let day = 250; day >= earliest - 1; day--) {
      const { holdings } = compute(histories, +on(day));
      days.set(
        day,
        new Map(
          holdings.map(({ tagId, users }) => [
            catalogue.byId.get(tagId)!.key,
            new Set(Array.from(users, (user) => String(histories.userIds[user]))),
          ]),
        ),
      );
    }
    for (const { userId, key, since } of rows) {
      const first = +since / DAY_MS - DAY_0;
      for (let day = first; day <= 250; day++) expect(days.get(day)!.get(key)!.has(userId)).toBe(true);
      expect(first).toBeGreaterThanOrEqual(earliest);
      if (first > earliest)
        expect(
          days
            .get(first - 1)!
            .get(key)!
            .has(userId),
          `${userId} ${key} ${first}`,
        ).toBe(false);
    }
  });
});

describe.skipIf(dataIsAbsent)("the tags of Online Retail through the database", () => {
  beforeAll(async () => {
    await empty();
    const real = readReal("online_retail");
    await populate(store, real.histories, real.users);
  });

  test.each(["2011-06-01", "2011-08-01"])("are counted as in the reference at %s", async (day) => {
    const { exact } = readReference("online_retail").at[day]!;
    await refresh(new Date(day));
    const counts = await store.pool.read<{ key: string; count: number }>(
      "select g.key, count(*)::int as count from user_tag t join tag g on g.id = t.tag_id group by g.key",
    );
    const found = new Map(counts.map(({ key, count }) => [key, count]));
    for (const [key, count] of Object.entries(exact.tag_counts_all_users))
      expect([key, found.get(key) ?? 0]).toEqual([key, count]);

    const slot = async (key: string) =>
      (
        await store.pool.read<{ sum: number }>(
          "select sum(numbers[(select slot + 1 from tag where key = $1)])::float8 as sum from user_metric",
          [key],
        )
      )[0]!.sum;
    expect(await slot("events_total")).toBe(exact.events_before_T);
    expect(await slot("events_30d")).toBe(exact.events_in_last_30d);
    expect(await slot("amount_total")).toBeCloseTo(exact.sum_amount_before_T!, 2);
  });

  test("as a matrix are what the step wrote, for those who had been active", async () => {
    const asOf = new Date("2011-08-01");
    const { catalogue } = await computedTags(store.pool);
    const keys = catalogue.bySlot.map((tag) => tag!.key);
    const { userIds, columns } = await tagMatrix(store.pool, { asOf, keys });
    const rows = await store.pool.read<{ userId: string; numbers: (number | null)[] }>(
      `select user_id as "userId", numbers from user_metric where numbers[(select slot + 1 from tag where key = 'events_total')] > 0 order by user_id`,
    );
    expect(userIds.length).toBe(readReference("online_retail").at["2011-08-01"]!.exact.users_before_T);
    expect(rows.map(({ userId }) => Number(userId))).toEqual([...userIds]);
    for (const [row, { numbers }] of rows.entries())
      expect(numbers).toEqual(columns.map((column) => (Number.isNaN(column[row]) ? null : column[row])));
  });

  test("a key that is no computed tag is refused by its name", async () => {
    await expect(tagMatrix(store.pool, { asOf: new Date(), keys: ["events_7d", "vip"] })).rejects.toMatchObject({
      code: "UNKNOWN_TAG",
    });
  });
});
