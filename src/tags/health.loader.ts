import DataLoader from "dataloader";
import { perRequest } from "../request.js";
import type { TagRow } from "./tag.loader.js";
import { libraryOf } from "./tag-state.loader.js";

/** Whether a tag's values can be relied on. */
export interface Health {
  readonly coverage: number | null;
  readonly refreshedAt: Date | null;
  readonly drift: number | null;
  readonly driftFrom: Date | null;
  readonly lastError: string | null;
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
        const [rows, { failures }] = await Promise.all([
          context.store.pool.read<LatestRefresh>(
            `select distinct on (tag_id) tag_id as "tagId", drift, drift_from as "driftFrom" from tag_refresh
             where tag_id = any($1::int[]) order by tag_id, as_of desc`,
            [tags.map(({ id }) => id)],
          ),
          libraryOf(context)(),
        ]);
        const latest = new Map(rows.map((row) => [row.tagId, row]));
        return tags.map(({ id, key, coverage, refreshedAt }) => ({
          coverage,
          refreshedAt,
          drift: latest.get(id)?.drift ?? null,
          driftFrom: latest.get(id)?.driftFrom ?? null,
          lastError: failures.get(key) ?? null,
        }));
      },
      { cacheKeyFn: ({ id }) => id },
    ),
);
