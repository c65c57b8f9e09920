import DataLoader from "dataloader";
import { perRequest } from "../request.js";
import type { TagContent } from "./tag-revision.entity.js";

export interface TagRevisionRow extends TagContent {
  readonly revision: number;
  /** Null: changes that are not published yet. */
  readonly publishedAt: Date | null;
  readonly publishedBy: string | null;
  readonly reason: string | null;
}

interface StoredRevision extends Omit<TagRevisionRow, keyof TagContent> {
  readonly tagId: number;
  readonly content: TagContent;
}

/** All that was published, the latest first. */
export const revisionsByTag = perRequest(
  ({ store }) =>
    new DataLoader<number, TagRevisionRow[]>(async (ids) => {
      const rows = await store.pool.read<StoredRevision>(
        `select tag_id as "tagId", revision, content, published_at as "publishedAt", published_by as "publishedBy", reason
         from tag_revision where tag_id = any($1::int[]) order by tag_id, revision desc`,
        [ids],
      );
      const byTag = Map.groupBy(rows, ({ tagId }) => tagId);
      return ids.map((id) => (byTag.get(id) ?? []).map(flat));
    }),
);

/** What waits to be published. */
export const draftByTag = perRequest(
  ({ store }) =>
    new DataLoader<number, TagRevisionRow | null>(async (ids) => {
      const rows = await store.pool.read<StoredRevision>(
        `select id as "tagId", revision + 1 as revision, draft as content, null as "publishedAt", null as "publishedBy", null as reason
         from tag where id = any($1::int[]) and draft is not null`,
        [ids],
      );
      const byTag = new Map(rows.map((row) => [row.tagId, flat(row)]));
      return ids.map((id) => byTag.get(id) ?? null);
    }),
);

function flat({ tagId: _, content, ...rest }: StoredRevision): TagRevisionRow {
  return { ...rest, ...content };
}
