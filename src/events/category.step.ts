import type { Pool } from "../store/pool.js";

/** Categories are never renamed, so what was read stays true; beyond this many the memory is emptied and filled anew. */
const MOST_REMEMBERED = 300_000;
const known = new WeakMap<Pool, Map<string, number>>();

/** The numbers of categories, made where they are new; committed at once, so that no long transaction holds up another writer. */
export async function resolveCategories(pool: Pool, keys: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  let categories = known.get(pool);
  if (categories === undefined || categories.size > MOST_REMEMBERED) {
    categories = new Map();
    known.set(pool, categories);
  }
  const missing = new Set<string>();
  for (const key of keys) if (!categories.has(key)) missing.add(key);
  if (missing.size === 0) return categories;
  const wanted = [...missing].sort();
  const found = await pool.read<{ id: number; key: string }>("select id, key from category where key = any($1::text[])", [
    wanted,
  ]);
  for (const { id, key } of found) categories.set(key, id);
  const absent = wanted.filter((key) => !categories.has(key));
  if (absent.length > 0) {
    await pool.read("insert into category (key) select unnest($1::text[]) on conflict (key) do nothing", [absent]);
    const made = await pool.read<{ id: number; key: string }>("select id, key from category where key = any($1::text[])", [
      absent,
    ]);
    for (const { id, key } of made) categories.set(key, id);
  }
  return categories;
}
