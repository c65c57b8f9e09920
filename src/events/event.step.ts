import { makeUsers } from "../people/identify.step.js";
import { markUsers } from "../people/mark.step.js";
import { numberArray, textArray } from "../store/arrays.js";
import { copyIn } from "../store/copy.js";
import type { Transaction } from "../store/pool.js";
import { byUserAndTime, type DayColumns, distinctUsers, type EventBatch, rollUp, seenSpans, withoutRepeats } from "./batch.js";

export interface StoredEvents {
  readonly accepted: number;
  readonly duplicates: number;
  /** The rows that were new. */
  readonly taken: Uint32Array;
}

export interface StoreEventsOptions {
  readonly now: Date;
  /** The types whose events say that the user was active. */
  readonly activityTypes: ReadonlySet<number>;
  /** Users whose identities were made in this transaction and whose rows are to be made here. */
  readonly created: Iterable<string>;
  /** Try without looking for duplicates first, and look only when one is met: a first import is then twice as fast. */
  readonly expectNew?: boolean;
}

/**
 * Writes a batch of events with all that must never differ from them: the roll-up, first and last seen, and the marks. The marks
 * come first and lock the users, so that what is found to be new stays new until the commit.
 */
export async function storeEvents(
  transaction: Transaction,
  batch: EventBatch,
  options: StoreEventsOptions,
): Promise<StoredEvents> {
  const order = byUserAndTime(batch);
  if (order.length === 0) return { accepted: 0, duplicates: 0, taken: order };
  const created = new Set(Array.from(options.created, Number));
  await markUsers(
    transaction,
    Array.from(order, (row) => batch.userIds[row]!),
    options.now,
  );
  const distinct = withoutRepeats(batch, order);
  const taken = await insertNew(transaction, batch, distinct, options);
  await addToDays(transaction, batch, taken, created);
  await widenSeen(transaction, batch, taken, created, options);
  return { accepted: taken.length, duplicates: order.length - taken.length, taken };
}

const UNIQUE_VIOLATION = "23505";

async function insertNew(
  transaction: Transaction,
  batch: EventBatch,
  rows: Uint32Array,
  { now, expectNew }: StoreEventsOptions,
): Promise<Uint32Array> {
  const ids = await eventNumbers(transaction, rows.length);
  if (expectNew) {
    await transaction.read("savepoint before_events");
    try {
      await copyEvents(transaction, batch, rows, ids, now);
      await transaction.read("release savepoint before_events");
      return rows;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION)) throw error;
      await transaction.read("rollback to savepoint before_events");
    }
  }
  const known = await knownRows(transaction, batch, rows);
  const fresh = known.size === 0 ? rows : rows.filter((row) => !known.has(row));
  await copyEvents(transaction, batch, fresh, ids, now);
  return fresh;
}

/** The rows whose event id the store has. One probe of the index per row, whatever the planner believes of the table's size. */
async function knownRows(transaction: Transaction, batch: EventBatch, rows: Uint32Array): Promise<Set<number>> {
  const named = Array.from(rows).filter((row) => batch.eventIds[row] !== null);
  if (named.length === 0) return new Set();
  const found = await transaction.read<{ at: number }>(
    `select (wanted.ordinality - 1)::int as at
     from unnest($1::bigint[], $2::int[], $3::text[]) with ordinality as wanted (user_id, source_id, event_id, ordinality)
     cross join lateral (
       select from event e where e.user_id = wanted.user_id and e.source_id = wanted.source_id and e.event_id = wanted.event_id limit 1
     ) known`,
    [
      numberArray(named.map((row) => batch.userIds[row]!)),
      numberArray(named.map((row) => batch.sourceIds[row]!)),
      textArray(named.map((row) => batch.eventIds[row]!)),
    ],
  );
  return new Set(found.map(({ at }) => named[at]!));
}

const BLOCK = 1_000;

/** Numbers for events: the sequence gives the first of a block of 1,000, so that a batch costs one short answer. */
async function eventNumbers(transaction: Transaction, count: number): Promise<(index: number) => number> {
  const rows = await transaction.read<{ first: string }>(
    "select nextval('event_number') as first from generate_series(1, $1::int)",
    [Math.max(1, Math.ceil(count / BLOCK))],
  );
  const firsts = rows.map(({ first }) => Number(first));
  return (index) => firsts[Math.floor(index / BLOCK)]! + (index % BLOCK);
}

async function copyEvents(
  { client }: Transaction,
  batch: EventBatch,
  rows: Uint32Array,
  idOf: (index: number) => number,
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const receivedAt = now.getTime();
  await copyIn(
    client,
    "event (user_id, occurred_at, id, type_id, source_id, event_id, amount, category_ids, channel, properties, received_at)",
    rows.length,
    (to, index) => {
      const row = rows[index]!;
      to.int8(batch.userIds[row]!);
      to.epochMs(batch.at[row]!);
      to.int8(idOf(index));
      to.int4(batch.typeIds[row]!);
      to.int4(batch.sourceIds[row]!);
      to.text(batch.eventIds[row]!);
      to.money(batch.amounts[row]!);
      to.int4s(batch.categoryIds[row]!);
      to.text(batch.channels[row]!);
      to.json(batch.properties[row]);
      to.epochMs(receivedAt);
    },
  );
}

/**
 * Adds the new events to the roll-up. Days after the last one that a user has are new for certain, as long as the user is
 * locked, and go straight in (5 microseconds of Postgres a row against 10); only the others are added to what is there.
 */
async function addToDays(
  transaction: Transaction,
  batch: EventBatch,
  rows: Uint32Array,
  created: ReadonlySet<number>,
): Promise<void> {
  if (rows.length === 0) return;
  const days = rollUp(batch, rows);
  const lastDays = await lastDaysOf(
    transaction,
    distinctUsers(days.userIds).filter((user) => !created.has(user)),
  );
  const fresh: number[] = [];
  const known: number[] = [];
  for (let at = 0; at < days.userIds.length; at++) {
    const last = lastDays.get(days.userIds[at]!);
    if (last === undefined || days.days[at]! > last) fresh.push(at);
    else known.push(at);
  }
  await copyDays(transaction, "event_day", days, fresh);
  if (known.length === 0) return;
  await transaction.read("create temp table if not exists event_day_stage (like event_day) on commit delete rows");
  await copyDays(transaction, "event_day_stage", days, known);
  await transaction.run(
    `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
     select user_id, day, type_id, events, amount, first_at, last_at from event_day_stage
     on conflict (user_id, day, type_id) do update set events = event_day.events + excluded.events, amount = event_day.amount + excluded.amount,
       first_at = least(event_day.first_at, excluded.first_at), last_at = greatest(event_day.last_at, excluded.last_at)`,
  );
}

/** The last day of the roll-up of each user that has one, in days since 1970. */
async function lastDaysOf(transaction: Transaction, users: readonly number[]): Promise<Map<number, number>> {
  if (users.length === 0) return new Map();
  const rows = await transaction.read<{ user: number; day: number }>(
    `select wanted.user_id::float8 as "user", (last.day - date '1970-01-01')::int as day
     from unnest($1::bigint[]) as wanted (user_id)
     cross join lateral (select d.day from event_day d where d.user_id = wanted.user_id order by d.day desc limit 1) last`,
    [numberArray(users)],
  );
  return new Map(rows.map(({ user, day }) => [user, day]));
}

async function copyDays({ client }: Transaction, table: string, days: DayColumns, places: readonly number[]): Promise<void> {
  if (places.length === 0) return;
  await copyIn(client, `${table} (user_id, day, type_id, events, amount, first_at, last_at)`, places.length, (to, index) => {
    const at = places[index]!;
    to.int8(days.userIds[at]!);
    to.day(days.days[at]!);
    to.int4(days.typeIds[at]!);
    to.int4(days.events[at]!);
    to.money(days.amounts[at]!);
    to.epochMs(days.firstAt[at]!);
    to.epochMs(days.lastAt[at]!);
  });
}

/** Makes the rows of created users with what is known of their activity, and widens that of the others. */
async function widenSeen(
  transaction: Transaction,
  batch: EventBatch,
  rows: Uint32Array,
  created: ReadonlySet<number>,
  { now, activityTypes }: StoreEventsOptions,
): Promise<void> {
  const spans = seenSpans(batch, rows, activityTypes);
  const made = { userIds: [...created], firstAt: [] as number[], lastAt: [] as number[] };
  const known: number[] = [];
  const spanOf = new Map<number, number>();
  for (let at = 0; at < spans.userIds.length; at++) {
    if (created.has(spans.userIds[at]!)) spanOf.set(spans.userIds[at]!, at);
    else known.push(at);
  }
  for (const user of made.userIds) {
    const at = spanOf.get(user);
    made.firstAt.push(at === undefined ? Number.NaN : spans.firstAt[at]!);
    made.lastAt.push(at === undefined ? Number.NaN : spans.lastAt[at]!);
  }
  if (made.userIds.length > 0) await makeUsers(transaction, made, now);
  if (known.length === 0) return;
  await transaction.read(
    `update app_user u set first_seen_at = least(u.first_seen_at, v.first_at), last_seen_at = greatest(u.last_seen_at, v.last_at), updated_at = $4
     from (select user_id, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000) from unnest($1::bigint[], $2::float8[], $3::float8[]) as s (user_id, first_ms, last_ms)) as v (user_id, first_at, last_at)
     where u.id = v.user_id
       and (u.first_seen_at is null or v.first_at < u.first_seen_at or u.last_seen_at is null or v.last_at > u.last_seen_at)`,
    [
      numberArray(known.map((at) => spans.userIds[at]!)),
      numberArray(known.map((at) => spans.firstAt[at]!)),
      numberArray(known.map((at) => spans.lastAt[at]!)),
      now,
    ],
  );
}
