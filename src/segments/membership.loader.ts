import DataLoader from "dataloader";
import { TidemarkError } from "../errors.js";
import { perRequest, type RequestContext } from "../request.js";
import { type Bound, bindExpression, keptMembers } from "./bind.js";
import type { Catalogue } from "./catalogue.js";
import { catalogueFor, parsed, segmentsOfRequest } from "./catalogue.loader.js";
import type { Instant } from "./compile.js";
import { parseExpression } from "./expression.js";
import { lentIn } from "./lent.js";
import { countUsers, instantNow } from "./population.loader.js";
import { type Lent, levelOf, nameOf } from "./rights.js";
import type { SegmentRow } from "./segment.loader.js";
import { membershipStatement } from "./statement.js";
import { tellingOf } from "./telling.loader.js";

export interface UsableSegment {
  readonly segment: SegmentRow;
  /** Who is in it: whoever satisfies a LIVE one, the members that are kept of another; or why it cannot be asked (a tag that was removed, for example). */
  readonly where: Bound | TidemarkError;
}

/**
 * The saved segments, looked up in the catalogue of the request: each by the rights of its department, so that one that has lost a grant says
 * so to everybody, and marked where the viewer may count by it alone.
 */
export async function usableSegments(context: RequestContext): Promise<readonly UsableSegment[]> {
  const segments = await segmentsOfRequest(context);
  const catalogue = await catalogueFor(
    context,
    segments.flatMap(({ expression }) => parsed(expression)),
    { allSegments: true },
  );
  return segments.map((segment) => {
    const definition = boundOrRefusal(() => defined(segment, catalogue));
    const isKept = segment.mode !== "LIVE" && !(definition instanceof TidemarkError);
    return { segment, where: isKept ? keptMembers(segment.id, definition) : definition };
  });
}

function defined({ key, expression, department }: SegmentRow, catalogue: Catalogue): Bound {
  const level = catalogue.rights ? levelOf(catalogue.rights, "SEGMENT", key, null) : "READ";
  const lent: Lent = { kind: "SEGMENT", key, department: department.key };
  if (level === "NONE")
    throw new TidemarkError("FORBIDDEN", `${nameOf(lent)} is not shared with your department; ask for it with requestGrant.`, {
      withheld: [lent],
    });
  const where = bindExpression(parseExpression(expression), catalogue, [], department.key);
  return level === "READ" ? where : { ...where, lent };
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
      // Whom one may only count by a segment, one does not find in it one by one.
      const usable = (await usableSegments(context)).filter(isBound).filter(({ where }) => lentIn([where]) === undefined);
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

async function tellOrNull(context: RequestContext, where: Bound, count: number, at: Instant): Promise<number | null> {
  try {
    return (await tellingOf(context, [where], at))(count);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === "TOO_FEW") return null;
    throw error;
  }
}

/** How many users are in each segment now; null where it cannot be asked. One statement for a page of segments. */
export const countBySegment = perRequest(
  (context) =>
    new DataLoader<string, number | null>(
      async (keys) => {
        const usable = new Map((await usableSegments(context)).filter(isBound).map(({ segment, where }) => [segment.key, where]));
        const wheres = keys.flatMap((key) => usable.get(key) ?? []);
        if (wheres.length === 0) return keys.map(() => null);
        const at = await instantNow(context, wheres);
        const counts = await countUsers(context.store.pool, wheres, at);
        const told = await Promise.all(wheres.map(async (where, i) => tellOrNull(context, where, counts[i]!, at)));
        let next = 0;
        return keys.map((key) => (usable.has(key) ? told[next++]! : null));
      },
      { maxBatchSize: 100, cache: false },
    ),
);
