import DataLoader from "dataloader";
import { type Declarations, mayReadAttribute } from "../people/attribute.js";
import { attributesOfRequest } from "../people/attribute.loader.js";
import { perRequest, type RequestContext } from "../request.js";
import { parsed, segmentsOfRequest } from "./catalogue.loader.js";
import { type Expression, nodesOf } from "./expression.js";
import type { FlippedCondition } from "./segment-member.entity.js";

/** Why somebody came into a segment or left it. */
export interface Reason {
  readonly reason: string | null;
  readonly conditions: readonly FlippedCondition[];
}

const NOT_TOLD: Reason = { reason: "not told, for the segment asks for attributes that are not shown to you", conditions: [] };

/**
 * A reason as the viewer may read it. Where a segment asks for an attribute that is not shown to them, the very condition that flipped
 * would say of a user what the attribute does, and so would its being another one: then no condition is told.
 */
export async function toldReason(context: RequestContext, segmentId: number, reason: Reason): Promise<Reason> {
  if (reason.conditions.length === 0) return reason;
  const declared = await attributesOfRequest(context);
  const asked = reason.conditions.flatMap(({ text }) => parsed({ text }));
  // What was shortened cannot be read back.
  if (asked.length < reason.conditions.length && asksHidden(context, declared, null)) return NOT_TOLD;
  if (asksHidden(context, declared, asked)) return NOT_TOLD;
  return (await hidesConditions(context).load(segmentId)) ? NOT_TOLD : reason;
}

/** Whether a segment as it stands asks for an attribute that the viewer may not read, by itself or by the segments it refers to. */
const hidesConditions = perRequest(
  (context) =>
    new DataLoader<number, boolean>(async (ids) => {
      const [segments, declared] = await Promise.all([segmentsOfRequest(context), attributesOfRequest(context)]);
      const byKey = new Map(segments.map((segment) => [segment.key, segment]));
      const byId = new Map(segments.map((segment) => [segment.id, segment]));
      const written = (expression: unknown, seen: ReadonlySet<string>): Expression[] =>
        parsed(expression).flatMap((each) => {
          const nodes = [...nodesOf(each)];
          const referred = nodes.flatMap((node) => (node.kind === "segment" && !seen.has(node.key) ? [node.key] : []));
          return [...nodes, ...referred.flatMap((key) => written(byKey.get(key)?.expression, new Set([...seen, key])))];
        });
      return ids.map((id) => {
        const segment = byId.get(id);
        // Of one that is gone nobody knows any more what it asked for.
        return segment === undefined || asksHidden(context, declared, written(segment.expression, new Set([segment.key])));
      });
    }),
);

/** @param nodes null: whatever they may be */
function asksHidden({ viewer }: RequestContext, declared: Declarations, nodes: readonly Expression[] | null): boolean {
  if (nodes === null) return !mayReadAttribute(viewer, "", new Map());
  return nodes.some((node) => node.kind === "attribute" && !mayReadAttribute(viewer, node.name, declared));
}
