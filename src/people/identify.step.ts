import { assert } from "../errors.js";
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
 */
export async function resolveUsers(transaction: Transaction, identities: Identities, now: Date): Promise<ResolvedUsers> {
  const { externalIds, sourceIds } = identities;
  if (externalIds.length === 0) return { ids: [], createdCount: 0, createdIds: new Set() };
  const unique = new Map<string, number>();
  const keys = externalIds.map((externalId, row) => {
    const key = `${sourceIds[row]} ${externalId}`;
    if (!unique.has(key)) unique.set(key, row);
    return key;
  });
  const found = new Map<string, string>();
  const missing = () => [...unique].filter(([key]) => !found.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = [...unique.values()];
  await find(
    transaction,
    wanted.map((row) => externalIds[row]!),
    wanted.map((row) => sourceIds[row]!),
    found,
  );
  const created = new Set<string>();
  const absent = missing();
  if (absent.length > 0) {
    const rows = absent.map(([, row]) => row);
    const numbers = await nextUserNumbers(transaction, rows.length);
    const inserted = await transaction.read<IdentityRow>(
      `insert into user_identity (external_id, source_id, user_id) select * from unnest($1::text[], $2::int[], $3::bigint[])
       on conflict (external_id, source_id) do nothing returning external_id as "externalId", source_id as "sourceId", user_id as "userId"`,
      [rows.map((row) => externalIds[row]!), rows.map((row) => sourceIds[row]!), numbers],
    );
    keep(inserted, found);
    for (const { userId } of inserted) created.add(userId);
    await transaction.read(
      "insert into app_user (id, created_at, updated_at) select id, $2, $2 from unnest($1::bigint[]) as id",
      [[...created], now],
    );
    // What another writer made meanwhile: it has committed by now, so a fresh statement sees it.
    const others = missing().map(([, row]) => row);
    if (others.length > 0)
      await find(
        transaction,
        others.map((row) => externalIds[row]!),
        others.map((row) => sourceIds[row]!),
        found,
      );
  }
  const ids = keys.map((key) => {
    const id = found.get(key);
    assert(id !== undefined, "every identity is found or made");
    return id;
  });
  return { ids, createdCount: created.size, createdIds: created };
}

interface IdentityRow {
  readonly externalId: string;
  readonly sourceId: number;
  readonly userId: string;
}

async function find(session: Session, externalIds: string[], sourceIds: number[], into: Map<string, string>): Promise<void> {
  const rows = await session.read<IdentityRow>(
    `select i.external_id as "externalId", i.source_id as "sourceId", i.user_id as "userId"
     from unnest($1::text[], $2::int[]) as wanted (external_id, source_id)
     join user_identity i on i.external_id = wanted.external_id and i.source_id = wanted.source_id`,
    [externalIds, sourceIds],
  );
  keep(rows, into);
}

function keep(rows: readonly IdentityRow[], into: Map<string, string>): void {
  for (const { sourceId, externalId, userId } of rows) into.set(`${sourceId} ${externalId}`, userId);
}

async function nextUserNumbers(session: Session, count: number): Promise<string[]> {
  const rows = await session.read<{ id: string }>("select nextval('user_number') as id from generate_series(1, $1::int)", [
    count,
  ]);
  return rows.map(({ id }) => id);
}
