import DataLoader from "dataloader";
import { perRequest } from "../request.js";

export interface SegmentRevisionRow {
  readonly revision: number;
  readonly expression: Record<string, unknown>;
  readonly savedAt: Date;
  readonly savedBy: string;
}

/** Revisions of one segment that are answered at once; older ones stay in the store. */
const MOST_REVISIONS = 100;

/** The revisions of each segment, the newest first. */
export const revisionsBySegment = perRequest(
  ({ store }) =>
    new DataLoader<number, SegmentRevisionRow[]>(async (ids) => {
      const rows = await store.pool.lookup<SegmentRevisionRow & { segmentId: number }>(
        `select segment_id as "segmentId", revision, expression, saved_at as "savedAt", saved_by as "savedBy" from (
           select *, row_number() over (partition by segment_id order by revision desc) as place from segment_revision where segment_id = any($1::int[])
         ) r where place <= $2 order by segment_id, revision desc`,
        [ids, MOST_REVISIONS],
      );
      const bySegment = Map.groupBy(rows, ({ segmentId }) => segmentId);
      return ids.map((id) => bySegment.get(id) ?? []);
    }),
);
