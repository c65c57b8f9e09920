import { registerVanishing } from "../people/merge.step.js";
import { numberArray } from "../store/arrays.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { readSetting, writeSetting } from "../store/setting.js";
import { registerTierFollower } from "../tiers/tier.step.js";
import { AHEAD, BAND_CUTS, CHUNK_USERS, chunkOf, FROM_WORDS, NOBODY, POPULATION, placeOf, wordsOf } from "./bitmap.js";

/**
 * The pipeline's last step: brings the bits of users to their rows, in the transaction that wrote those. Until then, and between a
 * writer's commit and this, its row in user_stale keeps its bits from counting.
 *
 * @param ahead whether the users stand at a later instant than `asOf`, so that some of their rows may not count at it yet
 */
export async function setBits(transaction: Transaction, userIds: readonly string[], asOf: Date, ahead = false): Promise<void> {
  if (userIds.length === 0) return;
  const ids = numberArray(userIds.map(Number));
  await lockChunks(transaction, "select id from unnest($1::bigint[]) as id", [ids]);
  await transaction.read(writeStatement(LISTED, sources(LISTED, ahead)), [ids, asOf, BAND_CUTS]);
}

// Who was merged into another, or erased, has no rows left.
registerVanishing((transaction, userIds, now) => setBits(transaction, userIds, now));

// A scheme that was saved moves everybody, outside of the pipeline.
registerTierFollower(async (transaction, schemeId) => {
  await lockChunks(transaction, "select id from app_user", []);
  await transaction.read(writeStatement(EVERYBODY, [tierSource("t.scheme_id = $1")], "s.leaf like 'tier:' || $1::int || ':%'"), [
    schemeId,
  ]);
});

/**
 * Makes all bits anew from the rows, chunk by chunk, beside running writers. Gives how many rows of bits were wrong or missing.
 * From the first time on segments are answered from bits.
 */
export async function rebuildBitmaps(
  pool: Pool,
  asOf: Date,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const chunks = await knownChunks(pool);
  let wrong = 0;
  for (const [done, chunk] of chunks.entries()) {
    report(done, chunks.length);
    wrong += await pool.transaction(async (transaction) => {
      const [from, to] = [chunk * CHUNK_USERS, (chunk + 1) * CHUNK_USERS];
      await lockChunks(transaction, "select $1::bigint as id", [from]);
      const { count } = await transaction.run(writeStatement(WHOLE_CHUNK, sources(WHOLE_CHUNK, true)), [
        [from, to],
        asOf,
        BAND_CUTS,
      ]);
      return count;
    });
  }
  if (!(await readSetting(pool, "bitmaps"))) await writeSetting(pool, "bitmaps", { since: asOf.toISOString() });
  return wrong;
}

/** Makes the bits of a store that has none yet. */
export async function buildBitmaps(pool: Pool, asOf: Date): Promise<void> {
  if (!(await readSetting(pool, "bitmaps"))) await rebuildBitmaps(pool, asOf);
}

/** How many users' bits differ from their rows without user_stale saying so, chunk by chunk; null: no bits were made yet. */
export async function wrongBits(pool: Pool, asOf: Date): Promise<number | null> {
  if (!(await readSetting(pool, "bitmaps"))) return null;
  let wrong = 0;
  for (const chunk of await knownChunks(pool)) {
    // Whom a day ahead was noted of is looked at by the rows also once that day has come.
    const { rows } = await pool.run<{ users: number }>(
      `with ${withBatch(WHOLE_CHUNK)}, ${difference(sources(WHOLE_CHUNK, true), "true")},
         late as (select coalesce(bit_or(set_bit(${NOBODY}, ${placeOf("c.user_id")}, 1)), ${NOBODY}) as bits from user_stale c where ${WHOLE_CHUNK.among("c.user_id")})
       select coalesce(bit_count(bit_or(d.differing & ~late.bits) filter (where d.leaf <> '${AHEAD}')), 0)::int as users from late left join differing d on true group by late.bits`,
      [[chunk * CHUNK_USERS, (chunk + 1) * CHUNK_USERS], asOf, BAND_CUTS],
    );
    wrong += rows[0]?.users ?? 0;
  }
  return wrong;
}

async function knownChunks(session: Session): Promise<number[]> {
  const rows = await session.read<{ chunk: number }>(
    `select chunk from user_bitmap where leaf = '${POPULATION}'
     union select g.chunk from (select ${chunkOf("min(id)")} as low, ${chunkOf("max(id)")} as high from app_user) as known, generate_series(low, high) as g (chunk)
     order by chunk`,
  );
  return rows.map(({ chunk }) => chunk);
}

/**
 * Whoever writes bits holds the chunk by its row of the population, taken in ascending order and after every other lock: writers of
 * one chunk take turns, and none waits for another in a circle.
 */
async function lockChunks(transaction: Transaction, users: string, values: readonly unknown[]): Promise<void> {
  const chunks = `select distinct ${chunkOf("id")} as chunk from (${users}) as x`;
  await transaction.read(
    `insert into user_bitmap (leaf, chunk, bits) select '${POPULATION}', chunk, ${NOBODY} from (${chunks}) as c
     where not exists (select from user_bitmap s where s.leaf = '${POPULATION}' and s.chunk = c.chunk) order by chunk on conflict (leaf, chunk) do nothing`,
    values,
  );
  await transaction.read(
    `select from user_bitmap where leaf = '${POPULATION}' and chunk in (${chunks}) order by chunk for update`,
    values,
  );
}

/** Which users' bits are set: a condition on a column of ids, and WITH: `mask` (chunk, bits) of their places, and `known`, their own rows. */
interface BatchOfBits {
  readonly among: (user: string) => string;
  readonly mask: string;
}

function withBatch({ mask, among }: BatchOfBits): string {
  return `${mask}, known as materialized (select id, first_seen_at, lifecycle_stage from app_user u where ${among("u.id")})`;
}

const LISTED: BatchOfBits = {
  among: (user) => `${user} = any ($1::bigint[])`,
  mask: `mask as materialized (select chunk, ${FROM_WORDS} as bits from (select ${wordsOf("id")} from unnest($1::bigint[]) as id group by 1, 2) as x group by chunk)`,
};

/** All places of a chunk, those included whose users are gone. */
const WHOLE_CHUNK: BatchOfBits = {
  among: (user) => `${user} >= ($1::bigint[])[1] and ${user} < ($1::bigint[])[2]`,
  mask: `mask as materialized (select ${chunkOf("($1::bigint[])[1]")} as chunk, ~${NOBODY} as bits)`,
};

const EVERYBODY: BatchOfBits = {
  among: () => "true",
  mask: `mask as materialized (select chunk, ~${NOBODY} as bits from user_bitmap where leaf = '${POPULATION}')`,
};

/**
 * SELECTs of (leaf, chunk, w, word) from the rows of some users. $2: the instant, $3: cuts between bands. By a condition on each
 * table and not by a join with the users, which the planner hashes with the whole table.
 *
 * @param withAhead with tags whose rows are of a day ahead of the instant: to look for them takes as long as all the rest
 */
function sources({ among }: BatchOfBits, withAhead: boolean): string[] {
  const ofUsers = (leaf: string, holds: string) =>
    `select ${leaf}, ${wordsOf("u.id")} from known u where ${holds} group by 1, 2, 3`;
  const found = [
    `select 'tag:' || tag_id, chunk, w, word from (select t.tag_id, ${wordsOf("t.user_id")} from user_tag t where ${among("t.user_id")} group by 1, 2, 3) as x`,
    tierSource(among("t.user_id")),
    `select 'band:' || definition_id || ':' || band, chunk, w, word from (
       select s.definition_id, width_bucket(s.probability, $3::double precision[]) as band, ${wordsOf("s.user_id")} from churn_score s where ${among("s.user_id")} group by 1, 2, 3, 4) as x`,
    ofUsers("'stage:' || u.lifecycle_stage", "u.lifecycle_stage is not null"),
    ofUsers(`'${POPULATION}'`, "u.first_seen_at is not null"),
    ofUsers(`'${AHEAD}'`, "u.first_seen_at >= $2::timestamptz"),
  ];
  if (withAhead)
    found.push(
      `select '${AHEAD}', ${wordsOf("t.user_id")} from user_tag t where ${among("t.user_id")} and t.since > $2::timestamptz group by 1, 2, 3`,
    );
  return found;
}

function tierSource(which: string): string {
  return `select 'tier:' || scheme_id || ':' || tier, chunk, w, word from (
    select t.scheme_id, t.tier, ${wordsOf("t.user_id")} from user_tier t where ${which} group by 1, 2, 3, 4) as x`;
}

/** WITH: `differing` (leaf, chunk, bits as they should be, which of them differ) of the leaves that are wrong. */
function difference(from: readonly string[], stored: string): string {
  return `word (leaf, chunk, w, word) as (${from.join(" union all ")}),
    wanted as materialized (select leaf, chunk, ${FROM_WORDS} as bits from word group by leaf, chunk),
    stored as (select * from user_bitmap s where s.chunk = any ((select array_agg(chunk) from mask)::int[])),
    differing as materialized (
      select s.leaf, s.chunk, (s.bits & ~m.bits) | coalesce(n.bits, ${NOBODY}) as bits, (s.bits & m.bits) # coalesce(n.bits, ${NOBODY}) as differing
      from mask m join stored s on s.chunk = m.chunk left join wanted n on n.leaf = s.leaf and n.chunk = s.chunk
      where ${stored} and (s.bits & m.bits) <> coalesce(n.bits, ${NOBODY})
      union all
      select n.leaf, n.chunk, n.bits, n.bits from wanted n
      where not exists (select from stored s where s.leaf = n.leaf and s.chunk = n.chunk))`;
}

function writeStatement(batch: BatchOfBits, from: readonly string[], stored = "true"): string {
  return `with ${withBatch(batch)}, ${difference(from, stored)}
    insert into user_bitmap (leaf, chunk, bits) select leaf, chunk, bits from differing order by chunk, leaf
    on conflict (leaf, chunk) do update set bits = excluded.bits`;
}
