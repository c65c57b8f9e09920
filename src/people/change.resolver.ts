import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { type Connection, decodeCursor, notOfThisList, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { type ChangeRow, changesAfter, hiddenFrom } from "./change.loader.js";
import { ChangeConnection } from "./change.type.js";

@Resolver()
export class ChangeResolver {
  @Query(() => ChangeConnection, {
    description:
      "Every change of a risk tier or of a tag, and every entry into a saved segment and exit, since a cursor, in order, each exactly once: go on from endCursor, also when the page was empty. Kept for 30 days. Numbers (METRIC tags) are not in it, nor are the tags that a new user begins with, nor the members that a new segment begins with.",
  })
  async changes(
    @Ctx() context: RequestContext,
    @Arg("first", () => Int) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<ChangeRow>> {
    const size = pageSize(first);
    const rows = await changesAfter(context.store.pool, {
      place: after ? placeOf(after) : null,
      hidden: await hiddenFrom(context),
      limit: size + 1,
    });
    const page = pageOf(
      rows,
      size,
      ({ xid, id }) => [xid, id],
      (row) => row,
    );
    // Whoever polls keeps the place where nothing new was found.
    return { ...page, pageInfo: { ...page.pageInfo, endCursor: page.pageInfo.endCursor ?? after ?? null } };
  }
}

function placeOf(cursor: string) {
  const [xid, id] = decodeCursor(cursor, 2);
  if (!/^\d{1,19}$/.test(String(xid)) || !/^\d{1,19}$/.test(String(id))) throw notOfThisList();
  return { xid: String(xid), id: String(id) };
}
