import { shown } from "../people/clean.js";
import { markEverybody } from "../people/mark.step.js";
import type { Pool, Transaction } from "../store/pool.js";
import { checkTexts, checkTtl, refused, type TagPayload } from "./catalogue.step.js";
import { KIND_OF_VALUE, readDefinition } from "./definition.loader.js";
import { generateDecline } from "./generate.step.js";
import { ExpressionError } from "./parse.js";
import { type Publication, recordRevision, TAG_CONTENT } from "./record-revision.step.js";
import type { TagKind, TagState, TagValueType } from "./tag.entity.js";
import { bumpCatalogue, lockCatalogue, tagCatalogue } from "./tag.loader.js";
import type { TagContent } from "./tag-revision.entity.js";

/*
 * What is published counts; changes to it are gathered in a draft that counts for nothing until it is published as the next revision. A roll-back
 * publishes an earlier revision's content once more, as the next one: numbers only go up, and what was meant at any time stays readable.
 */

/** A change of a tag: what is absent stays as it is. */
export interface TagChange {
  readonly key: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly unit?: string | null;
  readonly definition?: unknown;
  /** 0: never. */
  readonly ttlDays?: number | null;
}

/** Adds to what waits to be published. A change that leads back to what is published leaves nothing waiting. */
export async function updateTag(pool: Pool, change: TagChange, now: Date): Promise<TagPayload> {
  return changed(pool, change.key, async (transaction, tag) => {
    const isMeant = [change.name, change.description, change.unit, change.definition].some(
      (part) => part !== undefined && part !== null,
    );
    if (tag.builtIn && isMeant) return keepsItsMeaning(tag.key);
    const before = tag.draft ?? tag.content;
    const after = {
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      unit: change.unit ?? before.unit,
    };
    const errors = [...checkTexts(after), ...checkTtl(change.ttlDays ?? null, tag.kind, 0)];
    if (errors.length > 0) return { tag: null, errors };
    let definition = before.definition;
    if (change.definition !== undefined && change.definition !== null) {
      const read = await readAgain(transaction, tag, change.definition);
      if ("errors" in read) return read;
      definition = read.definition;
    }
    const ttlDays = (change.ttlDays ?? before.ttlDays) || null;
    await transaction.read(`update tag t set draft = nullif($2::jsonb, ${TAG_CONTENT}), updated_at = $3 where id = $1`, [
      tag.id,
      JSON.stringify({ ...after, definition, ttlDays } satisfies TagContent),
      now,
    ]);
    return undefined;
  });
}

/** Drops what waits to be published. */
export async function discardTagChanges(pool: Pool, key: string, now: Date): Promise<TagPayload> {
  return changed(pool, key, async (transaction, tag) => {
    if (!tag.draft) return nothingWaits(key);
    await transaction.read("update tag set draft = null, updated_at = $2 where id = $1", [tag.id, now]);
    return undefined;
  });
}

/** Makes what waits the next revision, and marks everybody where values change. */
export async function publishTag(pool: Pool, publication: Publication, now: Date): Promise<TagPayload> {
  return changed(pool, publication.key, async (transaction, tag) => {
    if (!tag.draft) return nothingWaits(publication.key);
    return publish(transaction, { tag, content: tag.draft, publication, draft: null }, now);
  });
}

/** Makes the content of an earlier revision the next one. What waits to be published goes on waiting. */
export async function rollbackTag(pool: Pool, publication: Publication, revision: number, now: Date): Promise<TagPayload> {
  return changed(pool, publication.key, async (transaction, tag) => {
    if (tag.builtIn) return keepsItsMeaning(tag.key);
    if (revision === tag.revision)
      return refused("CONFLICT", `Revision ${revision} is the one that counts; name an earlier one.`, "revision");
    const [earlier] = await transaction.read<{ content: TagContent }>(
      "select content from tag_revision where tag_id = $1 and revision = $2",
      [tag.id, revision],
    );
    if (!earlier)
      return refused("NOT_FOUND", `The tag ${tag.key} has no revision ${revision}; its \`revisions\` lists them.`, "revision");
    const reason = publication.reason ?? `back to revision ${revision}`;
    return publish(
      transaction,
      { tag, content: earlier.content, publication: { ...publication, reason }, draft: tag.draft },
      now,
    );
  });
}

interface LockedTag {
  readonly id: number;
  readonly key: string;
  readonly kind: TagKind;
  readonly valueType: TagValueType;
  readonly state: TagState;
  readonly revision: number;
  readonly builtIn: boolean;
  readonly draft: TagContent | null;
  readonly content: TagContent;
}

/** One change of the catalogue at a time: two that are right by themselves could make a circle of tags together. */
async function changed(
  pool: Pool,
  key: string,
  work: (transaction: Transaction, tag: LockedTag) => Promise<TagPayload | undefined>,
): Promise<TagPayload> {
  const refusal = await pool.transaction(async (transaction) => {
    await lockCatalogue(transaction);
    const [tag] = await transaction.read<LockedTag>(
      `select id, key, kind, value_type as "valueType", state, revision, built_in as "builtIn", draft, ${TAG_CONTENT} as content from tag t where key = $1 for update`,
      [key],
    );
    if (!tag) return refused("NOT_FOUND", `There is no tag ${shown(key)}; \`tags\` lists those there are.`, "key");
    if (tag.state === "RETIRED") return refused("CONFLICT", `The tag ${tag.key} is RETIRED; make another one.`, "key");
    const found = await work(transaction, tag);
    if (!found) await bumpCatalogue(transaction);
    return found;
  });
  return refusal ?? { tag: (await tagCatalogue(pool)).byKey.get(key) ?? null, errors: [] };
}

async function publish(
  transaction: Transaction,
  {
    tag,
    content,
    publication,
    draft,
  }: { tag: LockedTag; content: TagContent; publication: Publication; draft: TagContent | null },
  now: Date,
): Promise<TagPayload | undefined> {
  // What it is made from may have been retired, or may have come to be made from it, since it was written.
  if (content.definition) {
    const read = await readAgain(transaction, tag, content.definition.expression);
    if ("errors" in read) return read;
  }
  const [published] = await transaction.read<{ revision: number; changed: boolean }>(
    `update tag t set name = $2, description = $3, unit = $4, definition = $5, ttl_days = $8, revision = t.revision + 1, updated_at = $7,
       draft = nullif($6::jsonb, jsonb_build_object('name', $2::text, 'description', $3::text, 'unit', $4::text, 'definition', $5::jsonb, 'ttlDays', $8::int))
     from tag before where t.id = $1 and before.id = t.id
     returning t.revision, t.definition is distinct from before.definition as changed`,
    [
      tag.id,
      content.name,
      content.description,
      content.unit,
      content.definition && JSON.stringify(content.definition),
      draft && JSON.stringify(draft),
      now,
      content.ttlDays,
    ],
  );
  await recordRevision(transaction, tag.id, publication, now);
  await generateDecline(transaction, tag.id, publication.by, now);
  if (published!.changed && tag.state !== "DRAFT") await markEverybody(transaction, now);
  return undefined;
}

async function readAgain(transaction: Transaction, { key, kind, valueType }: LockedTag, input: unknown) {
  if (kind === "DECLINE")
    return refused("BAD_INPUT", `The tag ${key} is generated from its metric; change that one's definition.`, "definition");
  if (kind !== "RULE" && kind !== "METRIC")
    return refused(
      "BAD_INPUT",
      `A ${kind} tag is given by people or systems, so it has no definition; leave it out.`,
      "definition",
    );
  try {
    const gives = KIND_OF_VALUE[valueType];
    return { definition: await readDefinition(transaction, await tagCatalogue(transaction), { input, gives, self: key }) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const path = ["definition", ...error.path];
    return { tag: null, errors: [{ code: "BAD_INPUT", message: `${path.join(".")}: ${error.message}`, path }] };
  }
}

function keepsItsMeaning(key: string): TagPayload {
  return refused("CONFLICT", `The tag ${key} ships with Tidemark and keeps its meaning; make one of your own from it.`, "key");
}

function nothingWaits(key: string): TagPayload {
  return refused("CONFLICT", `Nothing of the tag ${key} waits to be published; change it with updateTag first.`, "key");
}
