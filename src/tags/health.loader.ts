import DataLoader from "dataloader";
import { accessOf } from "../people/access.loader.js";
import { perRequest } from "../request.js";
import { tagsOfDefinition } from "./dependant.js";
import { type TagRow, thingOfTag, wholeCatalogueOf } from "./tag.loader.js";
import { libraryOf } from "./tag-state.loader.js";

/** Whether a tag's values can be relied on. */
export interface Health {
  readonly coverage: number | null;
  readonly refreshedAt: Date | null;
  readonly drift: number | null;
  readonly driftFrom: Date | null;
  readonly lastError: string | null;
  readonly warning: string | null;
}

interface LatestRefresh {
  readonly tagId: number;
  readonly drift: number | null;
  readonly driftFrom: Date | null;
}

export const healthByTag = perRequest(
  (context) =>
    new DataLoader<TagRow, Health, number>(
      async (tags) => {
        const [rows, { failures }, { byKey }, access] = await Promise.all([
          context.store.pool.read<LatestRefresh>(
            `select distinct on (tag_id) tag_id as "tagId", drift, drift_from as "driftFrom" from tag_refresh
             where tag_id = any($1::int[]) order by tag_id, as_of desc`,
            [tags.map(({ id }) => id)],
          ),
          libraryOf(context)(),
          wholeCatalogueOf(context)(),
          accessOf(context)(),
        ]);
        /** What it is made from and its department may not read any more. */
        const lost = ({ definition, department }: TagRow) =>
          (definition ? tagsOfDefinition(definition) : []).flatMap((key) => {
            const tag = byKey.get(key);
            const level = tag && access(thingOfTag(tag), { department: department.key, everything: false });
            return tag && level !== "READ" ? [`${key} of the department ${tag.department.key}`] : [];
          });
        const latest = new Map(rows.map((row) => [row.tagId, row]));
        return tags.map((tag) => ({
          coverage: tag.coverage,
          refreshedAt: tag.refreshedAt,
          drift: latest.get(tag.id)?.drift ?? null,
          driftFrom: latest.get(tag.id)?.driftFrom ?? null,
          lastError: failures.get(tag.key) ?? null,
          warning: warningOf(lost(tag)),
        }));
      },
      { cacheKeyFn: ({ id }) => id },
    ),
);

function warningOf(lost: readonly string[]): string | null {
  if (lost.length === 0) return null;
  return `It is made from ${lost.join(" and ")}, which is not shared with its department any more; ask for it with requestGrant, or change the definition.`;
}
