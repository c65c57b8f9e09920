import { TidemarkError } from "../errors.js";
import { LARGEST_BULK, type RowRejection } from "../page.js";
import type { Pool } from "../store/pool.js";
import { type Declarations, isOfType } from "./attribute.js";
import { declaredAttributes } from "./attribute.loader.js";
import {
  type AttributeValue,
  cleanAttributes,
  LONGEST_CHANNEL,
  LONGEST_EXTERNAL_ID,
  MOST_ATTRIBUTES,
  optionalInstant,
  optionalText,
  Refusal,
  requiredText,
} from "./clean.js";
import { resolveUsers } from "./identify.step.js";
import { markUsers, retryWhenGone } from "./mark.step.js";
import { DEFAULT_SOURCE, LONGEST_SOURCE } from "./source.js";
import { resolveSources } from "./source.step.js";
import type { UserRow } from "./user.loader.js";

/** One row as it came in; every field is checked here. */
export interface UserInput {
  readonly externalId?: unknown;
  readonly source?: unknown;
  readonly attributes?: unknown;
  readonly channel?: unknown;
  readonly firstSeenAt?: unknown;
}

export interface UpsertResult {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: RowRejection[];
}

interface CleanUser {
  readonly index: number;
  readonly externalId: string;
  readonly source: string;
  readonly attributes: Map<string, AttributeValue>;
  readonly channel: string | null;
  readonly firstSeenAt: number | null;
}

/** Makes users and merges what is said about them, in one transaction; marks those that changed. */
export function upsertUsers(pool: Pool, users: readonly UserInput[], now: Date): Promise<UpsertResult> {
  return retryWhenGone(() => upsert(pool, users, now));
}

async function upsert(pool: Pool, users: readonly UserInput[], now: Date): Promise<UpsertResult> {
  if (users.length > LARGEST_BULK)
    throw new TidemarkError(
      "TOO_MANY_ROWS",
      `users has ${users.length} rows; a call takes at most ${LARGEST_BULK}. Send them in several calls.`,
    );
  const declared = await declaredAttributes(pool);
  const rejected: RowRejection[] = [];
  const clean: CleanUser[] = [];
  for (const [index, user] of users.entries()) {
    const row = cleanUser(user, index, declared);
    if (row instanceof Refusal) rejected.push({ index, code: row.code, message: row.message });
    else clean.push(row);
  }
  if (clean.length === 0) return { created: 0, updated: 0, unchanged: 0, rejected };
  const sources = await resolveSources(
    pool,
    clean.map(({ source }) => source),
  );
  return pool.transaction(async (transaction) => {
    const { ids, createdIds } = await resolveUsers(
      transaction,
      { externalIds: clean.map(({ externalId }) => externalId), sourceIds: clean.map(({ source }) => sources.get(source)!) },
      now,
    );
    const stored = await transaction.read<Pick<UserRow, "id" | "firstSeenAt" | "channel" | "attributes">>(
      `select id, first_seen_at as "firstSeenAt", channel, attributes from app_user where id = any($1::bigint[])`,
      [[...new Set(ids)]],
    );
    const states = new Map(stored.map((row) => [row.id, new UserState(row)]));
    const fresh = new Set(createdIds);
    let created = 0;
    let updated = 0;
    let unchanged = 0;
    for (const [row, user] of clean.entries()) {
      const id = ids[row]!;
      const state = states.get(id)!;
      if (state.sizeWith(user.attributes) > MOST_ATTRIBUTES) {
        rejected.push({
          index: user.index,
          code: "TOO_LONG",
          message: `The user would have more than ${MOST_ATTRIBUTES} attributes; delete some by setting them to null.`,
        });
        continue;
      }
      const changed = state.merge(user);
      if (fresh.delete(id)) created++;
      else if (changed) updated++;
      else unchanged++;
    }
    const changed = [...states].filter(([id, state]) => state.changed || createdIds.has(id));
    await markUsers(
      transaction,
      changed.map(([id]) => id),
      now,
    );
    // Merged where it is stored, so that two writers of different keys of one user both stay.
    await transaction.read(
      `update app_user u
       set attributes = (u.attributes || v.attributes) - array(select jsonb_array_elements_text(v.deleted)),
         channel = coalesce(v.channel, u.channel), first_seen_at = least(u.first_seen_at, v.first_seen_at), updated_at = $6
       from unnest($1::bigint[], $2::jsonb[], $3::jsonb[], $4::text[], $5::timestamptz[]) as v (id, attributes, deleted, channel, first_seen_at)
       where u.id = v.id`,
      [
        changed.map(([id]) => id),
        changed.map(([, state]) => JSON.stringify(Object.fromEntries(state.set))),
        changed.map(([, state]) => JSON.stringify([...state.deleted])),
        changed.map(([, state]) => state.channel),
        changed.map(([, state]) => (state.firstSeenAt === null ? null : new Date(state.firstSeenAt))),
        now,
      ],
    );
    return { created, updated, unchanged, rejected: rejected.sort((a, b) => a.index - b.index) };
  });
}

/** What a batch says about one user, folded row after row over what is stored. */
class UserState {
  readonly set = new Map<string, AttributeValue>();
  readonly deleted = new Set<string>();
  channel: string | null = null;
  firstSeenAt: number | null = null;
  changed = false;
  readonly #attributes: Map<string, unknown>;
  #channel: string | null;
  #firstSeenAt: number;

  constructor(stored: Pick<UserRow, "firstSeenAt" | "channel" | "attributes">) {
    this.#attributes = new Map(Object.entries(stored.attributes));
    this.#channel = stored.channel;
    this.#firstSeenAt = stored.firstSeenAt?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  sizeWith(attributes: ReadonlyMap<string, AttributeValue>): number {
    let size = this.#attributes.size;
    for (const [key, value] of attributes) size += (value === null ? 0 : 1) - (this.#attributes.has(key) ? 1 : 0);
    return size;
  }

  merge(user: CleanUser): boolean {
    let changed = false;
    for (const [key, value] of user.attributes) {
      if (value === null ? !this.#attributes.has(key) : this.#attributes.get(key) === value) continue;
      changed = true;
      this.set.delete(key);
      this.deleted.delete(key);
      if (value === null) {
        this.#attributes.delete(key);
        this.deleted.add(key);
      } else {
        this.#attributes.set(key, value);
        this.set.set(key, value);
      }
    }
    if (user.channel !== null && user.channel !== this.#channel) {
      this.#channel = this.channel = user.channel;
      changed = true;
    }
    if (user.firstSeenAt !== null && user.firstSeenAt < this.#firstSeenAt) {
      this.#firstSeenAt = this.firstSeenAt = user.firstSeenAt;
      changed = true;
    }
    this.changed ||= changed;
    return changed;
  }
}

function cleanUser(user: UserInput, index: number, declared: Declarations): CleanUser | Refusal {
  const externalId = requiredText(user.externalId, "externalId", LONGEST_EXTERNAL_ID);
  if (externalId instanceof Refusal) return externalId;
  const source = optionalText(user.source, "source", LONGEST_SOURCE);
  if (source instanceof Refusal) return source;
  const attributes = cleanAttributes(user.attributes, "attributes");
  if (attributes instanceof Refusal) return attributes;
  for (const [key, value] of attributes) {
    const type = declared.get(key)?.type;
    // Without the value, which may be somebody's secret.
    if (type && value !== null && !isOfType(value, type))
      return new Refusal("BAD_ROW", `attributes.${key} is declared as ${type}; send one, or null to delete it.`);
  }
  const channel = optionalText(user.channel, "channel", LONGEST_CHANNEL);
  if (channel instanceof Refusal) return channel;
  const firstSeenAt = optionalInstant(user.firstSeenAt, "firstSeenAt");
  if (firstSeenAt instanceof Refusal) return firstSeenAt;
  return { index, externalId, source: source ?? DEFAULT_SOURCE, attributes, channel, firstSeenAt };
}
