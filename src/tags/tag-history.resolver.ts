import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { type Connection, decodeCursor, notOfThisList, pageOf, pageSize } from "../page.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { tagByKey } from "./tag.loader.js";
import { type TagStretchRow, tagHistoryByUser } from "./tag-history.loader.js";
import { TagStretchConnection } from "./tag-history.type.js";
import { withheld, withheldTag } from "./withheld.loader.js";

@Resolver(() => User)
export class UserTagHistoryResolver {
  @FieldResolver(() => TagStretchConnection, {
    description:
      "Every stretch in which the user held a tag, the one that began last first. Numbers (METRIC tags) are not kept: ask `tags(asOf:)` for those of a past day.",
  })
  async tagHistory(
    @Root() user: UserRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("tag", () => String, { nullable: true, description: "Key of the only tag that is asked about." }) key?: string | null,
  ): Promise<Connection<TagStretchRow>> {
    const size = pageSize(first);
    const tag = key ? await tagByKey(context).load(key) : undefined;
    const hidden = key && tag === null ? await withheldTag(context, key) : undefined;
    if (hidden) throw withheld(hidden);
    if (tag === null)
      throw new TidemarkError("UNKNOWN_TAG", `There is no tag ${JSON.stringify(key)}; \`tags\` lists those there are.`);
    const rows = await tagHistoryByUser(context, {
      tagId: tag?.id,
      rows: size + 1,
      after: after ? placeOf(decodeCursor(after, 2)) : undefined,
    }).load(user.id);
    return pageOf(
      rows,
      size,
      (row) => [row.sinceMicros, row.tag.id],
      (row) => row,
    );
  }
}

function placeOf([sinceMicros, tagId]: readonly unknown[]): { sinceMicros: string; tagId: number } {
  if (typeof sinceMicros === "string" && /^-?\d{1,18}$/.test(sinceMicros) && Number.isInteger(tagId))
    return { sinceMicros, tagId: Number(tagId) };
  throw notOfThisList();
}
