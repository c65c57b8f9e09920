import { randomUUID } from "node:crypto";
import { perRequest } from "../request.js";
import type { Session } from "./pool.js";

/** Facts about the store as a whole. */
interface Settings {
  /** The population was made up by the simulator, up to `until`; `complete` once all of it was written. */
  simulated: { seed: number; users: number; until: string; complete: boolean };
  /** The latest asOf up to which the pipeline has carried everybody, and how many that were. */
  refreshed: { asOf: string; users: number };
  /** Changes with every change of the tag catalogue, so that each process knows when its copy is old. */
  tags: { version: string };
  /** The same of the saved segments. */
  segments: { version: string };
  /** The same of grants. */
  access: { version: string };
  /** The same of declared attributes. */
  attributes: { version: string };
  /** There is or was a churn model that is not PUBLIC. */
  models: { guarded: true };
  /** The same of event types, churn definitions and tier schemes. */
  catalogues: { version: string };
  /** Bitmaps of all users were made, and follow their rows since: segments are answered from them. */
  bitmaps: { since: string };
  /** Changes of transactions up to this one have been dropped from the feed. */
  changes: { sweptXid: string };
  /** The cuts between the five scores of recency (whole days), frequency and monetary value at the last refresh. */
  rfm: {
    asOf: string;
    basis: "transactions" | "activity";
    users: number;
    recency: number[];
    frequency: number[];
    monetary: number[];
  };
}

export async function readSetting<K extends keyof Settings>(session: Session, key: K): Promise<Settings[K] | undefined> {
  const rows = await session.read<{ value: Settings[K] }>("select value from setting where key = $1", [key]);
  return rows[0]?.value;
}

export async function writeSetting<K extends keyof Settings>(session: Session, key: K, value: Settings[K]): Promise<void> {
  await session.read("insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value", [
    key,
    JSON.stringify(value),
  ]);
}

/** All settings as one request sees them: one small statement, and with it the versions of everything that is kept in memory. */
export const settingsOf = perRequest(({ store }) => {
  let promise: Promise<Partial<Settings>> | undefined;
  return {
    read: () => (promise ??= readSettings(store.pool)),
    /** After the request itself changed one. */
    forget() {
      promise = undefined;
    },
  };
});

async function readSettings(session: Session): Promise<Partial<Settings>> {
  const rows = await session.lookup<{ settings: Partial<Settings> | null }>(
    "select json_object_agg(key, value) as settings from setting",
  );
  return rows[0]?.settings ?? {};
}

/** Called after every change of an event type, a churn definition or a tier scheme. */
export async function bumpCatalogues(session: Session): Promise<void> {
  await writeSetting(session, "catalogues", { version: randomUUID() });
}

const KEPT_VERSIONS = 16;

/** A catalogue kept in memory by its version, so that it is read once for each change and never stale. */
export function keptByVersion<T>(
  read: (session: Session) => Promise<T>,
): (session: Session, version: string | undefined) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (session, version) => {
    if (version === undefined) return read(session);
    let found = kept.get(version);
    if (found === undefined) {
      found = read(session);
      kept.set(version, found);
      // What failed is not kept.
      found.catch(() => kept.delete(version));
      for (const old of kept.keys()) {
        if (kept.size <= KEPT_VERSIONS) break;
        kept.delete(old);
      }
    }
    return found;
  };
}
