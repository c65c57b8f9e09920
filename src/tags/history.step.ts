import { numberArray } from "../store/arrays.js";
import { copyIn, integers } from "../store/copy.js";
import type { Pool, Transaction } from "../store/pool.js";
import { type BatchOfUsers, batchOf } from "./batch.js";
import type { Histories } from "./history.js";
import { copyHistories, type ReadHistories } from "./history.loader.js";
import { HistoryPacker } from "./history-pack.js";

/**
 * All events of a batch of users, those of after the instant that is computed among them; packs what was not yet packed. The users are
 * locked by their marks, so that no merge comes between.
 */
export async function carryHistories(transaction: Transaction, batch: BatchOfUsers): Promise<Histories> {
  const read = await copyHistories(transaction, batch, null);
  await writePacks(transaction, batch, read);
  return read.histories;
}

/** A history that is larger is packed anew only once a sixteenth has come to it: what came since is read beside it. */
const LARGE_BYTES = 65_536;
const LARGE_SHARE = 16;
const EVENT_BYTES = 14;

async function writePacks(
  transaction: Transaction,
  { userIds }: BatchOfUsers,
  { histories, lastIds, recent, packedBytes }: ReadHistories,
): Promise<void> {
  const changed = [...lastIds.keys()].filter(
    (place) =>
      recent[place]! > 0 &&
      (packedBytes[place]! < LARGE_BYTES || recent[place]! * EVENT_BYTES * LARGE_SHARE > packedBytes[place]!),
  );
  if (changed.length === 0) return;
  const replaced = changed.filter((place) => packedBytes[place]! >= 0);
  if (replaced.length > 0)
    await transaction.read("delete from user_history where user_id = any($1::bigint[])", [
      numberArray(replaced.map((place) => userIds[place]!)),
    ]);
  const packer = new HistoryPacker();
  await copyIn(transaction.client, "user_history (user_id, last_event_id, events)", changed.length, (row, index) => {
    const place = changed[index]!;
    row.int8(userIds[place]!);
    row.int8(lastIds[place]!);
    row.bytes(packer.pack(histories, place));
  });
}

/** Users packed in one transaction: their events lie all over the heap, and are read with one walk over it. */
const BLOCK_USERS = 100_000;
/** Some 100 bytes each. */
const BLOCK_EVENTS = 5_000_000;
/** Of fewer the batches pack by themselves. */
const FEWEST_USERS = 20_000;

/**
 * Packs the histories of marked users that were never packed, ahead of their being carried forward, where there are many of them: a first
 * import's. In batches of 10,000 the events of 1M users take three times as long to read, since each batch probes nearly the whole heap.
 */
export async function packAhead(pool: Pool): Promise<void> {
  let after = "-1";
  for (;;) {
    // Who is packed already is found by reading the whole table: 80 ms at 200,000 users, which few marks must not cost.
    const marked = await pool.read("select from user_change where user_id > $1 limit $2", [after, FEWEST_USERS]);
    if (marked.length < FEWEST_USERS) return;
    const claimed = await pool.transaction(async (transaction) => {
      const rows = await transaction.read<{ userId: string }>(
        `select c.user_id as "userId" from user_change c
         where c.user_id > $1 and not exists (select from user_history h where h.user_id = c.user_id)
         order by c.user_id limit ${BLOCK_USERS} for update of c skip locked`,
        [after],
      );
      const userIds = rows.map(({ userId }) => userId);
      const block = userIds.slice(0, await usersWithin(transaction, userIds, BLOCK_EVENTS));
      if (block.length < FEWEST_USERS) return [];
      await carryHistories(transaction, batchOf(block, integers));
      return block;
    });
    if (claimed.length === 0) return;
    after = claimed.at(-1)!;
  }
}

const SAMPLE_USERS = 500;

/** How many of the users have so many events together, going by some of them. */
async function usersWithin(transaction: Transaction, userIds: readonly string[], events: number): Promise<number> {
  const every = Math.ceil(userIds.length / SAMPLE_USERS);
  const sample = userIds.filter((_, place) => place % every === 0);
  const [row] = await transaction.read<{ events: number }>(
    "select coalesce(sum(events), 0)::float8 as events from event_day where user_id = any($1::bigint[])",
    [numberArray(sample)],
  );
  return Math.floor((events * sample.length) / Math.max(1, row!.events));
}
