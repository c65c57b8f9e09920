import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveUsers } from "../../src/people/identify.step.js";
import { markUsers } from "../../src/people/mark.step.js";
import { resolveSources } from "../../src/people/source.step.js";
import { openTestStore, type TestStore } from "../database.js";

const now = new Date("2011-09-10T00:00:00Z");
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

test("the same external id twice is one user, the same id of another source another one", async () => {
  const sources = await resolveSources(store.pool, ["shop", "app"]);
  const [shop, app] = [sources.get("shop")!, sources.get("app")!];
  const first = await store.pool.transaction((tx) =>
    resolveUsers(tx, { externalIds: ["a", "b", "a", "a"], sourceIds: [shop, shop, shop, app] }, now),
  );
  expect(first.createdCount).toBe(3);
  expect(first.ids[0]).toBe(first.ids[2]);
  expect(new Set(first.ids).size).toBe(3);
  const again = await store.pool.transaction((tx) => resolveUsers(tx, { externalIds: ["b", "a"], sourceIds: [shop, shop] }, now));
  expect(again).toMatchObject({ ids: [first.ids[1], first.ids[0]], createdCount: 0 });
});

test("writers of the same new ids at once make each user once and do not lock each other out", async () => {
  const source = (await resolveSources(store.pool, ["crowd"])).get("crowd")!;
  const externalIds = Array.from({ length: 2_000 }, (_, i) => `user ${i}`);
  const orders = [
    externalIds,
    externalIds.toReversed(),
    externalIds.toSorted((a, b) => a.at(-1)!.localeCompare(b.at(-1)!)),
    externalIds,
  ];
  const results = await Promise.all(
    orders.map((ids) =>
      store.pool.transaction(async (tx) => {
        const resolved = await resolveUsers(tx, { externalIds: ids, sourceIds: ids.map(() => source) }, now);
        await markUsers(tx, resolved.ids.toReversed(), now);
        return new Map(ids.map((id, row) => [id, resolved.ids[row]!]));
      }),
    ),
  );
  for (const result of results) expect(result).toEqual(new Map(externalIds.map((id) => [id, results[0]!.get(id)!])));
  const [counts] = await store.pool.read<{ identities: number; users: number; orphans: number }>(
    `select (select count(*)::int from user_identity where source_id = $1) as identities,
       (select count(distinct user_id)::int from user_identity where source_id = $1) as users,
       (select count(*)::int from app_user u where not exists (select from user_identity i where i.user_id = u.id)) as orphans`,
    [source],
  );
  expect(counts).toEqual({ identities: 2_000, users: 2_000, orphans: 0 });
});

test("users of a call that fails are not kept", async () => {
  const source = (await resolveSources(store.pool, ["failing"])).get("failing")!;
  await expect(
    store.pool.transaction(async (tx) => {
      await resolveUsers(tx, { externalIds: ["gone"], sourceIds: [source] }, now);
      throw new Error("killed");
    }),
  ).rejects.toThrow("killed");
  expect(await store.pool.read("select from user_identity where source_id = $1", [source])).toEqual([]);
});
