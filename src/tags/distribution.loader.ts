import DataLoader from "dataloader";
import { perRequest, type RequestContext } from "../request.js";
import { copyOut } from "../store/copy.js";
import type { Pool } from "../store/pool.js";
import { binOf, labelled, type ValueCount } from "./histogram.js";
import { catalogueOf, type TagCatalogue, type TagRow } from "./tag.loader.js";

export const MOST_BINS = 100;

/**
 * The distribution of the stored values of some tags: two statements for all that are held, and two passes over the numbers for all that are
 * measured. Kept until the catalogue's next version, which every refresh of everybody makes.
 */
export function distributionByTag(context: RequestContext, bins: number): DataLoader<TagRow, readonly ValueCount[], number> {
  const loaders = byBins(context);
  let loader = loaders.get(bins);
  if (!loader) {
    loader = new DataLoader(
      async (tags) => {
        const catalogue = await catalogueOf(context)();
        let kept = known.get(catalogue);
        if (!kept) {
          kept = new Map();
          known.set(catalogue, kept);
        }
        const missing = tags.filter(({ id }) => !kept.has(`${bins} ${id}`));
        const { pool } = context.store;
        const metrics = missing.filter(({ kind, slot }) => kind === "METRIC" && slot !== null);
        const [numbers, held] = await Promise.all([
          distributionsOfNumbers(pool, metrics, bins),
          distributionsOfHeld(
            pool,
            missing.filter((tag) => !metrics.includes(tag)),
            bins,
            context.now,
          ),
        ]);
        const fresh = new Map([...numbers, ...held]);
        // What people assign changes at any time, so only numbers are kept.
        for (const { id } of metrics) kept.set(`${bins} ${id}`, fresh.get(id)!);
        return tags.map(({ id }) => fresh.get(id) ?? kept.get(`${bins} ${id}`) ?? []);
      },
      { cacheKeyFn: ({ id }) => id },
    );
    loaders.set(bins, loader);
  }
  return loader;
}

const byBins = perRequest(() => new Map<number, DataLoader<TagRow, readonly ValueCount[], number>>());
const known = new WeakMap<TagCatalogue, Map<string, readonly ValueCount[]>>();

async function distributionsOfNumbers(pool: Pool, tags: readonly TagRow[], bins: number): Promise<Map<number, ValueCount[]>> {
  if (tags.length === 0) return new Map();
  const slots = Int32Array.from(tags, ({ slot }) => slot!);
  const lowest = new Float64Array(tags.length).fill(Number.POSITIVE_INFINITY);
  const highest = new Float64Array(tags.length).fill(Number.NEGATIVE_INFINITY);
  await eachRow(pool, (numbers) => {
    for (let place = 0; place < slots.length; place++) {
      const value = numbers[slots[place]!]!;
      if (value < lowest[place]!) lowest[place] = value;
      if (value > highest[place]!) highest[place] = value;
    }
  });
  const counts = tags.map(() => new Float64Array(bins));
  await eachRow(pool, (numbers) => {
    for (let place = 0; place < slots.length; place++) {
      const value = numbers[slots[place]!]!;
      const low = lowest[place]!;
      const high = highest[place]!;
      if (!(value >= low && value <= high)) continue;
      counts[place]![binOf(value, low, high, bins)]!++;
    }
  });
  return new Map(tags.map(({ id }, place) => [id, labelled(counts[place]!, lowest[place]!, highest[place]!)]));
}

/** Slots a row does not have yet read as NaN, which no comparison takes in. */
async function eachRow(pool: Pool, work: (numbers: Float64Array) => void): Promise<void> {
  let numbers = new Float64Array(0);
  await pool.transaction(({ client }) =>
    copyOut(client, "select numbers from user_metric", (row) => {
      const count = row.count(0);
      if (numbers.length !== count) numbers = new Float64Array(count);
      row.float8s(0, numbers, 0);
      work(numbers);
    }),
  );
}

async function distributionsOfHeld(
  pool: Pool,
  tags: readonly TagRow[],
  bins: number,
  now: Date,
): Promise<Map<number, ValueCount[]>> {
  if (tags.length === 0) return new Map();
  const rows = await pool.read<{ tagId: number; label: string; count: number }>(
    `select "tagId", label, count from (
       select tag_id as "tagId", coalesce(text_value, number_value::text, 'true') as label, count(*)::int as count,
         row_number() over (partition by tag_id order by count(*) desc, coalesce(text_value, number_value::text, 'true')) as place
       from user_tag where tag_id = any($1::int[]) and (expires_at is null or expires_at > $2) group by 1, 2
     ) as t where place <= $3 order by "tagId", place`,
    [tags.map(({ id }) => id), now, bins],
  );
  const byTag = Map.groupBy(rows, ({ tagId }) => tagId);
  return new Map(tags.map(({ id }) => [id, (byTag.get(id) ?? []).map(({ label, count }) => ({ label, count }))]));
}
