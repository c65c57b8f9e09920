import { TidemarkError } from "../errors.js";
import { LARGEST_BULK, type RowRejection } from "../page.js";
import { recordTagChanges } from "../people/change.step.js";
import {
  hasBadCharacter,
  LONGEST_EXTERNAL_ID,
  optionalInstant,
  optionalText,
  Refusal,
  requiredText,
  shown,
} from "../people/clean.js";
import { markUsers, retryWhenGone } from "../people/mark.step.js";
import { LONGEST_SOURCE } from "../people/source.js";
import { findSource, sourceIds } from "../people/source.step.js";
import type { Pool, Transaction } from "../store/pool.js";
import { DAY_MS } from "./history.js";
import { type TagCatalogue, type TagRow, tagCatalogue } from "./tag.loader.js";

/** One row as it came in; every field is checked here. */
export interface RemovalInput {
  readonly externalId?: unknown;
  readonly source?: unknown;
  readonly tag?: unknown;
}

export interface AssignmentInput extends RemovalInput {
  readonly value?: unknown;
  readonly since?: unknown;
  readonly expiresAt?: unknown;
}

export interface AssignResult {
  readonly assigned: number;
  readonly unchanged: number;
  readonly rejected: readonly RowRejection[];
}

export interface RemoveResult {
  readonly removed: number;
  readonly unchanged: number;
  readonly rejected: readonly RowRejection[];
}

const LONGEST_VALUE = 1_000;

/**
 * Gives tags to users, in one transaction, and marks the users that changed. Of several rows on one user and tag the last one counts, the
 * earlier ones are unchanged. A new value ends the old one, which goes into the history; the same value with other dates is corrected in place.
 */
export function assignTags(pool: Pool, rows: readonly AssignmentInput[], now: Date): Promise<AssignResult> {
  return retryWhenGone(() => assign(pool, rows, now));
}

async function assign(pool: Pool, rows: readonly AssignmentInput[], now: Date): Promise<AssignResult> {
  const { last, rejected, repeated } = await cleanRows(pool, rows, "assignments", (row, tag) => cleanAssignment(row, tag, now));
  const { written, unchanged } = await pool.transaction(async (transaction) => {
    const seen = await readHeld(transaction, last);
    const differing = last.filter((row) => !isSame(seen.get(keyOf(row)), row));
    // Whoever changes is locked by its mark, and looked at once more: another writer may have been there first.
    await markUsers(
      transaction,
      differing.map(({ userId }) => userId),
      now,
    );
    const held = await readHeld(transaction, differing);
    const changed = differing.flatMap((row) => {
      const before = held.get(keyOf(row));
      if (isSame(before, row)) return [];
      const goesOn = before && !row.sinceGiven && sameValue(before, row) && !isExpired(before, now);
      return [goesOn ? { ...row, since: before.since.getTime() } : row];
    });
    // What a row replaces ends where it begins; what had expired ended by then already.
    const ended = changed.flatMap((row) => {
      const before = held.get(keyOf(row));
      if (!before || (sameValue(before, row) && !isExpired(before, now))) return [];
      const until = Math.min(row.since, before.expiresAt?.getTime() ?? row.since);
      return before.since.getTime() < until ? [{ ...before, until: new Date(until) }] : [];
    });
    await writeHistory(transaction, ended);
    await transaction.read(
      `insert into user_tag (user_id, tag_id, number_value, text_value, since, expires_at, source)
       select * from unnest($1::bigint[], $2::int[], $3::float8[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
       on conflict (user_id, tag_id) do update set number_value = excluded.number_value, text_value = excluded.text_value,
         since = excluded.since, expires_at = excluded.expires_at, source = excluded.source`,
      columnsOf(changed),
    );
    const told = changed.flatMap((row) => {
      const before = held.get(keyOf(row));
      const stood = before && !isExpired(before, now) ? before : undefined;
      return stood && sameValue(stood, row) ? [] : [{ row, stood }];
    });
    await recordTagChanges(
      transaction,
      {
        userIds: told.map(({ row }) => row.userId),
        subjectIds: told.map(({ row }) => row.tagId),
        befores: told.map(({ stood }) => (stood ? jsonOf(stood) : null)),
        afters: told.map(({ row }) => (row.expiresAt !== null && row.expiresAt <= now.getTime() ? null : jsonOf(row))),
      },
      now,
    );
    return { written: changed.length, unchanged: last.length - changed.length };
  });
  return { assigned: written, unchanged: unchanged + repeated, rejected };
}

/** Takes tags from users; what ends goes into the history. */
export function removeTags(pool: Pool, rows: readonly RemovalInput[], now: Date): Promise<RemoveResult> {
  return retryWhenGone(() => remove(pool, rows, now));
}

async function remove(pool: Pool, rows: readonly RemovalInput[], now: Date): Promise<RemoveResult> {
  const { last, rejected, repeated } = await cleanRows(pool, rows, "assignments", () => ({}));
  const removed = await pool.transaction(async (transaction) => {
    const seen = await readHeld(transaction, last);
    const differing = last.filter((row) => seen.has(keyOf(row)));
    await markUsers(
      transaction,
      differing.map(({ userId }) => userId),
      now,
    );
    const held = await readHeld(transaction, differing);
    const ended = differing.flatMap((row) => {
      const before = held.get(keyOf(row));
      return before
        ? [{ ...before, until: new Date(Math.min(now.getTime(), before.expiresAt?.getTime() ?? now.getTime())) }]
        : [];
    });
    await writeHistory(
      transaction,
      ended.filter(({ since, until }) => since < until),
    );
    await transaction.read(
      "delete from user_tag t using unnest($1::bigint[], $2::int[]) as e (user_id, tag_id) where t.user_id = e.user_id and t.tag_id = e.tag_id",
      [ended.map(({ userId }) => userId), ended.map(({ tagId }) => tagId)],
    );
    const gone = ended.filter((row) => !isExpired(row, now));
    await recordTagChanges(
      transaction,
      {
        userIds: gone.map(({ userId }) => userId),
        subjectIds: gone.map(({ tagId }) => tagId),
        befores: gone.map(jsonOf),
        afters: gone.map(() => null),
      },
      now,
    );
    // One that had expired was no longer held: sweeping it away removes nothing.
    return gone.length;
  });
  return { removed, unchanged: last.length - removed + repeated, rejected };
}

/** A value as the feed of changes has it. */
function jsonOf({ numberValue, textValue }: { readonly numberValue: number | null; readonly textValue: string | null }): string {
  return JSON.stringify(numberValue ?? textValue ?? true);
}

interface Target {
  readonly userId: string;
  readonly tagId: number;
}

interface Wanted {
  readonly numberValue: number | null;
  readonly textValue: string | null;
  readonly since: number;
  /** Whether the caller gave it; otherwise a tag that is held already keeps its own. */
  readonly sinceGiven: boolean;
  readonly expiresAt: number | null;
}

interface Held extends Target {
  readonly numberValue: number | null;
  readonly textValue: string | null;
  readonly since: Date;
  readonly expiresAt: Date | null;
  readonly source: string;
}

/** Checks each row by itself, finds the users, and keeps the last row on each user and tag. */
async function cleanRows<Row extends RemovalInput, Clean extends object>(
  pool: Pool,
  rows: readonly Row[],
  field: string,
  clean: (row: Row, tag: TagRow) => Clean | Refusal,
): Promise<{ last: (Clean & Target & { source: string })[]; rejected: RowRejection[]; repeated: number }> {
  if (rows.length > LARGEST_BULK)
    throw new TidemarkError(
      "TOO_MANY_ROWS",
      `${field} has ${rows.length} rows; a call takes at most ${LARGEST_BULK}. Send them in several calls.`,
    );
  const rejected: RowRejection[] = [];
  const catalogue = await tagCatalogue(pool);
  const sources = await sourcesOf(pool, rows);
  const taken: { index: number; externalId: string; source: string | null; tag: TagRow; clean: Clean }[] = [];
  for (const [index, row] of rows.entries()) {
    const result = cleanRow(row, catalogue, sources, clean);
    if (result instanceof Refusal) rejected.push({ index, code: result.code, message: result.message });
    else taken.push({ index, ...result });
  }
  const users = await findUsers(
    pool,
    taken.map(({ externalId }) => externalId),
  );
  const last = new Map<string, Clean & Target & { source: string }>();
  let found = 0;
  for (const { index, externalId, source, tag, clean } of taken) {
    const user = chosen(users.get(externalId) ?? [], externalId, source);
    if (user instanceof Refusal) {
      rejected.push({ index, code: user.code, message: user.message });
      continue;
    }
    found++;
    const row = { ...clean, userId: user.userId, tagId: tag.id, source: user.source };
    last.set(keyOf(row), row);
  }
  rejected.sort((a, b) => a.index - b.index);
  return { last: [...last.values()], rejected, repeated: found - last.size };
}

/** Another process may have made a source since they were read: one that is missing is reason to read them once more. */
async function sourcesOf(pool: Pool, rows: readonly RemovalInput[]): Promise<ReadonlyMap<string, number>> {
  const sources = await sourceIds(pool);
  const missing = rows.find(({ source }) => typeof source === "string" && source !== "" && !sources.has(source));
  if (missing === undefined) return sources;
  await findSource(pool, String(missing.source));
  return sourceIds(pool);
}

function cleanRow<Row extends RemovalInput, Clean extends object>(
  row: Row,
  catalogue: TagCatalogue,
  sources: ReadonlyMap<string, number>,
  clean: (row: Row, tag: TagRow) => Clean | Refusal,
): { externalId: string; source: string | null; tag: TagRow; clean: Clean } | Refusal {
  const externalId = requiredText(row.externalId, "externalId", LONGEST_EXTERNAL_ID);
  if (externalId instanceof Refusal) return externalId;
  const source = optionalText(row.source, "source", LONGEST_SOURCE);
  if (source instanceof Refusal) return source;
  if (source !== null && !sources.has(source))
    return new Refusal(
      "UNKNOWN_SOURCE",
      `No data has come from a source ${shown(source)}; leave source out, or name one that was written to.`,
    );
  const tag = catalogue.byKey.get(String(row.tag));
  if (!tag)
    return new Refusal("UNKNOWN_TAG", `There is no tag ${shown(row.tag)}; \`tags\` lists those there are, createTag makes one.`);
  if (tag.kind !== "MANUAL" && tag.kind !== "IMPORTED")
    return new Refusal(
      "TAG_NOT_WRITABLE",
      `The tag ${tag.key} is computed (${tag.kind}), so it cannot be given or taken by hand; use a MANUAL or IMPORTED tag.`,
    );
  if (tag.state !== "ACTIVE" && tag.state !== "DEPRECATED")
    return new Refusal("TAG_NOT_WRITABLE", `The tag ${tag.key} is ${tag.state}; move it to ACTIVE first.`);
  const rest = clean(row, tag);
  return rest instanceof Refusal ? rest : { externalId, source, tag, clean: rest };
}

function cleanAssignment(row: AssignmentInput, tag: TagRow, now: Date): Wanted | Refusal {
  const value = cleanValue(row.value, tag);
  if (value instanceof Refusal) return value;
  const since = optionalInstant(row.since, "since");
  if (since instanceof Refusal) return since;
  if (since !== null && since > now.getTime())
    return new Refusal(
      "BAD_DATE",
      `since ${new Date(since).toISOString()} lies ahead of now (${now.toISOString()}); assign the tag when it holds.`,
    );
  const given = optionalInstant(row.expiresAt, "expiresAt");
  if (given instanceof Refusal) return given;
  const from = since ?? now.getTime();
  // Said again without a date it holds from now on, so that its time begins anew.
  const expiresAt = given ?? (tag.ttlDays === null ? null : from + tag.ttlDays * DAY_MS);
  if (expiresAt !== null && expiresAt <= from)
    return new Refusal(
      "BAD_DATE",
      `expiresAt ${new Date(expiresAt).toISOString()} is not after since (${new Date(from).toISOString()}); give a later one, or none.`,
    );
  return { ...value, since: from, sinceGiven: since !== null, expiresAt };
}

function cleanValue(value: unknown, tag: TagRow): Pick<Wanted, "numberValue" | "textValue"> | Refusal {
  const wrong = (fits: string) => new Refusal("BAD_ROW", `value is ${shown(value)}; the tag ${tag.key} takes ${fits}.`);
  switch (tag.valueType) {
    case "BOOLEAN":
      if (value === null || value === undefined || value === true) return { numberValue: null, textValue: null };
      return wrong("true or no value; to take it away, call removeTags");
    case "NUMBER":
      if (typeof value === "number" && Number.isFinite(value)) return { numberValue: value, textValue: null };
      return wrong("a finite number");
    case "TEXT":
      if (typeof value !== "string" || value === "") return wrong("a text");
      if (value.length > LONGEST_VALUE)
        return new Refusal("TOO_LONG", `value has ${value.length} characters; at most ${LONGEST_VALUE} fit.`);
      if (hasBadCharacter(value))
        return new Refusal("BAD_CHARACTER", "value has a NUL byte or half of a surrogate pair; send well-formed Unicode text.");
      return { numberValue: null, textValue: value };
  }
}

interface Identity {
  readonly externalId: string;
  readonly source: string;
  readonly userId: string;
}

async function findUsers(pool: Pool, externalIds: readonly string[]): Promise<Map<string, Identity[]>> {
  const rows = await pool.read<Identity>(
    `select i.external_id as "externalId", s.key as source, i.user_id as "userId"
     from user_identity i join source s on s.id = i.source_id where i.external_id = any($1::text[])`,
    [[...new Set(externalIds)]],
  );
  return Map.groupBy(rows, ({ externalId }) => externalId);
}

function chosen(known: readonly Identity[], externalId: string, source: string | null): Identity | Refusal {
  const fitting = known.filter((identity) => source === null || identity.source === source);
  if (new Set(fitting.map(({ userId }) => userId)).size > 1)
    return new Refusal(
      "AMBIGUOUS_USER",
      `Different users are called ${shown(externalId)} by ${fitting
        .map((identity) => identity.source)
        .sort()
        .slice(0, 10)
        .join(", ")}; name the source.`,
    );
  return (
    fitting[0] ??
    new Refusal(
      "UNKNOWN_USER",
      `No user is called ${shown(externalId)}${source === null ? "" : ` by ${shown(source)}`}; make the user with upsertUsers first.`,
    )
  );
}

function keyOf({ userId, tagId }: Target): string {
  return `${userId} ${tagId}`;
}

async function readHeld(transaction: Transaction, targets: readonly Target[]): Promise<Map<string, Held>> {
  const rows = await transaction.read<Held>(
    `select t.user_id as "userId", t.tag_id as "tagId", t.number_value as "numberValue", t.text_value as "textValue", t.since, t.expires_at as "expiresAt", t.source
     from unnest($1::bigint[], $2::int[]) as w (user_id, tag_id) join user_tag t on t.user_id = w.user_id and t.tag_id = w.tag_id`,
    [targets.map(({ userId }) => userId), targets.map(({ tagId }) => tagId)],
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function sameValue(held: Held, wanted: Wanted): boolean {
  return held.numberValue === wanted.numberValue && held.textValue === wanted.textValue;
}

function isSame(held: Held | undefined, wanted: Wanted): boolean {
  return (
    held !== undefined &&
    sameValue(held, wanted) &&
    (held.expiresAt?.getTime() ?? null) === wanted.expiresAt &&
    (!wanted.sinceGiven || held.since.getTime() === wanted.since)
  );
}

function isExpired({ expiresAt }: Pick<Held, "expiresAt">, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function columnsOf(rows: readonly (Wanted & Target & { source: string })[]): unknown[] {
  return [
    rows.map(({ userId }) => userId),
    rows.map(({ tagId }) => tagId),
    rows.map(({ numberValue }) => numberValue),
    rows.map(({ textValue }) => textValue),
    rows.map(({ since }) => new Date(since)),
    rows.map(({ expiresAt }) => (expiresAt === null ? null : new Date(expiresAt))),
    rows.map(({ source }) => source),
  ];
}

async function writeHistory(transaction: Transaction, ended: readonly (Held & { until: Date })[]): Promise<void> {
  await transaction.read(
    `insert into user_tag_history (user_id, tag_id, number_value, text_value, since, until, source)
     select * from unnest($1::bigint[], $2::int[], $3::float8[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
     on conflict (user_id, tag_id, since) do update set until = excluded.until, number_value = excluded.number_value,
       text_value = excluded.text_value, source = excluded.source`,
    [
      ended.map(({ userId }) => userId),
      ended.map(({ tagId }) => tagId),
      ended.map(({ numberValue }) => numberValue),
      ended.map(({ textValue }) => textValue),
      ended.map(({ since }) => since),
      ended.map(({ until }) => until),
      ended.map(({ source }) => source),
    ],
  );
}
