import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { type Connection, decodeCursor, pageOf, pageSize } from "../page.js";
import { findSource } from "../people/source.step.js";
import type { RequestContext } from "../request.js";
import { dataQuality, type QuarantineRow, quarantinedRows } from "./quarantine.loader.js";
import { DataQuality, QuarantineConnection } from "./quarantine.type.js";

@Resolver()
export class QuarantineResolver {
  @Query(() => QuarantineConnection, { description: "Rows that were not taken, the latest first." })
  async quarantine(
    @Ctx() { store }: RequestContext,
    @Arg("source", () => String, { nullable: true }) source: string | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<QuarantineRow>> {
    const limit = pageSize(first);
    const beforeId = after ? String(decodeCursor(after, 1)[0]) : null;
    if (beforeId !== null && !/^\d{1,18}$/.test(beforeId))
      throw new TidemarkError("BAD_INPUT", "after is not a cursor of this list; pass endCursor as it was answered.");
    const sourceId = source ? await sourceOf(store.pool, source) : null;
    return pageOf(
      await quarantinedRows(store.pool, sourceId, beforeId, limit + 1),
      limit,
      ({ id }) => [id],
      (row) => row,
    );
  }

  @Query(() => DataQuality, { description: "What became of the rows that a source has sent." })
  async dataQuality(@Ctx() { store }: RequestContext, @Arg("source", () => String) source: string): Promise<DataQuality> {
    const { accepted, duplicates, rejected, cleaned, lastReceivedAt } = await dataQuality(
      store.pool,
      await sourceOf(store.pool, source),
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

async function sourceOf(pool: RequestContext["store"]["pool"], key: string): Promise<number> {
  const id = await findSource(pool, key);
  if (id !== undefined) return id;
  throw new TidemarkError(
    "UNKNOWN_SOURCE",
    `No data has come from a source ${JSON.stringify(key.slice(0, 100))}; name one that was written to.`,
  );
}

function counts(byCode: Readonly<Record<string, number>> | null): { code: string; rows: number }[] {
  return Object.entries(byCode ?? {})
    .map(([code, rows]) => ({ code, rows }))
    .sort((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1));
}
