import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { afterId, type Connection, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { dataQuality, type QuarantineRow, quarantinedRows, sourcesShown } from "./quarantine.loader.js";
import { DataQuality, QuarantineConnection } from "./quarantine.type.js";

@Resolver()
export class QuarantineResolver {
  @Query(() => QuarantineConnection, { description: "Rows that were not taken, the latest first." })
  async quarantine(
    @Ctx() context: RequestContext,
    @Arg("source", () => String, { nullable: true }) source: string | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<QuarantineRow>> {
    const limit = pageSize(first);
    const beforeId = afterId(after);
    const shown = await sourcesShown(context, source);
    return pageOf(
      await quarantinedRows(context.store.pool, shown, beforeId, limit + 1),
      limit,
      ({ id }) => [id],
      (row) => row,
    );
  }

  @Query(() => DataQuality, { description: "What became of the rows that a source has sent." })
  async dataQuality(@Ctx() context: RequestContext, @Arg("source", () => String) source: string): Promise<DataQuality> {
    const { accepted, duplicates, rejected, cleaned, lastReceivedAt } = await dataQuality(
      context.store.pool,
      (await sourcesShown(context, source))![0]!,
    );
    const byCode = counts(rejected);
    return {
      source,
      accepted,
      duplicates,
      rejected: byCode.reduce((sum, { rows }) => sum + rows, 0),
      byCode,
      cleaned: counts(cleaned),
      lastReceivedAt,
    };
  }
}

function counts(byCode: Readonly<Record<string, number>> | null): { code: string; rows: number }[] {
  return Object.entries(byCode ?? {})
    .map(([code, rows]) => ({ code, rows }))
    .sort((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1));
}
