import type { Pool } from "../store/pool.js";
import { type BandCounts, type Way, wayTo } from "./band-walk.js";
import { BANDS, bandLeaf, CHUNK_USERS, chunkOf, NOBODY, placeOf } from "./bitmap.js";
import { askBits } from "./bitmap.loader.js";
import { Parameters } from "./compile.js";
import { usersOf } from "./members.js";
import type { PagePlace, PageQuestion } from "./statement.js";

/** The members of a population: bits by chunk, and those of whom rows decided because their bits do not count. */
interface FoundMembers {
  readonly chunks: readonly ChunkOfBits[];
  readonly late: readonly string[];
  readonly bands: BandCounts;
}

type ChunkOfBits = readonly [chunk: number, hex: string];

/** A page of a population from bitmaps, in the order of `pageStatement`; undefined: bits cannot answer. */
export async function pageOfBits(pool: Pool, question: PageQuestion): Promise<readonly PagePlace[] | undefined> {
  const byScore = question.orderBy.startsWith("CHURN_PROBABILITY");
  const found = await findMembers(pool, question, byScore);
  if (!found) return undefined;
  if (!byScore) return inOrderOfIds(found.chunks, found.late, question);
  const pastScored = question.after?.probability === null;
  const scored = pastScored ? [] : await withScores(pool, question, found);
  const missing = question.limit - scored.length;
  return missing === 0 ? scored : [...scored, ...(await withoutScores(pool, question, found, missing))];
}

async function findMembers(
  pool: Pool,
  { where, at, definitionId }: PageQuestion,
  byScore: boolean,
): Promise<FoundMembers | undefined> {
  const leaves = Array.from({ length: BANDS }, (_, band) => bandLeaf(definitionId, band));
  const rows = await askBits<{
    chunks: ChunkOfBits[] | null;
    late: string[] | null;
    bands: [leaf: string, chosen: number, all: number][] | null;
  }>(pool, { wheres: [where], at }, (parameters, withLate) => {
    const bands = `select json_agg(json_build_array(leaf, chosen, all_of)) from (
      select u.leaf, sum(bit_count(u.bits & settled.m0))::int as chosen, sum(bit_count(u.bits))::int as all_of
      from user_bitmap u join settled using (chunk) where u.leaf = any (${parameters.add(byScore ? leaves : [], "text[]")}) group by u.leaf) as b`;
    return `select (select json_agg(json_build_array(chunk, ${hexOf("m0")}) order by chunk) from settled where m0 <> ${NOBODY}) as chunks,
      ${withLate ? "(select json_agg(id::text) from rest where s0)" : "null"} as late, (${bands}) as bands`;
  });
  if (!rows) return undefined;
  const { chunks, late, bands } = rows[0]!;
  const counts = new Map((bands ?? []).map(([leaf, ...both]) => [leaf, both]));
  return {
    chunks: chunks ?? [],
    late: late ?? [],
    bands: { chosen: leaves.map((leaf) => counts.get(leaf)?.[0] ?? 0), all: leaves.map((leaf) => counts.get(leaf)?.[1] ?? 0) },
  };
}

const hexOf = (bits: string) => `encode(substring(bit_send(${bits}) from 5), 'hex')`;

async function withScores(
  pool: Pool,
  { orderBy, after, limit, definitionId }: PageQuestion,
  { chunks, late, bands }: FoundMembers,
): Promise<PagePlace[]> {
  const descending = orderBy.endsWith("_DESC");
  const way = wayTo(bands, descending, after?.probability ?? undefined, limit);
  if (!way && late.length === 0) return [];
  const parameters = new Parameters();
  const definition = parameters.add(definitionId, "int");
  const beyond = after
    ? ` and (s.probability, s.user_id) ${descending ? "<" : ">"} (${parameters.add(after.probability, "double precision")}, ${parameters.add(after.id, "bigint")})`
    : "";
  const direction = descending ? "desc" : "asc";
  const ordered = `order by probability ${direction}, user_id ${direction} limit ${parameters.add(limit, "int")}`;
  const scores = `select s.user_id, s.probability from churn_score s where s.definition_id = ${definition}${beyond}`;
  const parts = [
    ...(way ? [`(${scores} and ${onTheWay(way, definitionId, chunks, parameters)} ${ordered})`] : []),
    ...(late.length > 0 ? [`(${scores} and s.user_id = any (${parameters.add(late, "bigint[]")}))`] : []),
  ];
  const text = `select user_id as id, probability from (${parts.join(" union all ")}) as page ${ordered}`;
  return (await pool.run<PagePlace>(text, parameters.values)).rows;
}

function onTheWay(way: Way, definitionId: number, chunks: readonly ChunkOfBits[], parameters: Parameters): string {
  const numbers = parameters.add(
    chunks.map(([chunk]) => chunk),
    "int[]",
  );
  const bits = parameters.add(
    chunks.map(([, hex]) => `x${hex}`),
    `bit(${CHUNK_USERS})[]`,
  );
  if (way.along === "SCORES")
    return `s.probability >= ${parameters.add(way.from, "double precision")} and s.probability < ${parameters.add(way.below, "double precision")}
      and get_bit((${bits})[array_position(${numbers}, ${chunkOf("s.user_id")})], ${placeOf("s.user_id")}) = 1`;
  const leaves = way.bands.map((band) => bandLeaf(definitionId, band));
  const within = `select g.chunk, g.bits & u.bits as bits from unnest(${numbers}, ${bits}) as g (chunk, bits)
    join (select chunk, bit_or(bits) as bits from user_bitmap where leaf = any (${parameters.add(leaves, "text[]")}) group by chunk) as u using (chunk)`;
  return `s.user_id = any ((select array_agg(id) from (${usersOf(within)}) as w)::bigint[])`;
}

/** Those without a score stand last, by their ids. */
async function withoutScores(
  pool: Pool,
  { orderBy, after, definitionId }: PageQuestion,
  { chunks, late }: FoundMembers,
  limit: number,
): Promise<PagePlace[]> {
  const leaves = Array.from({ length: BANDS }, (_, band) => bandLeaf(definitionId, band));
  const [left] = await pool.read<{ chunks: ChunkOfBits[] | null; late: string[] | null }>(
    `select (
       select json_agg(json_build_array(g.chunk, ${hexOf(`g.bits & ~coalesce(s.bits, ${NOBODY})`)}) order by g.chunk)
       from unnest($1::int[], $2::bit(${CHUNK_USERS})[]) as g (chunk, bits)
       left join (select chunk, bit_or(bits) as bits from user_bitmap where leaf = any ($3::text[]) group by chunk) as s using (chunk)
     ) as chunks, (
       select json_agg(id::text) from unnest($4::bigint[]) as l (id)
       where not exists (select from churn_score s where s.user_id = l.id and s.definition_id = $5::int)
     ) as late`,
    [chunks.map(([chunk]) => chunk), chunks.map(([, hex]) => `x${hex}`), leaves, late, definitionId],
  );
  const place = after?.probability === null ? after : undefined;
  return inOrderOfIds(left!.chunks ?? [], left!.late ?? [], { orderBy, after: place, limit });
}

function inOrderOfIds(
  chunks: readonly ChunkOfBits[],
  late: readonly string[],
  { orderBy, after, limit }: Pick<PageQuestion, "orderBy" | "after" | "limit">,
): PagePlace[] {
  const descending = orderBy.endsWith("_DESC");
  const sign = descending ? -1 : 1;
  const from = after === undefined ? Number.NEGATIVE_INFINITY : sign * Number(after.id);
  const found: number[] = [];
  for (const [chunk, hex] of descending ? chunks.toReversed() : chunks) {
    if (found.length >= limit) break;
    const bytes = Buffer.from(hex, "hex");
    const own: number[] = [];
    for (let place = 0; place < CHUNK_USERS; place++)
      if (((bytes[place >> 3]! >> (7 - (place & 7))) & 1) === 1) own.push(sign * (chunk * CHUNK_USERS + place));
    found.push(...own.sort((a, b) => a - b).filter((id) => id > from));
  }
  const others = late.map((id) => sign * Number(id)).filter((id) => id > from);
  const page = [...found, ...others].sort((a, b) => a - b).slice(0, limit);
  return page.map((id) => ({ id: String(sign * id), probability: null }));
}
