import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { toGlobalId } from "../node.js";
import { afterId, type Connection, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import type { AlertSubject } from "./alert.entity.js";
import { hiddenAlerts } from "./alert.loader.js";
import { type AlertRow, readAlerts } from "./alert.step.js";
import { Alert, AlertConnection, AlertSubjectEnum } from "./alert.type.js";

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
    const rows = await readAlerts(context.store.pool, {
      ...(await hiddenAlerts(context)),
      subjectType: subjectType ?? null,
      subjectKey: subjectKey ?? null,
      ids: null,
      beforeId: afterId(after),
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
