import DataLoader from "dataloader";
import { TidemarkError } from "../errors.js";
import { perRequest, type RequestContext } from "../request.js";
import { type Bound, bindExpression } from "./bind.js";
import { catalogueFor, parsed, segmentsOfRequest } from "./catalogue.loader.js";
import { parseExpression } from "./expression.js";
import { countUsers, instantNow } from "./population.loader.js";
import type { SegmentRow } from "./segment.loader.js";
import { membershipStatement } from "./statement.js";

export interface UsableSegment {
  readonly segment: SegmentRow;
  /** What it says now, or why it cannot be asked (a tag that was removed, for example). */
  readonly where: Bound | TidemarkError;
}

/** The saved segments, looked up in the catalogue of the request. */
export async function usableSegments(context: RequestContext): Promise<readonly UsableSegment[]> {
  const segments = await segmentsOfRequest(context);
  const catalogue = await catalogueFor(
    context,
    segments.flatMap(({ expression }) => parsed(expression)),
  );
  return segments.map((segment) => ({
    segment,
    where: boundOrRefusal(() => bindExpression(parseExpression(segment.expression), catalogue)),
  }));
}

function boundOrRefusal(bind: () => Bound): Bound | TidemarkError {
  try {
    return bind();
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
}

/** Conditions of one statement: beyond that planning costs more than asking twice. */
const SEGMENTS_PER_STATEMENT = 25;

/** The segments that a user is in now: for all users of a page, one statement for every 25 saved segments. */
export const segmentsByUser = perRequest(
  (context) =>
    new DataLoader<string, readonly SegmentRow[]>(async (userIds) => {
      const usable = (await usableSegments(context)).filter(isBound);
      const found = new Map<string, SegmentRow[]>(userIds.map((id) => [id, []]));
      for (let from = 0; from < usable.length; from += SEGMENTS_PER_STATEMENT) {
        const some = usable.slice(from, from + SEGMENTS_PER_STATEMENT);
        const wheres = some.map(({ where }) => where);
        const { text, values } = membershipStatement(wheres, await instantNow(context, wheres, userIds), userIds);
        // Prepared: the text changes only when a segment does, and planning it costs more than running it.
        const rows = await context.store.pool.read<{ id: string } & Record<string, unknown>>(text, values);
        for (const row of rows)
          for (const [i, { segment }] of some.entries()) if (row[`s${i}`] === true) found.get(row.id)?.push(segment);
      }
      return userIds.map((id) => found.get(id) ?? []);
    }),
);

function isBound(usable: UsableSegment): usable is UsableSegment & { readonly where: Bound } {
  return !(usable.where instanceof TidemarkError);
}

/** How many users are in each segment now; null where it cannot be asked. One statement for a page of segments. */
export const countBySegment = perRequest(
  (context) =>
    new DataLoader<string, number | null>(
      async (keys) => {
        const usable = new Map((await usableSegments(context)).filter(isBound).map(({ segment, where }) => [segment.key, where]));
        const wheres = keys.flatMap((key) => usable.get(key) ?? []);
        const counts = wheres.length === 0 ? [] : await countUsers(context.store.pool, wheres, await instantNow(context, wheres));
        let next = 0;
        return keys.map((key) => (usable.has(key) ? counts[next++]! : null));
      },
      { maxBatchSize: 100, cache: false },
    ),
);
