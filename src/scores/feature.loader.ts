import { TidemarkError } from "../errors.js";
import type { Matrix } from "../learn/matrix.js";
import type { FittedModel } from "../learn/model.js";
import type { Session } from "../store/pool.js";
import { computedTags } from "../tags/compute.loader.js";
import { compile } from "../tags/evaluate.js";
import { type TagCatalogue, tagCatalogue } from "../tags/tag.loader.js";
import { columnsOfSlots, takeNumbers } from "./numbers.js";
import { codesOf } from "./words.js";

export interface FeatureRows {
  readonly userIds: readonly string[];
  readonly matrix: Matrix;
}

/** What is asked of users' features: their tags, and, for those that are texts, the numbers of their words. */
export interface Wanted {
  readonly features: readonly string[];
  readonly words: FittedModel["words"];
}

/** A model's features of users, out of what the tags step stored: one column for each key, in their order. */
export async function matrixOf(
  session: Session,
  catalogue: TagCatalogue,
  wanted: Wanted,
  rows: readonly { readonly userId: string; readonly numbers: Buffer }[],
): Promise<FeatureRows> {
  const columns = wanted.features.map(() => new Float64Array(rows.length));
  const columnOfSlot = columnsOfSlots(wanted.features.map((key) => catalogue.byKey.get(key)?.slot ?? null));
  for (const [row, { numbers }] of rows.entries()) takeNumbers(numbers, columnOfSlot, columns, row);
  const userIds = rows.map(({ userId }) => userId);
  await takeHeld(session, catalogue, wanted, userIds, columns);
  return { userIds, matrix: { rows: rows.length, columns } };
}

/** Fills the columns of tags that users hold rather than have a number of: 1 or 0, or the number of what it says. One statement where there are any. */
export async function takeHeld(
  session: Session,
  { byKey }: TagCatalogue,
  { features, words }: Wanted,
  userIds: readonly string[],
  columns: readonly Float64Array[],
): Promise<void> {
  const held = features.flatMap((key, column) => {
    const tag = byKey.get(key);
    return tag && tag.slot === null ? [{ id: tag.id, column }] : [];
  });
  if (held.length === 0 || userIds.length === 0) return;
  const rows = await session.read<{ userId: string; tagId: number; text: string | null }>(
    `select user_id as "userId", tag_id as "tagId", text_value as text from user_tag
     where user_id = any($1::bigint[]) and tag_id = any($2::int[])`,
    [userIds, held.map(({ id }) => id)],
  );
  const texts = new Map(rows.map(({ userId, tagId, text }) => [`${userId} ${tagId}`, text]));
  for (const { id, column } of held) {
    const names = words?.[column];
    const found = userIds.map((userId) => texts.get(`${userId} ${id}`));
    columns[column]!.set(
      names
        ? codesOf(
            found.map((text) => text ?? null),
            names,
          )
        : found.map((text) => (text === undefined ? 0 : 1)),
    );
  }
}

/**
 * Keys of the tags to learn from: the chosen ones, else those of the template, else every active METRIC tag whose value at a past date is
 * known. What reads an attribute or the channel knows them as they are now, perhaps because of what came after that date: such a tag is
 * learned from only where somebody names it.
 */
export async function featureKeys(
  session: Session,
  chosen: readonly string[] | null | undefined,
  ofTemplate: readonly string[] | null | undefined,
): Promise<string[]> {
  const { tags, byKey } = await tagCatalogue(session);
  if (!chosen?.length) {
    const { types, catalogue, failures } = await computedTags(session);
    const active = tags
      .filter(({ key, kind, state }) => kind === "METRIC" && state === "ACTIVE" && !failures.has(key))
      .map(({ key }) => key)
      .filter((key) => {
        const { attributes, channel } = compile([{ tag: key }], types, catalogue.definitions).needs;
        return attributes.length === 0 && !channel;
      });
    return ofTemplate ? active.filter((key) => ofTemplate.includes(key)) : active;
  }
  for (const key of chosen) {
    const tag = byKey.get(key);
    if (!tag)
      throw new TidemarkError(
        "UNKNOWN_TAG",
        `There is no tag ${JSON.stringify(key.slice(0, 60))}; see the query tags for those that there are.`,
      );
    if (tag.definition === null)
      throw new TidemarkError(
        "BAD_INPUT",
        `The tag ${key} is of the kind ${tag.kind}; a model learns from computed tags, whose value at a past date is known exactly. A RULE or METRIC tag can read it.`,
      );
  }
  return [...new Set(chosen)];
}
