import { copyOut, instant, integers } from "../store/copy.js";
import type { CopyRow } from "../store/copy-row.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { type BatchOfUsers, batchOf } from "./batch.js";
import { EventPile } from "./event-pile.js";
import { asksOfUsers, type Needs, NO_NEEDS } from "./facts.js";
import { withFacts } from "./facts.loader.js";
import { type Histories, HistoryWriter, historiesOf } from "./history.js";
import { epochMs, HistoryJoiner } from "./history-pack.js";

/** Users of one chunk: its columns (some 100 of them) stay within the processor's cache. */
const CHUNK_USERS = 4_096;
/** From this number of users on, COPY is faster than one row of JSON per user. */
const COPY_FROM_USERS = 200;

const COLUMNS = "user_id, occurred_at, type_id, amount, category_ids";

/** The events before an instant of given users, in their order; a user without events has an empty history. One statement, of many users three. */
export async function readHistories(
  session: Session | Transaction,
  userIds: readonly string[],
  before: Date,
): Promise<Histories> {
  if ("client" in session && userIds.length >= COPY_FROM_USERS)
    return (await copyHistories(session, batchOf(userIds, integers), before)).histories;
  const rows = await session.read<{ userId: string; packed: Buffer | null; events: SentEvent[] | null }>(
    `select u.user_id as "userId", h.events as packed, (
       select json_agg(json_build_array((extract(epoch from occurred_at) * 1000000)::bigint - 946684800000000, type_id, (amount * 10000)::bigint, category_ids) order by occurred_at, id)
       from event e where e.user_id = u.user_id and e.id > coalesce(h.last_event_id, -1) and e.occurred_at < $2) as events
     from unnest($1::bigint[]) with ordinality as u (user_id, place) left join user_history h on h.user_id = u.user_id order by u.place`,
    [userIds, before],
  );
  const writer = new HistoryWriter(userIds.length);
  const recent = new HistoryWriter(userIds.length);
  for (const { userId, events } of rows) {
    recent.user(Number(userId));
    for (const [micros, typeId, amount, categories] of events ?? []) {
      recent.event(epochMs(micros), typeId, amount ?? Number.NaN);
      for (const category of categories ?? []) recent.category(category);
    }
  }
  const joiner = new HistoryJoiner(recent.finish(), before.getTime());
  for (const [place, { packed }] of rows.entries()) joiner.join(packed, place, writer);
  return writer.finish();
}

/** Microseconds since 2000, type, amount in 1e-4, categories. */
type SentEvent = [number, number, number | null, number[] | null];

/**
 * The histories of everybody who has an event before an instant, in the order of their ids, in chunks of at most so many users.
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
  const [known] = await pool.read<{ packed: number; users: number }>(
    "select (select count(*) from user_history)::float8 as packed, (select count(*) from app_user)::float8 as users",
  );
  const read = known!.packed >= PACKED_SHARE * known!.users ? chunksOfPacks : chunksOfEvents;
  for await (const chunk of readAhead(pool, (transaction, emit) => read(transaction, { before, chunkUsers, everybody }, emit)))
    yield await withFacts(pool, chunk, needs);
}

interface Streamed {
  readonly before: Date;
  readonly chunkUsers: number;
  readonly everybody: boolean;
}

/** From this share on, the few others cost less to probe for than all events to bring into one order. */
const PACKED_SHARE = 0.9;

/** Takes a chunk; the promise resolves when another one is wanted. */
type Emit = (chunk: Histories) => Promise<void> | undefined;

/** Lets a reader work in a transaction of its own while its chunks are worked on: one is read ahead. */
async function* readAhead(pool: Pool, read: (transaction: Transaction, emit: Emit) => Promise<void>): AsyncGenerator<Histories> {
  const ready: Histories[] = [];
  let wake = () => {};
  let taken = () => {};
  let stopped = false;
  let failure: unknown;
  let done = false;
  const emit: Emit = (chunk) => {
    if (stopped) throw new Stopped();
    ready.push(chunk);
    wake();
    return ready.length > 1 ? new Promise<void>((go) => (taken = go)) : undefined;
  };
  const reading = pool
    .transaction((transaction) => read(transaction, emit))
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
        yield chunk;
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

/** Where few are packed, as before a first refresh: the server brings all events into one order. */
async function chunksOfEvents({ client }: Transaction, { before, chunkUsers, everybody }: Streamed, emit: Emit): Promise<void> {
  let writer = new HistoryWriter(chunkUsers);
  let wanted: Promise<void> | undefined;
  const begin = (userId: number) => {
    if (writer.users === chunkUsers) {
      wanted = emit(writer.finish());
      writer = new HistoryWriter(chunkUsers, chunkUsers * 16);
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
      wanted = undefined;
      row(event);
      return wanted;
    },
  );
  beginSilent(Number.POSITIVE_INFINITY);
  if (writer.users > 0) await emit(writer.finish());
}

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

/** All of one moment, so that nobody who is merged meanwhile is met twice. */
async function chunksOfPacks(transaction: Transaction, { before, chunkUsers, everybody }: Streamed, emit: Emit): Promise<void> {
  await transaction.run("set transaction isolation level repeatable read, read only");
  for (let after = "-1"; ; ) {
    const rows = await transaction.read<{ id: string; isKnown: boolean | null }>(
      `select id, first_seen_at < $3 as "isKnown" from app_user where id > $1 order by id limit $2`,
      [after, chunkUsers, before],
    );
    if (rows.length === 0) return;
    const batch = batchOf(
      rows.map(({ id }) => id),
      integers,
    );
    const { histories } = await copyHistories(transaction, batch, before);
    const { offsets } = histories;
    const chosen = [...rows.keys()].filter(
      (user) => offsets[user]! < offsets[user + 1]! || (everybody && rows[user]!.isKnown === true),
    );
    if (chosen.length > 0) await emit(chosen.length === rows.length ? histories : historiesOf(histories, chosen));
    after = rows.at(-1)!.id;
  }
}

class Stopped extends Error {}

/** Histories, and what of them is not yet packed. */
export interface ReadHistories {
  readonly histories: Histories;
  /** By the users' places, the number of the last event that is not in the packed history; -1: none. */
  readonly lastIds: Float64Array;
  /** By the users' places, how many there are. */
  readonly recent: Int32Array;
  /** By the users' places, the bytes of the packed history; -1: none. */
  readonly packedBytes: Int32Array;
}

/**
 * The packed histories of a batch, what came after them, and all events of those who have none. `before` null: all events, the future ones
 * of an earlier instant among them.
 */
export async function copyHistories({ client }: Transaction, batch: BatchOfUsers, before: Date | null): Promise<ReadHistories> {
  const users = batch.userIds.length;
  const packs = new Array<Uint8Array | null>(users).fill(null);
  const packedBytes = new Int32Array(users).fill(-1);
  const packedIds: string[] = [];
  const packedLast: number[] = [];
  await copyOut(client, `select user_id, last_event_id, events from user_history where ${batch.condition("user_id")}`, (row) => {
    const place = batch.placeOf(row.int8(0));
    if (place < 0) return;
    packs[place] = row.bytes(2);
    packedBytes[place] = packs[place].length;
    packedIds.push(batch.userIds[place]!);
    packedLast.push(row.int8(1));
  });
  const others = batch.userIds.filter((_, place) => packedBytes[place] === -1);
  const pile = new EventPile(batch.userIds, others.length * 16);
  const take = (row: CopyRow) => {
    const place = batch.placeOf(row.int8(0));
    if (place < 0) return;
    pile.event(place, epochMs(row.int8(1)), row.int8(5), row.int4(2), row.money(3));
    const count = row.count(4);
    if (count > 0) pile.categories(count, (into, offset) => row.int4s(4, into, offset));
  };
  const early = before ? `and occurred_at < ${instant(before)}` : "";
  if (packedIds.length > 0)
    await copyOut(
      client,
      // One probe of the key per user, whatever the planner believes of the tables' sizes: it holds the number, so that old events are passed over in it.
      `select w.user_id, e.* from unnest(${integers(packedIds)}, ${integers(packedLast)}) as w (user_id, last_event_id)
       cross join lateral (select occurred_at, type_id, amount, category_ids, id from event where user_id = w.user_id and id > w.last_event_id ${early} offset 0) e`,
      take,
    );
  if (others.length > 0)
    await copyOut(
      client,
      `select user_id, occurred_at, type_id, amount, category_ids, id from event where ${batchOf(others, integers).condition("user_id")} ${early}`,
      take,
    );
  const writer = new HistoryWriter(users, pile.size + users * 16);
  const news = pile.finish();
  const joiner = new HistoryJoiner(news, before?.getTime() ?? Number.POSITIVE_INFINITY);
  for (let place = 0; place < users; place++) joiner.join(packs[place]!, place, writer);
  const recent = new Int32Array(users).map((_, place) => news.offsets[place + 1]! - news.offsets[place]!);
  return { histories: writer.finish(), lastIds: pile.lastIds, recent, packedBytes };
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
