import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { toGlobalId } from "../node.js";
import { type Connection, decodeCursor, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { accessOf } from "./access.loader.js";
import type { AlertSubject } from "./alert.entity.js";
import { type AlertRow, readAlerts } from "./alert.step.js";
import { Alert, AlertConnection, AlertSubjectEnum } from "./alert.type.js";
import { hiddenFrom } from "./change.loader.js";
import { guardedThings } from "./thing.step.js";

@Resolver(() => Alert)
export class AlertResolver {
  @Query(() => AlertConnection, { description: "What somebody should look at, the latest first; of what the viewer may read." })
  async alerts(
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("subjectType", () => AlertSubjectEnum, { nullable: true }) subjectType?: AlertSubject | null,
    @Arg("subjectKey", () => String, { nullable: true }) subjectKey?: string | null,
  ): Promise<Connection<AlertRow>> {
    const [last] = after ? decodeCursor(after, 1) : [null];
    const { pool } = context.store;
    const [access, guarded, changes] = await Promise.all([accessOf(context)(), guardedThings(pool), hiddenFrom(context)]);
    const rows = await readAlerts(pool, {
      subjectType: subjectType ?? null,
      subjectKey: subjectKey ?? null,
      beforeId: last === null ? null : String(Number(last)),
      hidden: guarded.filter((thing) => access(thing) !== "READ"),
      hiddenMembers: changes.flatMap(({ kind, subjectIds }) => (kind === "SegmentEntered" ? subjectIds : [])),
      limit: pageSize(first) + 1,
    });
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (alert) => alert,
    );
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: AlertRow): string {
    return toGlobalId("Alert", Number(id));
  }
}
