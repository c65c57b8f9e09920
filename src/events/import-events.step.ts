import { createHash } from "node:crypto";
import { Refusal } from "../people/clean.js";
import { resolveUsers } from "../people/identify.step.js";
import { retryWhenGone } from "../people/mark.step.js";
import type { Pool, Transaction } from "../store/pool.js";
import { resolveCategories } from "./category.step.js";
import { storeEvents } from "./event.step.js";
import { activityTypeIds, type EventTypeRow } from "./event-type.loader.js";
import type { EventMap, ValueSource } from "./import-map.js";
import { eventReader, type ReadRow, Skipped } from "./import-row.js";
import { EventRows, Groups } from "./import-rows.js";
import { type Counter, increase } from "./import-summary.js";
import { Refusals, type RefusedLine, type RowImport } from "./import-target.js";
import { logIngest, quarantine } from "./quarantine.step.js";

export interface ImportSetting<Map> {
  readonly pool: Pool;
  readonly map: Map;
  readonly types: readonly EventTypeRow[];
  readonly sourceId: number;
  readonly lookups: ReadonlyMap<ValueSource, ReadonlyMap<string, string>>;
  /** What the quarantine calls the file. */
  readonly origin: string;
  readonly fileName: string;
  readonly now: Date;
  readonly batchRows: number;
  readonly counter: Counter;
}

interface Batch {
  readonly rows: EventRows;
  readonly refused: { rows: RefusedLine[]; byCode: Record<string, number> };
  readonly cleaned: Record<string, number>;
}

/** Rows of a file become events. One batch is written while the next is read; more are never held. */
export class EventImport implements RowImport {
  readonly #setting: ImportSetting<EventMap>;
  readonly #refusals: Refusals;
  readonly #groups: Groups | undefined;
  readonly #activityTypes: ReadonlySet<number>;
  #read: ReadRow | undefined;
  #rows = new EventRows();
  #cleaned = new Map<string, number>();
  #storing: Promise<void> = Promise.resolve();
  #first = true;
  /** Whether the last batch was all new: then duplicates are not looked for before one is met. */
  #expectNew = true;

  constructor(setting: ImportSetting<EventMap>) {
    this.#setting = setting;
    this.#refusals = new Refusals(setting.counter);
    this.#groups = setting.map.group && new Groups(setting.map.group.occurredAt);
    this.#activityTypes = activityTypeIds(setting.types);
  }

  begin(columns: readonly string[]): void {
    const { map, types, lookups, fileName, counter } = this.#setting;
    this.#refusals.columns = columns;
    this.#read = eventReader(map, {
      columns: new Map(columns.map((column, place) => [column, place])),
      typeIds: new Map(types.map(({ key, id }) => [key, id])),
      lookups,
      linePrefix: `${linePrefixOf(fileName)}:`,
      cleaned: (what) => {
        counter.clean(what);
        increase(this.#cleaned, what);
      },
    });
  }

  row(fields: readonly string[], line: number): void {
    const event = this.#read!(fields, line);
    if (event instanceof Refusal) this.#refusals.add(event.code, event.message, fields, line);
    else if (event instanceof Skipped) this.#setting.counter.skip(event.reason);
    else if (this.#groups) this.#groups.add(event, this.#rows);
    else this.#rows.add(event);
  }

  refuse(code: string, message: string, fields: readonly string[], line: number): void {
    this.#refusals.add(code, message, fields, line);
  }

  async flush(end: boolean): Promise<void> {
    if (end) this.#groups?.end(this.#rows);
    const { batchRows } = this.#setting;
    if (end || this.#rows.count >= batchRows || this.#refusals.rows.length >= batchRows) {
      const batch = { rows: this.#rows, refused: this.#refusals.take(), cleaned: Object.fromEntries(this.#cleaned) };
      this.#rows = new EventRows();
      this.#cleaned = new Map();
      await this.#storing;
      this.#storing = this.#store(batch);
      // Whoever waits next sees the failure; meanwhile it is not unhandled.
      this.#storing.catch(() => {});
    }
    if (end) await this.#storing;
  }

  async abandon(): Promise<void> {
    await this.#storing.catch(() => {});
  }

  #store(batch: Batch): Promise<void> {
    return retryWhenGone(() => this.#write(batch));
  }

  async #write({ rows, refused, cleaned }: Batch): Promise<void> {
    const { pool, sourceId, origin, now, counter } = this.#setting;
    const categories = await resolveCategories(pool, rows.categories);
    const categoryIds = rows.categories.map((key) => categories.get(key)!);
    const single = categoryIds.map((id) => [id]);
    const { accepted, duplicates, created } = await pool.transaction(async (transaction) => {
      if (this.#first) await forgetEarlierRun(transaction, sourceId, origin);
      const { ids, createdCount, createdIds } = await resolveUsers(
        transaction,
        { externalIds: rows.externalIds, sourceIds: rows.externalIds.map(() => sourceId) },
        now,
        { rows: "later" },
      );
      const userIds = ids.map(Number);
      const stored = await storeEvents(
        transaction,
        {
          userIds: Float64Array.from(rows.users, (place) => userIds[place]!),
          at: rows.at,
          typeIds: rows.typeIds,
          sourceIds: new Int32Array(rows.count).fill(sourceId),
          eventIds: rows.eventIds,
          amounts: rows.amounts,
          categoryIds: rows.categoryPlaces.map((places) =>
            places === null ? null : typeof places === "number" ? single[places]! : places.map((place) => categoryIds[place]!),
          ),
          channels: rows.channels,
          properties: rows.properties,
        },
        { now, activityTypes: this.#activityTypes, created: createdIds, expectNew: this.#expectNew },
      );
      await quarantine(
        transaction,
        refused.rows.map(({ code, message, line, row }) => ({ sourceId, index: line, code, message, row })),
        origin,
        now,
      );
      await logIngest(
        transaction,
        [{ sourceId, accepted: stored.accepted, duplicates: stored.duplicates, rejected: refused.byCode, cleaned }],
        origin,
        now,
      );
      return { ...stored, created: createdCount };
    });
    this.#first = false;
    this.#expectNew = duplicates === 0;
    counter.accepted += accepted;
    counter.duplicates += duplicates;
    counter.usersCreated += created;
  }
}

/** The refused rows of an earlier import of the same file make way for those of this one. */
export async function forgetEarlierRun(transaction: Transaction, sourceId: number, origin: string): Promise<void> {
  await transaction.read("delete from quarantine where source_id = $1 and origin = $2", [sourceId, origin]);
}

/** Short, and the same for a file whether it is zipped or not, wherever it lies. */
function linePrefixOf(fileName: string): string {
  return createHash("sha1").update(fileName.replace(/\.gz$/, "")).digest("hex").slice(0, 6);
}
