import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { afterId, type Connection, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { type AuditRow, readAudit } from "./audit.step.js";
import { AuditConnection } from "./audit.type.js";

@Resolver()
export class AuditResolver {
  @Query(() => AuditConnection, {
    description: "Every change that was asked for through the graph, the latest first: who, when, what about.",
  })
  async auditLog(
    @Ctx() { store }: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("operation", () => String, { nullable: true, description: "Name of the only mutation that is asked about." })
    operation?: string | null,
    @Arg("viewerId", () => String, { nullable: true }) viewerId?: string | null,
  ): Promise<Connection<AuditRow>> {
    const rows = await readAudit(store.pool, {
      operation: operation ?? null,
      viewerId: viewerId ?? null,
      beforeId: afterId(after),
      limit: pageSize(first) + 1,
    });
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (entry) => entry,
    );
  }
}
