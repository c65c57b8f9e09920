import { assert } from "../errors.js";
import { numberArray, textArray } from "../store/arrays.js";
import { copyIn } from "../store/copy.js";
import type { Session, Transaction } from "../store/pool.js";

/** One entry per row: who a source says it was. */
export interface Identities {
  readonly externalIds: readonly string[];
  readonly sourceIds: readonly number[];
}

export interface ResolvedUsers {
  /** The user of each row, in the rows' order. */
  readonly ids: string[];
  readonly createdCount: number;
  /** The users that were made by this call. */
  readonly createdIds: ReadonlySet<string>;
}

/**
 * Finds the users behind external ids and makes those that are new. Safe beside other writers of the same new ids: all insert
 * in one order, so they wait for one another instead of locking each other out, and the later one finds what the earlier made.
 * With `rows: "later"` the caller goes on to call `makeUsers` with what it knows of the created ones, in the same transaction.
 */
export async function resolveUsers(
  transaction: Transaction,
  identities: Identities,
  now: Date,
  { rows = "now" }: { readonly rows?: "now" | "later" } = {},
): Promise<ResolvedUsers> {
  const { externalIds, sourceIds } = identities;
  const places = new Map<string, number>();
  const unique: UniqueIdentities = { keys: [], externalIds: [], sourceIds: [], userIds: [] };
  const placeOfRow = externalIds.map((externalId, row) => {
    const key = `${sourceIds[row]} ${externalId}`;
    let place = places.get(key);
    if (place === undefined) {
      place = unique.keys.length;
      places.set(key, place);
      unique.keys.push(key);
      unique.externalIds.push(externalId);
      unique.sourceIds.push(sourceIds[row]!);
      unique.userIds.push(undefined);
    }
    return place;
  });
  await find(transaction, unique, missing(unique));
  const absent = missing(unique).sort((a, b) => (unique.keys[a]! < unique.keys[b]! ? -1 : 1));
  const createdIds = absent.length === 0 ? [] : await create(transaction, unique, absent);
  if (createdIds.length > 0 && rows === "now") await makeUsers(transaction, { userIds: createdIds.map(Number) }, now);
  // What another writer made meanwhile: it has committed by now, so a fresh statement sees it.
  if (createdIds.length < absent.length) await find(transaction, unique, missing(unique));
  const ids = placeOfRow.map((place) => {
    const id = unique.userIds[place];
    assert(id !== undefined, "every identity is found or made");
    return id;
  });
  return { ids, createdCount: createdIds.length, createdIds: new Set(createdIds) };
}

/** Users to be made, with the activity that is known of them; NaN for none. */
export interface NewUsers {
  readonly userIds: readonly number[];
  readonly firstAt?: readonly number[];
  readonly lastAt?: readonly number[];
}

/** Makes the rows of users whose identities were made in this transaction. */
export async function makeUsers({ client }: Transaction, { userIds, firstAt, lastAt }: NewUsers, now: Date): Promise<void> {
  const madeAt = now.getTime();
  await copyIn(client, "app_user (id, first_seen_at, last_seen_at, created_at, updated_at)", userIds.length, (to, at) => {
    to.int8(userIds[at]!);
    to.epochMs(firstAt?.[at] ?? null);
    to.epochMs(lastAt?.[at] ?? null);
    to.epochMs(madeAt);
    to.epochMs(madeAt);
  });
}

interface UniqueIdentities {
  readonly keys: string[];
  readonly externalIds: string[];
  readonly sourceIds: number[];
  readonly userIds: (string | undefined)[];
}

function missing({ userIds }: UniqueIdentities): number[] {
  const places: number[] = [];
  for (let place = 0; place < userIds.length; place++) if (userIds[place] === undefined) places.push(place);
  return places;
}

async function find(session: Session, unique: UniqueIdentities, places: readonly number[]): Promise<void> {
  if (places.length === 0) return;
  const rows = await session.read<{ at: number; userId: string }>(
    `select (wanted.ordinality - 1)::int as at, i.user_id as "userId"
     from unnest($1::text[], $2::int[]) with ordinality as wanted (external_id, source_id, ordinality)
     join user_identity i on i.external_id = wanted.external_id and i.source_id = wanted.source_id`,
    [textArray(places.map((place) => unique.externalIds[place]!)), numberArray(places.map((place) => unique.sourceIds[place]!))],
  );
  for (const { at, userId } of rows) unique.userIds[places[at]!] = userId;
}

/** Inserts the identities of places in one order for all writers; gives the users of those that no other writer had made meanwhile. */
async function create(session: Session, unique: UniqueIdentities, places: readonly number[]): Promise<string[]> {
  const numbers = await session.read<{ id: string }>("select nextval('user_number') as id from generate_series(1, $1::int)", [
    places.length,
  ]);
  const placeOf = new Map(numbers.map(({ id }, at) => [id, places[at]!]));
  const inserted = await session.read<{ userId: string }>(
    `insert into user_identity (external_id, source_id, user_id) select * from unnest($1::text[], $2::int[], $3::bigint[])
     on conflict (external_id, source_id) do nothing returning user_id as "userId"`,
    [
      textArray(places.map((place) => unique.externalIds[place]!)),
      numberArray(places.map((place) => unique.sourceIds[place]!)),
      numberArray(numbers.map(({ id }) => id)),
    ],
  );
  for (const { userId } of inserted) unique.userIds[placeOf.get(userId)!] = userId;
  return inserted.map(({ userId }) => userId);
}
