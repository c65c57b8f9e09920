import type { RequestContext } from "../request.js";
import { accessOf } from "./access.loader.js";
import type { AlertQuestion } from "./alert.step.js";
import { hiddenFrom } from "./change.loader.js";
import { guardedThings } from "./thing.step.js";

/** What the viewer may not be told about by alerts. */
export async function hiddenAlerts(context: RequestContext): Promise<Pick<AlertQuestion, "hidden" | "hiddenMembers">> {
  const [access, guarded, changes] = await Promise.all([
    accessOf(context)(),
    guardedThings(context.store.pool),
    hiddenFrom(context),
  ]);
  return {
    hidden: guarded.filter((thing) => access(thing) !== "READ"),
    hiddenMembers: changes.flatMap(({ kind, subjectIds }) => (kind === "SegmentEntered" ? subjectIds : [])),
  };
}
