import type { Pool, Session } from "../store/pool.js";

/** Sources are never renamed or deleted, so what was read once stays true; only one that is missing is looked for again. */
const known = new WeakMap<Pool, Map<string, number>>();

export async function sourceIds(pool: Pool): Promise<ReadonlyMap<string, number>> {
  let sources = known.get(pool);
  if (sources === undefined) {
    sources = await readSources(pool);
    known.set(pool, sources);
  }
  return sources;
}

/** The number of a source, or undefined where no data has come from it. */
export async function findSource(pool: Pool, key: string): Promise<number | undefined> {
  const found = (await sourceIds(pool)).get(key);
  if (found !== undefined) return found;
  known.delete(pool);
  return (await sourceIds(pool)).get(key);
}

/** The name of a source by its number. */
export async function sourceKey(pool: Pool, id: number): Promise<string> {
  for (let attempt = 0; attempt < 2; attempt++) {
    for (const [key, number] of await sourceIds(pool)) if (number === id) return key;
    known.delete(pool);
  }
  return String(id);
}

/** The numbers of sources, made where they are new; committed at once, so that no long transaction holds up another writer. */
export async function resolveSources(pool: Pool, keys: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const sources = await sourceIds(pool);
  const missing = [...new Set(keys)].filter((key) => !sources.has(key)).sort();
  if (missing.length === 0) return sources;
  await pool.read("insert into source (key) select unnest($1::text[]) on conflict (key) do nothing", [missing]);
  known.delete(pool);
  return sourceIds(pool);
}

async function readSources(session: Session): Promise<Map<string, number>> {
  const rows = await session.read<{ id: number; key: string }>("select id, key from source");
  return new Map(rows.map(({ key, id }) => [key, id]));
}
