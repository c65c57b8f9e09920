import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { integers } from "../../src/store/copy.js";
import { batchOf } from "../../src/tags/batch.js";
import { type Histories, HistoryWriter, historiesOf } from "../../src/tags/history.js";
import { readHistories, streamHistories } from "../../src/tags/history.loader.js";
import { carryHistories } from "../../src/tags/history.step.js";
import { openTestStore, type TestStore } from "../database.js";
import { addEvents, populate } from "./populate.js";
import { dataIsAbsent, readReal } from "./real.js";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

function plain(histories: Histories) {
  return Object.fromEntries(Object.entries(histories).map(([name, column]) => [name, Array.from(column as Float64Array)]));
}

describe.skipIf(dataIsAbsent)("histories of Online Retail", () => {
  const everything = new Date("2012-01-01");
  const { histories } = dataIsAbsent ? { histories: new HistoryWriter(0).finish() } : readReal("online_retail");
  beforeAll(() => populate(store, histories));

  async function pack(userIds: readonly string[]): Promise<void> {
    await store.pool.transaction((transaction) => carryHistories(transaction, batchOf(userIds, integers)));
  }

  async function streamed(before: Date, chunkUsers: number): Promise<Histories[]> {
    const chunks: Histories[] = [];
    for await (const chunk of streamHistories(store.pool, { before, chunkUsers })) chunks.push(chunk);
    return chunks;
  }

  test("come back as they were written, in chunks of users", async () => {
    const chunks = await streamed(everything, 1_000);
    expect(chunks.map(({ userIds }) => userIds.length)).toEqual([1000, 1000, 1000, 1000, 338]);
    expect(plain((await streamed(everything, 10_000))[0]!)).toEqual(plain(histories));
  });

  test("are the same for a few users, for many, and in the order that was asked for", async () => {
    const before = new Date("2011-06-01");
    const known = (await streamed(before, 10_000))[0]!;
    const places = Array.from({ length: 400 }, (_, i) => (i * 797) % known.userIds.length);
    const userIds = places.map((place) => String(known.userIds[place]));
    const many = await store.pool.transaction((transaction) => readHistories(transaction, userIds, before));
    expect(plain(many)).toEqual(plain(historiesOf(known, places)));
    expect(plain(await readHistories(store.pool, userIds, before))).toEqual(plain(many));
  });

  test("are the same out of packed histories, whether all, some or none of a user's events are packed", async () => {
    const before = new Date("2011-06-01");
    const userIds = Array.from(histories.userIds, String);
    const places = [...userIds.keys()];
    const unpacked = (await streamed(before, 10_000))[0]!;
    const raw = await store.pool.transaction((transaction) => readHistories(transaction, userIds, before));
    const [middle] = await store.pool.read<{ id: string }>(
      "select percentile_disc(0.5) within group (order by id)::text as id from event",
    );
    await store.pool.run("create table later as select * from event where id > $1 or user_id % 3 = 0", [middle!.id]);
    await store.pool.run("delete from event where id in (select id from later)");
    await pack(userIds.filter((_, place) => place % 5 !== 0));
    await store.pool.run("insert into event select * from later");
    const some = userIds.filter((_, place) => place % 7 === 0).slice(0, 150);
    const same = async () => {
      expect(plain(await store.pool.transaction((transaction) => readHistories(transaction, userIds, before)))).toEqual(
        plain(raw),
      );
      const few = historiesOf(raw, places.filter((place) => place % 7 === 0).slice(0, 150));
      expect(plain(await readHistories(store.pool, some, before))).toEqual(plain(few));
    };
    await same();
    await pack(userIds);
    await same();
    expect(plain((await streamed(before, 10_000))[0]!)).toEqual(plain(unpacked));
    expect((await store.pool.read<{ n: number }>("select count(*)::int as n from user_history"))[0]!.n).toBe(userIds.length);
  });

  test("of users without events are empty", async () => {
    const nobody = ["999999999", "1", "999999998"];
    const { userIds, offsets } = await readHistories(store.pool, nobody, everything);
    expect([...userIds]).toEqual([999_999_999, 1, 999_999_998]);
    expect([offsets[1], offsets[3]! - offsets[2]!]).toEqual([0, 0]);
  });

  test("an event exactly at the instant is in the future", async () => {
    const at = new Date(histories.at[0]!);
    const { offsets } = await readHistories(store.pool, ["1"], at);
    expect(offsets[1]).toBe(0);
  });

  test("a reader that stops early leaves the connection of use", async () => {
    for await (const chunk of streamHistories(store.pool, { before: everything, chunkUsers: 100 })) {
      expect(chunk.userIds.length).toBe(100);
      break;
    }
    expect((await store.pool.read<{ one: number }>("select 1 as one"))[0]!.one).toBe(1);
  });
});

test("a long history is packed anew only once much has come to it, and is read whole in between", async () => {
  const user = 5_000_000;
  const batch = batchOf([String(user)], integers);
  let count = 0;
  const add = async (events: number) => {
    const writer = new HistoryWriter(1);
    writer.user(user);
    for (let event = 0; event < events; event++) writer.event(Date.UTC(2024, 0, 1) + 1_000_000 * ++count, 1, 10_000);
    await addEvents(store, writer.finish(), 100_000_000 + count - events);
    const { offsets } = await store.pool.transaction((transaction) => carryHistories(transaction, batch));
    expect(offsets[1]).toBe(count);
    expect((await readHistories(store.pool, [String(user)], new Date("2030-01-01"))).offsets[1]).toBe(count);
    const [packed] = await store.pool.read<{ last: string }>(
      `select last_event_id::text as last from user_history where user_id = ${user}`,
    );
    return packed!.last;
  };
  const first = await add(9_000);
  expect(await add(10)).toBe(first);
  expect(await add(600)).not.toBe(first);
});
