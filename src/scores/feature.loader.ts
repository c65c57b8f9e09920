import { TidemarkError } from "../errors.js";
import type { Matrix } from "../learn/matrix.js";
import type { Session } from "../store/pool.js";
import { computedTags } from "../tags/compute.loader.js";
import { compile } from "../tags/evaluate.js";
import { type TagCatalogue, tagCatalogue } from "../tags/tag.loader.js";
import { columnsOfSlots, takeNumbers } from "./numbers.js";

export interface FeatureRows {
  readonly userIds: readonly string[];
  readonly matrix: Matrix;
}

/** A model's features of users, out of what the tags step stored: one column for each key, in their order. */
export function matrixOf(
  { byKey }: TagCatalogue,
  features: readonly string[],
  rows: readonly { readonly userId: string; readonly numbers: Buffer }[],
): FeatureRows {
  const columns = features.map(() => new Float64Array(rows.length));
  const columnOfSlot = columnsOfSlots(features.map((key) => byKey.get(key)?.slot ?? null));
  for (const [row, { numbers }] of rows.entries()) takeNumbers(numbers, columnOfSlot, columns, row);
  return { userIds: rows.map(({ userId }) => userId), matrix: { rows: rows.length, columns } };
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
    const { types, catalogue } = await computedTags(session);
    const active = tags
      .filter(({ kind, state }) => kind === "METRIC" && state === "ACTIVE")
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
    if (tag.kind !== "METRIC")
      throw new TidemarkError(
        "BAD_INPUT",
        `The tag ${key} is of the kind ${tag.kind}; a model can only learn from METRIC tags, whose value at a past date is known exactly.`,
      );
  }
  return [...new Set(chosen)];
}
