import type { Session } from "./pool.js";

/** Facts about the store as a whole. */
interface Settings {
  /** The population was made up by the simulator, up to `until`; `complete` once all of it was written. */
  simulated: { seed: number; users: number; until: string; complete: boolean };
  /** The latest asOf up to which the pipeline has carried everybody. */
  refreshed: { asOf: string };
  /** Changes with every change of the tag catalogue, so that each process knows when its copy is old. */
  tags: { version: string };
  /** The same of the saved segments. */
  segments: { version: string };
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
