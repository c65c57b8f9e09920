import { TidemarkError } from "../errors.js";
import { LARGEST_BULK, type RowRejection } from "../page.js";
import { optionalText, Refusal } from "../people/clean.js";
import { resolveUsers } from "../people/identify.step.js";
import { retryWhenGone } from "../people/mark.step.js";
import { DEFAULT_SOURCE, LONGEST_SOURCE } from "../people/source.js";
import { resolveSources } from "../people/source.step.js";
import type { Pool } from "../store/pool.js";
import { resolveCategories } from "./category.step.js";
import { type CleanEvent, cleanEvent, type EventInput } from "./clean.js";
import { storeEvents } from "./event.step.js";
import { activityTypeIds, eventTypes } from "./event-type.loader.js";
import { type IngestCounts, logIngest, noCounts, quarantine, type RefusedRow } from "./quarantine.step.js";

export interface RecordResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: RowRejection[];
}

const ORIGIN = "recordEvents";

/** Takes events row by row: what is clean is stored in one transaction with everything that follows from it, the rest is quarantined. */
export function recordEvents(pool: Pool, events: readonly EventInput[], now: Date): Promise<RecordResult> {
  return retryWhenGone(() => record(pool, events, now));
}

async function record(pool: Pool, events: readonly EventInput[], now: Date): Promise<RecordResult> {
  if (events.length > LARGEST_BULK)
    throw new TidemarkError(
      "TOO_MANY_ROWS",
      `events has ${events.length} rows; a call takes at most ${LARGEST_BULK}. Send them in several calls.`,
    );
  if (events.length === 0) return { accepted: 0, duplicates: 0, rejected: [] };
  const types = await eventTypes(pool);
  const typeIds = new Map(types.map(({ key, id }) => [key, id]));
  const clean: CleanEvent[] = [];
  const rejected: RowRejection[] = [];
  for (const [index, event] of events.entries()) {
    const row = cleanEvent(event, typeIds, now.getTime());
    if (row instanceof Refusal) rejected.push({ index, code: row.code, message: row.message });
    else clean.push(row);
  }
  const sourceOf = ({ source }: EventInput) => {
    const key = optionalText(source, "source", LONGEST_SOURCE);
    return key instanceof Refusal || key === null ? DEFAULT_SOURCE : key;
  };
  const sources = await resolveSources(pool, [...new Set(events.map(sourceOf))]);
  const categories = await resolveCategories(
    pool,
    clean.flatMap((event) => event.categories),
  );
  const refused = rejected.map(
    ({ index, code, message }): RefusedRow => ({
      sourceId: sources.get(sourceOf(events[index]!))!,
      index,
      code,
      message,
      row: events[index],
    }),
  );
  const sourceIds = clean.map(({ source }) => sources.get(source)!);
  const { accepted, duplicates } = await pool.transaction(async (transaction) => {
    const { ids, createdIds } = await resolveUsers(
      transaction,
      { externalIds: clean.map(({ externalId }) => externalId), sourceIds },
      now,
      { rows: "later" },
    );
    const stored = await storeEvents(
      transaction,
      {
        userIds: ids.map(Number),
        at: clean.map(({ at }) => at),
        typeIds: clean.map(({ typeId }) => typeId),
        sourceIds,
        eventIds: clean.map(({ eventId }) => eventId),
        amounts: clean.map(({ amount }) => amount),
        categoryIds: clean.map((event) =>
          event.categories.length === 0 ? null : event.categories.map((key) => categories.get(key)!),
        ),
        channels: clean.map(({ channel }) => channel),
        properties: clean.map(({ properties }) => properties),
      },
      { now, activityTypes: activityTypeIds(types), created: createdIds },
    );
    await quarantine(transaction, refused, ORIGIN, now);
    await logIngest(transaction, countsBySource(sourceIds, stored.taken, refused), ORIGIN, now);
    return stored;
  });
  return { accepted, duplicates, rejected };
}

function countsBySource(sourceIds: readonly number[], taken: Uint32Array, refused: readonly RefusedRow[]): IngestCounts[] {
  const bySource = new Map<number, IngestCounts>();
  const countsOf = (sourceId: number) => {
    const counts = bySource.get(sourceId) ?? noCounts(sourceId);
    bySource.set(sourceId, counts);
    return counts;
  };
  for (const sourceId of sourceIds) countsOf(sourceId).duplicates++;
  for (const row of taken) {
    const counts = countsOf(sourceIds[row]!);
    counts.accepted++;
    counts.duplicates--;
  }
  for (const { sourceId, code } of refused) {
    const { rejected } = countsOf(sourceId);
    rejected[code] = (rejected[code] ?? 0) + 1;
  }
  return [...bySource.values()];
}
