import { TidemarkError } from "../errors.js";
import { eventTypes } from "../events/event-type.loader.js";
import { recordTagChanges } from "../people/change.step.js";
import { numberArray, textArray } from "../store/arrays.js";
import { copyIn, integers } from "../store/copy.js";
import type { Pool, Session, Transaction } from "../store/pool.js";
import { batchOf } from "./batch.js";
import { computedTags } from "./compute.loader.js";
import { type Difference, differenceOf, type StoredState } from "./difference.js";
import { compile } from "./evaluate.js";
import { withFacts } from "./facts.loader.js";
import { streamHistories } from "./history.loader.js";
import { carryHistories } from "./history.step.js";
import type { Computed } from "./holding.js";
import { type LifecycleStage, lifecycleStage } from "./lifecycle-stage.js";
import { COMPUTED_SOURCE, readStored } from "./stored.loader.js";
import { type TagCatalogue, tagCatalogue } from "./tag.loader.js";
import { Texts } from "./texts.js";
import { type HeldTag, keepHeld } from "./update-mode.js";

/**
 * The pipeline step: computes the tags of a batch of users at an instant from their events, and writes what is different.
 * METRIC tags become one row of numbers; RULE and DECLINE tags assignments, of which those that ended go into the history.
 * What people or other systems assigned is not touched.
 *
 * Computing again at the instant of the stored state is a correction (a late event): what then does not hold is taken back, as
 * though it had never been written. The result is that of a rebuild from nothing.
 *
 * @throws STALE_AS_OF when one of the users has been brought to a later instant
 */
export async function refreshTags(transaction: Transaction, userIds: readonly string[], asOf: Date): Promise<void> {
  const { compute, catalogue } = await computedTags(transaction);
  const batch = batchOf(
    [...userIds].sort((a, b) => Number(a) - Number(b)),
    integers,
  );
  const found = await readStored(transaction, batch, catalogue, asOf);
  refuseStale(found, asOf);
  const histories = await withFacts(transaction, await carryHistories(transaction, batch), compute.needs);
  const all = compute(histories, asOf.getTime());
  const { computed, stored } = keepHeld(all, found, heldTags(catalogue), asOf.getTime());
  const days = (key: string) => all.numbers[catalogue.byKey.get(key)?.slot ?? -1];
  const stages = batch.userIds.map((_, user) =>
    lifecycleStage(days("recency_days")?.[user] ?? NaN, days("tenure_days")?.[user] ?? NaN),
  );
  const difference = differenceOf(computed, stages, stored, asOf.getTime());
  await writeDifference(transaction, batch.userIds, computed, stages, difference, asOf);
  await tellDifference(transaction, batch.userIds, computed, difference, stored, asOf);
}

/** Who came to hold a tag, or holds it no more; not what is known better of who goes on holding it, nor what a new user begins with. */
async function tellDifference(
  transaction: Transaction,
  ids: readonly string[],
  { holdings }: Computed,
  { ended, assigned }: Difference,
  { asOfs }: StoredState,
  asOf: Date,
): Promise<void> {
  const changes = new Map<string, { user: number; tagId: number; before: string | null; after: string | null }>();
  for (const [row, user] of ended.places.entries())
    if (!Number.isNaN(asOfs[user]!)) {
      const tagId = ended.tagIds[row]!;
      const before = JSON.stringify(ended.texts[row] ?? true);
      changes.set(`${user} ${tagId}`, { user, tagId, before, after: null });
    }
  for (const [row, holding] of assigned.holdings.entries()) {
    const { tagId, users, texts } = holdings[holding]!;
    const place = assigned.rows[row]!;
    const user = users[place]!;
    if (Number.isNaN(asOfs[user]!)) continue;
    const after = JSON.stringify(texts?.[place] ?? true);
    const before = changes.get(`${user} ${tagId}`)?.before ?? null;
    if (before === after) changes.delete(`${user} ${tagId}`);
    else changes.set(`${user} ${tagId}`, { user, tagId, before, after });
  }
  const rows = [...changes.values()];
  await recordTagChanges(
    transaction,
    {
      userIds: rows.map(({ user }) => ids[user]!),
      subjectIds: rows.map(({ tagId }) => tagId),
      befores: rows.map(({ before }) => before),
      afters: rows.map(({ after }) => after),
    },
    asOf,
  );
}

function heldTags({ tags }: TagCatalogue): HeldTag[] {
  return tags
    .filter(({ updateMode, definition }) => updateMode !== "LIVE" && definition !== null)
    .map(({ id, slot, runAt }) => ({ id, slot, runAt: runAt?.getTime() ?? null }));
}

function refuseStale({ asOfs }: StoredState, asOf: Date): void {
  let latest = Number.NEGATIVE_INFINITY;
  for (const at of asOfs) if (at > latest) latest = at;
  if (latest > asOf.getTime())
    throw new TidemarkError(
      "STALE_AS_OF",
      `The tags of these users stand at ${new Date(latest).toISOString()}, and cannot be taken back to ${asOf.toISOString()}. Refresh at that day or a later one; for a past day, ask on demand with asOf.`,
    );
}

/** The latest instant that one of the users has been brought to; null: none has been computed yet. */
export async function latestAsOf(session: Session, userIds: readonly string[]): Promise<Date | null> {
  const [latest] = await session.read<{ asOf: Date | null }>(
    `select max(as_of) as "asOf" from user_metric where user_id = any($1::bigint[])`,
    [numberArray(userIds)],
  );
  return latest?.asOf ?? null;
}

/** Only what changed is sent, and straight into the tables: rows that are replaced have been taken away before. */
async function writeDifference(
  transaction: Transaction,
  ids: readonly string[],
  { numbers, holdings }: Computed,
  stages: readonly (LifecycleStage | null)[],
  { ended, assigned, corrected, measured, staged }: Difference,
  asOf: Date,
): Promise<void> {
  const { client } = transaction;
  // With these bounds a dense batch is read as one range. Such statements are planned anew for their arrays, see Session.run: a plan for
  // any arrays takes them for ten rows.
  const bounds = [ids[0] ?? "0", ids.at(-1) ?? "0"] as const;
  const idsOf = (places: readonly number[]) => numberArray(places.map((place) => ids[place]!));
  if (ended.places.length > 0)
    await transaction.run(END, [
      idsOf(ended.places),
      numberArray(ended.tagIds),
      textArray(ended.untils.map((until) => (until === null ? null : new Date(until).toISOString()))),
      ...bounds,
    ]);
  if (assigned.rows.length > 0)
    await copyIn(
      client,
      "user_tag (user_id, tag_id, since, source, evidence, text_value)",
      assigned.rows.length,
      (row, index) => {
        const { tagId, users, since, evidence, texts } = holdings[assigned.holdings[index]!]!;
        const place = assigned.rows[index]!;
        row.int8(ids[users[place]!]!);
        row.int4(tagId);
        row.epochMs(since[place]!);
        row.text(COMPUTED_SOURCE);
        row.json(evidence?.[place] ?? null);
        row.text(texts?.[place] ?? null);
      },
    );
  if (corrected.rows.length > 0) {
    await transaction.read(
      "create temp table if not exists user_tag_stage (user_id bigint, tag_id int, since timestamptz, evidence jsonb) on commit delete rows",
    );
    await copyIn(client, "user_tag_stage (user_id, tag_id, since, evidence)", corrected.rows.length, (row, index) => {
      const { tagId, users, since, evidence } = holdings[corrected.holdings[index]!]!;
      const place = corrected.rows[index]!;
      row.int8(ids[users[place]!]!);
      row.int4(tagId);
      row.epochMs(since[place]!);
      row.json(evidence?.[place] ?? null);
    });
    await probing(transaction, bounds, ids.length, () => transaction.run(CORRECT, bounds));
  }
  if (measured.length > 0) {
    await transaction.read("delete from user_metric where user_id = any($1::bigint[])", [idsOf(measured)]);
    const line = new Float64Array(numbers.length);
    await copyIn(client, "user_metric (user_id, as_of, numbers)", measured.length, (row, index) => {
      const user = measured[index]!;
      for (let slot = 0; slot < numbers.length; slot++) line[slot] = numbers[slot]?.[user] ?? Number.NaN;
      row.int8(ids[user]!);
      row.epochMs(asOf.getTime());
      row.float8s(line);
    });
  }
  if (staged.length > 0)
    await transaction.read(
      `update app_user u set lifecycle_stage = s.stage, updated_at = $3
       from unnest($1::bigint[], $2::text[]) as s (user_id, stage) where u.id = s.user_id`,
      [idsOf(staged), textArray(staged.map((user) => stages[user]!)), asOf],
    );
}

/** Users lie spread where the whole of their numbers is so many times theirs. */
const SPREAD = 4;

/**
 * Of users spread over all each row is found by its key: within their bounds the server would read nearly the whole table, which took
 * half of the time of such a batch.
 */
async function probing(
  transaction: Transaction,
  [first, last]: readonly [string, string],
  users: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const spread = Number(last) - Number(first) > SPREAD * users;
  if (spread)
    await transaction.read("select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)");
  await work();
  if (spread)
    await transaction.read("select set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)");
}

/** In place: no column of an index changes, so that most rows stay on their page and no index is touched. */
const CORRECT = `
  update user_tag t set since = s.since, evidence = s.evidence, source = '${COMPUTED_SOURCE}', number_value = null, expires_at = null
  from user_tag_stage s where t.user_id = s.user_id and t.tag_id = s.tag_id and t.user_id between $1::bigint and $2::bigint`;

/** Takes assignments away, and puts those that went on until some instant into the history. */
const END = `
  with ended as (
    delete from user_tag t using unnest($1::bigint[], $2::int[], $3::timestamptz[]) as e (user_id, tag_id, until)
    where t.user_id = e.user_id and t.tag_id = e.tag_id and t.user_id between $4::bigint and $5::bigint
    returning t.user_id, t.tag_id, t.since, t.number_value, t.text_value, e.until, t.source, t.evidence
  )
  insert into user_tag_history (user_id, tag_id, since, number_value, text_value, until, source, evidence)
  select * from ended where until is not null
  on conflict (user_id, tag_id, since) do update set until = excluded.until, source = excluded.source, evidence = excluded.evidence,
    text_value = excluded.text_value`;

/** Numbers of all users with an activity before an instant, straight from the events: what models are trained on. */
export interface TagMatrix {
  /** Ascending. */
  readonly userIds: Float64Array;
  /** One column per key, in their order; NaN where undefined, truth as 0 or 1, a text as its number in `texts`. */
  readonly columns: Float64Array[];
  readonly texts: Texts;
}

/**
 * @param everybody whether users who were known without an activity are among them
 * @param among which of the users are wanted, by their ids; all when left out
 * @throws UNKNOWN_TAG when a key is not that of a computed tag
 */
export async function tagMatrix(
  pool: Pool,
  {
    asOf,
    keys,
    everybody = false,
    among = () => true,
  }: {
    readonly asOf: Date;
    readonly keys: readonly string[];
    readonly everybody?: boolean;
    readonly among?: (userId: number) => boolean;
  },
): Promise<TagMatrix> {
  const { definitions, byKey } = await tagCatalogue(pool);
  const unknown = keys.find((key) => !byKey.get(key)?.definition);
  if (unknown !== undefined)
    throw new TidemarkError(
      "UNKNOWN_TAG",
      `${JSON.stringify(unknown)} is not the key of a computed tag; \`tags\` lists those there are.`,
    );
  const program = compile([{ measure: "count" }, ...keys.map((tag) => ({ tag }))], await eventTypes(pool), definitions);
  const parts: { userIds: Float64Array; columns: Float64Array[] }[] = [];
  const texts = new Texts();
  for await (const histories of streamHistories(pool, { before: asOf, needs: program.needs, everybody })) {
    const [active, ...columns] = program(histories, asOf.getTime());
    for (const [place, key] of keys.entries())
      if (byKey.get(key)!.valueType === "TEXT") columns[place] = translated(columns[place]!, histories.facts!.texts, texts);
    const chosen = (_: number, user: number) => (everybody || active![user]! > 0) && among(histories.userIds[user]!);
    parts.push({ userIds: histories.userIds.filter(chosen), columns: columns.map((column) => column.filter(chosen)) });
  }
  return {
    userIds: joined(parts.map(({ userIds }) => userIds)),
    columns: keys.map((_, place) => joined(parts.map(({ columns }) => columns[place]!))),
    texts,
  };
}

/** Texts by their numbers in another dictionary: each chunk of users has its own. */
function translated(column: Float64Array, from: Texts, to: Texts): Float64Array {
  return column.map((id) => (Number.isNaN(id) ? id : to.idOf(from.textOf(id))));
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
