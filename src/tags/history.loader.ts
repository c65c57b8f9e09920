import { copyOut, instant, integers } from "../store/copy.js";
import type { CopyRow } from "../store/copy-row.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { batchOf } from "./batch.js";
import { EventPile } from "./event-pile.js";
import { asksOfUsers, type Needs, NO_NEEDS } from "./facts.js";
import { withFacts } from "./facts.loader.js";
import { type Histories, HistoryWriter } from "./history.js";

/** Users of one chunk: its columns (some 100 of them) stay within the processor's cache. */
const CHUNK_USERS = 4_096;
/** From this number of users on, COPY is faster than one row of JSON per user. */
const COPY_FROM_USERS = 200;

const COLUMNS = "user_id, occurred_at, type_id, amount, category_ids";

/** The events before an instant of given users, in their order; a user without events has an empty history. One statement. */
export async function readHistories(
  session: Session | Transaction,
  userIds: readonly string[],
  before: Date,
): Promise<Histories> {
  if ("client" in session && userIds.length >= COPY_FROM_USERS) return copyHistories(session, userIds, before);
  const rows = await session.read<{ userId: string; events: [number, number, number | null, number[] | null][] }>(
    `select user_id as "userId", json_agg(json_build_array((extract(epoch from occurred_at) * 1000000)::bigint - 946684800000000, type_id, (amount * 10000)::bigint, category_ids) order by occurred_at, id) as events
     from event where user_id = any($1::bigint[]) and occurred_at < $2 group by user_id`,
    [userIds, before],
  );
  const eventsOf = new Map(rows.map(({ userId, events }) => [userId, events]));
  const writer = new HistoryWriter(userIds.length);
  for (const userId of userIds) {
    writer.user(Number(userId));
    for (const [micros, typeId, amount, categories] of eventsOf.get(userId) ?? []) {
      writer.event(epochMs(micros), typeId, amount ?? Number.NaN);
      for (const category of categories ?? []) writer.category(category);
    }
  }
  return writer.finish();
}

/**
 * The histories of everybody who has an event before an instant, in the order of their ids, in chunks.
 *
 * @param everybody whether who was known then without an event is among them, with an empty history; unless it is said, where the program
 *   asks of the users themselves
 */
export async function* streamHistories(
  pool: Pool,
  {
    before,
    chunkUsers = CHUNK_USERS,
    needs = NO_NEEDS,
    everybody = asksOfUsers(needs),
  }: { readonly before: Date; readonly chunkUsers?: number; readonly needs?: Needs; readonly everybody?: boolean },
): AsyncGenerator<Histories> {
  const ready: Histories[] = [];
  let wake = () => {};
  let taken = () => {};
  let stopped = false;
  let failure: unknown;
  let done = false;
  const reading = pool
    .transaction(async ({ client }) => {
      let writer = new HistoryWriter(chunkUsers);
      const begin = (userId: number) => {
        const full = writer.users === chunkUsers;
        if (full) {
          ready.push(writer.finish());
          writer = new HistoryWriter(chunkUsers, chunkUsers * 16);
          wake();
        }
        writer.user(userId);
        return writer;
      };
      const silent = everybody ? await usersWithoutEvents(client, before) : [];
      let next = 0;
      const beginSilent = (upTo: number) => {
        while (next < silent.length && silent[next]! < upTo) begin(silent[next++]!);
      };
      const row = rowInto((userId) => {
        beginSilent(userId);
        return begin(userId);
      });
      await copyOut(
        client,
        `select ${COLUMNS} from event where occurred_at < ${instant(before)} order by user_id, occurred_at, id`,
        (event) => {
          if (stopped) throw new Stopped();
          row(event);
          // One chunk is read ahead of the one being worked on.
          return ready.length > 1 ? new Promise<void>((go) => (taken = go)) : undefined;
        },
      );
      beginSilent(Number.POSITIVE_INFINITY);
      if (writer.users > 0) ready.push(writer.finish());
    })
    .catch((error: unknown) => {
      if (!(error instanceof Stopped)) failure = error;
    })
    .finally(() => {
      done = true;
      wake();
    });
  try {
    for (;;) {
      const chunk = ready.shift();
      if (chunk) {
        taken();
        yield await withFacts(pool, chunk, needs);
      } else if (done) break;
      else await new Promise<void>((go) => (wake = go));
    }
    if (failure) throw failure;
  } finally {
    stopped = true;
    taken();
    await reading;
  }
}

class Stopped extends Error {}

/** Who was known at an instant without an event before it, in the order of their ids. */
async function usersWithoutEvents(client: Transaction["client"], before: Date): Promise<number[]> {
  const ids: number[] = [];
  await copyOut(
    client,
    `select id from app_user u where first_seen_at < ${instant(before)}
       and not exists (select from event e where e.user_id = u.id and e.occurred_at < ${instant(before)}) order by id`,
    (row) => {
      ids.push(row.int8(0));
    },
  );
  return ids;
}

async function copyHistories({ client }: Transaction, userIds: readonly string[], before: Date): Promise<Histories> {
  const batch = batchOf(userIds, integers);
  const pile = new EventPile(userIds);
  await copyOut(
    client,
    `select user_id, occurred_at, type_id, amount, category_ids, id from event where ${batch.condition("user_id")} and occurred_at < ${instant(before)}`,
    (row) => {
      const place = batch.placeOf(row.int8(0));
      if (place < 0) return;
      pile.event(place, epochMs(row.int8(1)), row.int8(5), row.int4(2), row.money(3));
      const count = row.count(4);
      if (count > 0) pile.categories(count, (into, offset) => row.int4s(4, into, offset));
    },
  );
  return pile.finish();
}

/** Adds rows to histories; `begin` is told of every new user and says where its events go. */
function rowInto(begin: (userId: number) => HistoryWriter): (row: CopyRow) => void {
  let current = Number.NaN;
  let writer: HistoryWriter;
  let categories = new Int32Array(64);
  return (row) => {
    const userId = row.int8(0);
    if (userId !== current) {
      current = userId;
      writer = begin(userId);
    }
    writer.event(epochMs(row.int8(1)), row.int4(2), row.money(3));
    const count = row.count(4);
    if (count === 0) return;
    if (count > categories.length) categories = new Int32Array(count * 2);
    row.int4s(4, categories, 0);
    for (let place = 0; place < count; place++) writer.category(categories[place]!);
  };
}

/** From microseconds since 2000, the same way on both paths, so that not even a rounding differs. */
function epochMs(micros: number): number {
  return micros / 1000 + 946_684_800_000;
}
