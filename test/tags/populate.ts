import { copyIn } from "../../src/store/copy.js";
import type { Store } from "../../src/store/store.js";
import type { Histories } from "../../src/tags/history.js";
import { TYPES } from "./real.js";

/** Writes histories into a store as they are: user ids and type ids of their own, external ids "1", "2" ... unless given. */
export async function populate(store: Store, histories: Histories, externalIds?: readonly string[]): Promise<void> {
  await store.pool.transaction(async ({ client }) => {
    await client.query("insert into source (id, key) values (1, 'test') on conflict do nothing");
    await client.query("delete from event_type");
    for (const { id, key, kind } of TYPES)
      await client.query("insert into event_type (id, key, name, kind) values ($1, $2, $2, $3)", [id, key, kind]);
    const { userIds, offsets, at } = histories;
    const now = Date.UTC(2026, 0, 1);
    const activity = (user: number) => {
      let first = Number.NaN;
      let last = Number.NaN;
      for (let event = offsets[user]!; event < offsets[user + 1]!; event++) {
        if (histories.typeIds[event]! > 2) continue;
        if (Number.isNaN(first)) first = at[event]!;
        last = at[event]!;
      }
      return { first, last };
    };
    await copyIn(client, "app_user (id, first_seen_at, last_seen_at, created_at, updated_at)", userIds.length, (row, user) => {
      row.int8(userIds[user]!);
      row.epochMs(activity(user).first);
      row.epochMs(activity(user).last);
      row.epochMs(now);
      row.epochMs(now);
    });
    await copyIn(client, "user_identity (external_id, source_id, user_id)", userIds.length, (row, user) => {
      row.text(externalIds?.[user] ?? String(userIds[user]));
      row.int4(1);
      row.int8(userIds[user]!);
    });
    await copyEvents(client, histories, 0);
  });
}

export async function addEvents(store: Store, histories: Histories, firstId: number): Promise<void> {
  await store.pool.transaction(({ client }) => copyEvents(client, histories, firstId));
}

/** The numbers of the events that come through the doors go on after these. */
const BLOCK = 1_000;

type Client = Parameters<typeof copyIn>[0];

async function copyEvents(client: Client, histories: Histories, firstId: number): Promise<void> {
  const { userIds, offsets, at, typeIds, amounts, categoryOffsets, categories } = histories;
  await client.query("select setval('event_number', greatest(nextval('event_number'), $1::bigint))", [
    (Math.ceil((firstId + at.length) / BLOCK) + 1) * BLOCK + 1,
  ]);
  const userOf = new Float64Array(at.length);
  for (let user = 0; user < userIds.length; user++) userOf.fill(userIds[user]!, offsets[user]!, offsets[user + 1]!);
  await copyIn(
    client,
    "event (user_id, occurred_at, id, type_id, source_id, amount, category_ids, received_at)",
    at.length,
    (row, event) => {
      row.int8(userOf[event]!);
      row.epochMs(at[event]!);
      row.int8(firstId + event);
      row.int4(typeIds[event]!);
      row.int4(1);
      row.money(amounts[event]!);
      const from = categoryOffsets[event]!;
      const to = categoryOffsets[event + 1]!;
      row.int4s(from === to ? null : categories.subarray(from, to));
      row.epochMs(at[event]!);
    },
  );
}
