import type { RequestContext } from "../request.js";
import { columnsOfSlots, takeNumbers } from "../scores/numbers.js";
import type { Pool } from "../store/pool.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { catalogueOf, type TagRow } from "../tags/tag.loader.js";
import type { Bound } from "./bind.js";
import { askBits } from "./bitmap.loader.js";
import type { Instant } from "./compile.js";
import {
  compareNumbers,
  compareShares,
  countHolders,
  type NumberDifference,
  type TagCounts,
  type TagDifference,
} from "./portrait.js";
import { sideStatement, tagShareStatement, valueShareStatement } from "./statement.js";
import { decidedSides, isTooFew, tellingOf } from "./telling.loader.js";

export interface Comparison {
  readonly sizeA: number;
  readonly sizeB: number;
  readonly differences: readonly TagDifference[];
}

/** Compares two groups over all tags that are held or not; `b` undefined: everybody who is not in `a`. */
export async function compareTags(context: RequestContext, a: Bound, b: Bound | undefined, at: Instant): Promise<Comparison> {
  const { tags } = await catalogueOf(context)();
  const held = tags.filter(({ kind }) => kind !== "METRIC");
  const tell = await tellingOf(context, [a, b], at);
  const { sizes, counts } = await holdersIn(context.store.pool, a, b, at, held);
  const decided = decidedSides(a, b);
  const few = decided && fewIn(context, (await holdersIn(context.store.pool, ...decided, at, held)).counts, ({ tagId }) => tagId);
  const [sizeA, sizeB] = [tell(sizes.a), tell(sizes.b)];
  // Shares and tests are of the numbers that are told: they would give away the exact ones.
  const told = counts.filter(({ tagId }) => !few?.has(tagId)).map((count) => ({ ...count, a: tell(count.a), b: tell(count.b) }));
  return { sizeA, sizeB, differences: compareShares(told, sizeA, sizeB) };
}

/** What is held by so few of those whom only what was lent tells in or out that nothing is told of it. */
function fewIn<Row extends { readonly a: number; readonly b: number }, Key>(
  context: RequestContext,
  decided: readonly Row[],
  keyOf: (row: Row) => Key,
): ReadonlySet<Key> {
  return new Set(decided.filter(({ a, b }) => isTooFew(context, a) || isTooFew(context, b)).map(keyOf));
}

async function holdersIn(
  pool: Pool,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
  held: readonly TagRow[],
): Promise<{ readonly sizes: ShareRow; readonly counts: readonly TagCounts[] }> {
  const isEvaluated = (tag: TagRow) => at.past && tag.definition !== null && (tag.kind === "RULE" || tag.kind === "DECLINE");
  const stored = held.filter((tag) => !isEvaluated(tag)).map(({ id }) => id);
  const rows = (await sharesByBits(pool, a, b, at, stored)) ?? (await sharesByRows(pool, a, b, at, stored));
  const counts: TagCounts[] = rows.flatMap(({ tagId, ...sizes }) => (tagId === null ? [] : [{ tagId, ...sizes }]));
  const evaluated = held.filter(isEvaluated);
  if (evaluated.length > 0) counts.push(...(await countEvaluated(pool, a, b, at, evaluated)));
  return { sizes: rows.find(({ tagId }) => tagId === null)!, counts };
}

/** How many users of the population hold each of some tags now, from their bits where there are any. */
export async function countHoldersOfAll(pool: Pool, asOf: Date, tagIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const everybody: Bound = { kind: "all", of: [] };
  const at: Instant = { asOf, past: false, evaluated: new Map() };
  const rows =
    (await sharesByBits(pool, everybody, undefined, at, tagIds)) ?? (await sharesByRows(pool, everybody, undefined, at, tagIds));
  return new Map(rows.flatMap(({ tagId, a }) => (tagId === null ? [] : [[tagId, a]])));
}

/** How many of each side hold a tag; of the tag null, how many there are. */
interface ShareRow {
  readonly tagId: number | null;
  readonly a: number;
  readonly b: number;
}

async function sharesByRows(
  pool: Pool,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
  tagIds: readonly number[],
): Promise<ShareRow[]> {
  const { text, values } = tagShareStatement(a, b, at, tagIds);
  return (await pool.run<ShareRow>(text, values)).rows;
}

/** The same from the bits of each tag and of the sides; of users whose bits do not count, from their rows. */
async function sharesByBits(
  pool: Pool,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
  tagIds: readonly number[],
): Promise<readonly ShareRow[] | undefined> {
  const other = b === undefined ? "m1 & ~m0" : "m1";
  const otherHolds = b === undefined ? "not s0" : "s1";
  const rows = await askBits<ShareRow>(pool, { wheres: [a, b], at, allTags: true }, (parameters, withLate) => {
    const tags = parameters.add(tagIds, "int[]");
    const asOf = parameters.asOf(at);
    const parts = [
      `select null::int as "tagId", coalesce(sum(bit_count(m0)), 0)::int as a, coalesce(sum(bit_count(${other})), 0)::int as b from members`,
      `select g.id, sum(bit_count(t.bits & sides.a))::int, sum(bit_count(t.bits & sides.b))::int
       from unnest(${tags}) as g (id) join user_bitmap t on t.leaf = 'tag:' || g.id
       join (select chunk, m0 as a, ${other} as b from settled) as sides using (chunk) group by g.id`,
    ];
    if (withLate)
      parts.push(
        `select t.tag_id, count(*) filter (where s0)::int, count(*) filter (where ${otherHolds})::int from user_tag t join rest on rest.id = t.user_id
         where t.user_id = any ((select ids from asked)::bigint[]) and t.tag_id = any (${tags}) and t.since <= ${asOf} and (t.expires_at is null or t.expires_at > ${asOf}) group by t.tag_id`,
      );
    return `select "tagId", sum(a)::int as a, sum(b)::int as b from (${parts.join(" union all ")}) as part group by "tagId"`;
  });
  return rows;
}

async function countEvaluated(
  pool: Pool,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
  tags: readonly TagRow[],
): Promise<TagCounts[]> {
  const { userIds, columns } = await tagMatrix(pool, { asOf: at.asOf, keys: tags.map(({ key }) => key), everybody: true });
  const held = columns.map((column, place) =>
    tags[place]!.valueType === "TEXT" ? column.map((text) => Number(!Number.isNaN(text))) : column,
  );
  return countHolders(
    await readSides(pool, a, b, at),
    { userIds, columns: held },
    tags.map(({ id }) => id),
  );
}

/** How one value of a TEXT tag tells two groups apart. */
export type ValueDifference = Omit<TagDifference, "tagId"> & { readonly value: string };

/** Compares two groups over the values of a TEXT tag, the clearest first; `b` undefined: everybody who is not in `a`. */
export async function compareValues(
  context: RequestContext,
  { tag, a, b, at }: { readonly tag: TagRow; readonly a: Bound; readonly b: Bound | undefined; readonly at: Instant },
): Promise<ValueDifference[]> {
  const { pool } = context.store;
  const valuesIn = (one: Bound, other: Bound | undefined) =>
    at.past && tag.definition !== null ? evaluatedValues(pool, tag, one, other, at) : storedValues(pool, tag, one, other, at);
  const tell = await tellingOf(context, [a, b], at);
  const rows = await valuesIn(a, b);
  const decided = decidedSides(a, b);
  const few = decided && fewIn(context, await valuesIn(...decided), ({ value }) => value);
  const values = rows.filter(({ value }) => value !== null && !few?.has(value));
  const sizes = rows.find(({ value }) => value === null) ?? { a: 0, b: 0 };
  // By their places, as tags are compared by their ids.
  const counts = values.map((row, tagId) => ({ tagId, a: tell(row.a), b: tell(row.b) }));
  return compareShares(counts, tell(sizes.a), tell(sizes.b)).map(({ tagId, ...difference }) => ({
    ...difference,
    value: values[tagId]!.value!,
  }));
}

/** Of the value null: how many there are on each side. */
interface ValueRow {
  readonly value: string | null;
  readonly a: number;
  readonly b: number;
}

async function storedValues(pool: Pool, { id }: TagRow, a: Bound, b: Bound | undefined, at: Instant): Promise<ValueRow[]> {
  const { text, values } = valueShareStatement(a, b, at, id);
  return (await pool.run<ValueRow>(text, values)).rows;
}

async function evaluatedValues(pool: Pool, { key }: TagRow, a: Bound, b: Bound | undefined, at: Instant): Promise<ValueRow[]> {
  const sides = await readSides(pool, a, b, at);
  const { userIds, columns, texts } = await tagMatrix(pool, { asOf: at.asOf, keys: [key], everybody: true });
  const textOf = new Map(Array.from(userIds, (id, row) => [id, columns[0]![row]!]));
  const all = { value: null, a: 0, b: 0 };
  const byText = new Map<number, { value: string; a: number; b: number }>();
  for (const [side, id] of sides.userIds.entries()) {
    const text = textOf.get(id) ?? Number.NaN;
    const [inA, inB] = [sides.a[side]!, sides.b[side]!];
    all.a += inA;
    all.b += inB;
    if (Number.isNaN(text)) continue;
    const counted = byText.get(text) ?? { value: texts.textOf(text), a: 0, b: 0 };
    byText.set(text, counted);
    counted.a += inA;
    counted.b += inB;
  }
  return [all, ...byText.values()];
}

interface Sides {
  /** Ascending. */
  readonly userIds: Float64Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
}

async function readSides(pool: Pool, a: Bound, b: Bound | undefined, at: Instant): Promise<Sides> {
  const { text, values } = sideStatement(a, b, at);
  const { rows } = await pool.run<{ ids: string[] | null; a: number[] | null; b: number[] | null }>(text, values);
  const sides = rows[0]!;
  return {
    userIds: Float64Array.from(sides.ids ?? [], Number),
    a: Uint8Array.from(sides.a ?? []),
    b: Uint8Array.from(sides.b ?? []),
  };
}

/** Users of each side whose numbers are compared: of larger groups a sample, by a hash of the user. */
export const MOST_COMPARED = 50_000;

/** Compares two groups over all numbers (METRIC tags): those stored, or at a past instant those of then. */
export async function compareDistributions(
  context: RequestContext,
  a: Bound,
  b: Bound | undefined,
  at: Instant,
): Promise<NumberDifference[]> {
  const { pool } = context.store;
  const { tags } = await catalogueOf(context)();
  const metrics = tags.filter(
    ({ kind, slot, state }) => kind === "METRIC" && slot !== null && state !== "DRAFT" && state !== "RETIRED",
  );
  const sides = sample(await readSides(pool, a, b, at));
  const { userIds, columns } = at.past
    ? await tagMatrix(pool, { asOf: at.asOf, keys: metrics.map(({ key }) => key) })
    : await storedNumbers(pool, sides.userIds, metrics);
  const rowOf = new Map(Array.from(userIds, (id, row) => [id, row]));
  const rowsIn = (flags: Uint8Array) =>
    [...flags.keys()].flatMap((place) => (flags[place] ? (rowOf.get(sides.userIds[place]!) ?? []) : []));
  const [inA, inB] = [rowsIn(sides.a), rowsIn(sides.b)];
  return compareNumbers(
    metrics.map(({ id }) => id),
    columns.map((column) => ({
      a: Float64Array.from(inA, (row) => column[row]!),
      b: Float64Array.from(inB, (row) => column[row]!),
    })),
  );
}

function sample(sides: Sides): Sides {
  const kept = new Uint8Array(sides.userIds.length);
  for (const flags of [sides.a, sides.b]) {
    const places = [...flags.keys()].filter((place) => flags[place]);
    if (places.length > MOST_COMPARED) places.sort((x, y) => hashOf(sides.userIds[x]!) - hashOf(sides.userIds[y]!) || x - y);
    for (const place of places.slice(0, MOST_COMPARED)) kept[place] = 1;
  }
  const isKept = (_: number, place: number) => kept[place] === 1;
  return { userIds: sides.userIds.filter(isKept), a: sides.a.filter(isKept), b: sides.b.filter(isKept) };
}

/** Spreads neighbouring ids over 32 bits: Knuth's multiplicative hash. */
function hashOf(userId: number): number {
  return Math.imul(userId, 2_654_435_761) >>> 0;
}

async function storedNumbers(
  pool: Pool,
  userIds: Float64Array,
  metrics: readonly TagRow[],
): Promise<{ readonly userIds: Float64Array; readonly columns: readonly Float64Array[] }> {
  const rows = await pool.read<{ userId: string; numbers: Buffer }>(
    `select user_id as "userId", array_send(numbers) as numbers from user_metric where user_id = any($1::bigint[])`,
    [`{${userIds.join(",")}}`],
  );
  const columns = metrics.map(() => new Float64Array(rows.length));
  const columnOfSlot = columnsOfSlots(metrics.map(({ slot }) => slot));
  for (const [row, { numbers }] of rows.entries()) takeNumbers(numbers, columnOfSlot, columns, row);
  return { userIds: Float64Array.from(rows, (row) => Number(row.userId)), columns };
}
