import { optionalInstant, Refusal } from "../people/clean.js";
import { type UserInput, upsertUsers } from "../people/upsert.step.js";
import { dateReader } from "./import-date.js";
import { forgetEarlierRun, type ImportSetting } from "./import-events.step.js";
import type { UserMap } from "./import-map.js";
import { instantOf, judgeOf, plainReader, plainValue, type ReadText, Skipped, textReader } from "./import-row.js";
import { Refusals, type RowImport } from "./import-target.js";
import { logIngest, quarantine } from "./quarantine.step.js";

const BATCH_USERS = 10_000;

/** Rows of a file become users with their attributes. */
export class UserImport implements RowImport {
  readonly #setting: ImportSetting<UserMap>;
  readonly #refusals: Refusals;
  #read: ((fields: readonly string[]) => UserInput | Refusal | Skipped) | undefined;
  #users: UserInput[] = [];
  #places: { fields: readonly string[]; line: number }[] = [];
  #first = true;

  constructor(setting: ImportSetting<UserMap>) {
    this.#setting = setting;
    this.#refusals = new Refusals(setting.counter);
  }

  begin(columns: readonly string[]): void {
    const { map, lookups, counter } = this.#setting;
    this.#refusals.columns = columns;
    const places = new Map(columns.map((column, place) => [column, place]));
    const setting = {
      columns: places,
      typeIds: new Map(),
      lookups,
      linePrefix: "",
      cleaned: (what: string) => counter.clean(what),
    };
    const user = textReader(map.user, map, setting);
    const channel: ReadText = map.channel ? textReader(map.channel, map, setting) : () => "";
    const judge = judgeOf(map.rules, map, setting);
    const taken = "column" in map.user ? map.user.column : undefined;
    const names =
      map.attributes === "all"
        ? columns.filter((column) => column !== taken).map((column) => [column, column] as const)
        : Object.entries(map.attributes);
    const attributes = names.map(([name, column]) => ({ name, read: plainReader(places.get(column)!, map.missing) }));
    const date = map.firstSeenAt && {
      ...map.firstSeenAt,
      place: places.get(map.firstSeenAt.column)!,
      read: dateReader(map.firstSeenAt.format)!,
    };
    this.#read = (fields) => {
      const verdict = judge?.(fields);
      if (verdict instanceof Refusal || verdict instanceof Skipped) return verdict;
      let firstSeenAt: number | Refusal | null = optionalInstant(null, "");
      if (date && fields[date.place]!.trim() !== "") firstSeenAt = instantOf(fields[date.place]!, date.read, date);
      if (firstSeenAt instanceof Refusal) return firstSeenAt;
      const values: Record<string, string | number> = {};
      for (const { name, read } of attributes) {
        const text = read(fields);
        if (text !== "") values[name] = plainValue(text);
      }
      return {
        externalId: user(fields),
        source: map.source,
        channel: channel(fields),
        firstSeenAt: firstSeenAt === null ? null : new Date(firstSeenAt),
        attributes: values,
      };
    };
  }

  row(fields: readonly string[], line: number): void {
    const user = this.#read!(fields);
    if (user instanceof Refusal) this.#refusals.add(user.code, user.message, fields, line);
    else if (user instanceof Skipped) this.#setting.counter.skip(user.reason);
    else {
      this.#users.push(user);
      this.#places.push({ fields: [...fields], line });
    }
  }

  refuse(code: string, message: string, fields: readonly string[], line: number): void {
    this.#refusals.add(code, message, fields, line);
  }

  async flush(end: boolean): Promise<void> {
    while (this.#users.length >= BATCH_USERS || (end && (this.#users.length > 0 || this.#first))) {
      await this.#store(this.#users.splice(0, BATCH_USERS), this.#places.splice(0, BATCH_USERS));
      this.#first = false;
    }
  }

  async abandon(): Promise<void> {}

  async #store(users: UserInput[], places: { fields: readonly string[]; line: number }[]): Promise<void> {
    const { pool, sourceId, origin, now, counter } = this.#setting;
    const { created, updated, unchanged, rejected } = await upsertUsers(pool, users, now);
    for (const { index, code, message } of rejected)
      this.#refusals.add(code, message, places[index]!.fields, places[index]!.line);
    const refused = this.#refusals.take();
    await pool.transaction(async (transaction) => {
      if (this.#first) await forgetEarlierRun(transaction, sourceId, origin);
      const rows = refused.rows.map(({ code, message, line, row }) => ({ sourceId, index: line, code, message, row }));
      await quarantine(transaction, rows, origin, now);
      await logIngest(
        transaction,
        [{ sourceId, accepted: created + updated, duplicates: unchanged, rejected: refused.byCode, cleaned: {} }],
        origin,
        now,
      );
    });
    counter.accepted += created;
    counter.usersCreated += created;
    counter.updated += updated;
    counter.duplicates += unchanged;
  }
}
