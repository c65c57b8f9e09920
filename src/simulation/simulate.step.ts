import { recordEvents } from "../events/record.step.js";
import { saveAttribute } from "../people/attribute.step.js";
import { COMPANY } from "../people/department.step.js";
import { upsertUsers } from "../people/upsert.step.js";
import type { Pool } from "../store/pool.js";
import { readSetting, writeSetting } from "../store/setting.js";
import { assignTags } from "../tags/assign.step.js";
import { SIMULATED_SOURCE, SIMULATED_USERS, simulatePopulation } from "./population.js";

const SEED = 1;
const DAY_MS = 86_400_000;
/** Rows a call: below the bound of a bulk mutation, above where a call's fixed cost matters. */
const ROWS = 8_000;

/** Whether the store is to be filled: it is empty, or an earlier filling was cut short. */
export async function wantsSimulation(pool: Pool): Promise<boolean> {
  const simulated = await readSetting(pool, "simulated");
  if (simulated) return !simulated.complete;
  return (await pool.read("select from app_user limit 1")).length === 0;
}

/**
 * Fills the store with the simulated population up to the last midnight before `now`, through the same doors that everybody's
 * data comes in by. Every row has an id of its own, so that a filling that was cut short is completed and nothing is doubled.
 */
export async function simulate(pool: Pool, now: Date, report: (done: number, total: number) => void): Promise<number> {
  const earlier = await readSetting(pool, "simulated");
  const until = earlier ? new Date(earlier.until) : new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
  const state = { seed: SEED, users: SIMULATED_USERS, until: until.toISOString() };
  await writeSetting(pool, "simulated", { ...state, complete: false });
  const people = simulatePopulation(SEED, until);
  const events = people.flatMap(({ externalId, events }) =>
    events.map(({ type, occurredAt, amount, categories }, index) => ({
      externalId,
      source: SIMULATED_SOURCE,
      type,
      occurredAt,
      eventId: `${externalId}-${index}`,
      ...(amount === undefined ? {} : { amount }),
      ...(categories === undefined ? {} : { categories: [...categories] }),
    })),
  );
  const tags = people.flatMap(({ externalId, tags }) => tags.map((tag) => ({ externalId, source: SIMULATED_SOURCE, tag })));
  const total = people.length + events.length + tags.length;
  let done = 0;
  const wrote = (rows: number) => {
    done += rows;
    report(done, total);
  };
  // Made up, so nobody's secret: analysts see them, and can ask by them.
  for (const [key, type] of SIMULATED_ATTRIBUTES)
    await pool.transaction((transaction) =>
      saveAttribute(
        transaction,
        { key, type, personal: false, description: "Of the simulated population.", department: COMPANY },
        "simulation",
        now,
      ),
    );
  for (const rows of chunks(people)) {
    await upsertUsers(
      pool,
      rows.map(({ externalId, channel, firstSeenAt, attributes }) => ({
        externalId,
        source: SIMULATED_SOURCE,
        channel,
        firstSeenAt,
        attributes,
      })),
      now,
    );
    wrote(rows.length);
  }
  for (const rows of chunks(events)) {
    await recordEvents(pool, rows, now);
    wrote(rows.length);
  }
  for (const rows of chunks(tags)) {
    await assignTags(pool, rows, now);
    wrote(rows.length);
  }
  await writeSetting(pool, "simulated", { ...state, complete: true });
  return events.length;
}

const SIMULATED_ATTRIBUTES = [
  ["city", "TEXT"],
  ["age", "NUMBER"],
  ["loyaltyCard", "BOOLEAN"],
] as const;

function chunks<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, index) => rows.slice(index * ROWS, (index + 1) * ROWS));
}
