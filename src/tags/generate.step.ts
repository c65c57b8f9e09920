import type { Transaction } from "../store/pool.js";
import type { TagDefinition } from "./definition.js";
import { declineOf } from "./generate.js";
import { recordRevision } from "./record-revision.step.js";
import type { TagFamily, TagKind, TagState } from "./tag.entity.js";

interface Metric {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly family: TagFamily;
  readonly kind: TagKind;
  readonly state: TagState;
  readonly definition: TagDefinition | null;
}

const LONGEST_KEY = 63;

/**
 * Makes the decline tag of a metric that somebody made, or brings it up to date with the metric's revision. Another tag of that key is
 * left as it is. Called in the transaction that makes or publishes the metric.
 */
export async function generateDecline(transaction: Transaction, tagId: number, by: string, now: Date): Promise<void> {
  const [metric] = await transaction.read<Metric>(
    "select id, key, name, family, kind, state, definition from tag where id = $1 and not built_in",
    [tagId],
  );
  if (metric?.kind !== "METRIC" || metric.definition === null) return;
  const others = await transaction.read<{ key: string; definition: TagDefinition }>(
    "select key, definition from tag where kind = 'METRIC' and definition is not null",
  );
  const found = declineOf(
    { ...metric, definition: metric.definition },
    new Map(others.map(({ key, definition }) => [key, definition])),
  );
  const [known] = await transaction.read<{ id: number }>("select id from tag where generated_from = $1 and state <> 'RETIRED'", [
    metric.id,
  ]);
  if (known) {
    // Without a window before there is nothing to compare with any more: it says nothing then, and can be retired.
    const content = found ?? { definition: { expression: { not: { gte: [1, 0] } } } satisfies TagDefinition };
    const changed = await transaction.read<object>(
      `update tag set definition = $2, description = coalesce($3, description), name = coalesce($4, name), revision = revision + 1, updated_at = $5
       where id = $1 and definition is distinct from $2::jsonb returning id`,
      [known.id, JSON.stringify(content.definition), found?.description ?? null, found?.name ?? null, now],
    );
    if (changed.length > 0) await recordRevision(transaction, known.id, { by, reason: `follows ${metric.key}` }, now);
    return;
  }
  if (!found || found.key.length > LONGEST_KEY) return;
  const [made] = await transaction.read<{ id: number }>(
    `insert into tag (key, name, description, family, kind, value_type, department_id, visibility, state, definition, generated_from, created_at, updated_at)
     select $2, $3, $4, family, 'DECLINE', 'BOOLEAN', department_id, visibility, state, $5, id, $6, $6 from tag where id = $1
     on conflict (key) do nothing returning id`,
    [metric.id, found.key, found.name, found.description, JSON.stringify(found.definition), now],
  );
  if (!made) return;
  const reason = `generated from ${metric.key}`;
  await transaction.read(
    "insert into tag_lifecycle (tag_id, from_state, to_state, at, by_whom, reason) values ($1, null, $2, $3, $4, $5)",
    [made.id, metric.state, now, by, reason],
  );
  await recordRevision(transaction, made.id, { by, reason }, now);
}

/** Moves the decline tags of a metric along with it, those that stood where it stood. */
export async function moveGenerated(
  transaction: Transaction,
  { tagId, from, to, by }: { readonly tagId: number; readonly from: TagState; readonly to: TagState; readonly by: string },
  now: Date,
): Promise<void> {
  await transaction.read(
    `with moved as (update tag set state = $3, updated_at = $5 where generated_from = $1 and state = $2 returning id)
     insert into tag_lifecycle (tag_id, from_state, to_state, at, by_whom, reason)
     select id, $2, $3, $5, $4, 'with the metric it is generated from' from moved`,
    [tagId, from, to, by, now],
  );
}
