import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { afterId, type Connection, pageOf, pageSize } from "../page.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import type { TagRow } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { definitionByKey, definitionsOfRequest } from "./churn-definition.loader.js";
import { SampleFeature, SampleRow, SampleRowConnection } from "./sample.type.js";
import { type SampleRow as Row, readSampleRows, refuseCensored, sampleTags } from "./sample-rows.loader.js";

type TaggedRow = Row & { readonly tags: readonly TagRow[] };
type FeatureRow = SampleFeature & { readonly tag: TagRow };

@Resolver(() => SampleRow)
export class SampleResolver {
  @Query(() => SampleRowConnection, {
    description:
      "The rows that a model is taught with at an observation date: users in the order of their ids. GET /exports/samples has them all, of several dates, with the part of the users each belongs to.",
  })
  async churnSampleRows(
    @Arg("definition", () => String) key: string,
    @Arg("asOf", () => DateTime, { description: "The observation date; its horizon has to have passed." }) asOf: Date,
    @Arg("tags", () => [String], {
      nullable: true,
      description: "Keys of computed tags; those that a training would take when left out.",
    })
    chosen: string[] | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Connection<TaggedRow>> {
    const definition = definitionByKey(await definitionsOfRequest(context), key);
    const lastId = afterId(after);
    await refuseCensored(context, definition, [asOf]);
    const tags = await sampleTags(context, definition, chosen);
    const rows = await readSampleRows(context.store.pool, { definition, tags }, asOf, lastId, pageSize(first) + 1);
    return pageOf(
      rows,
      first,
      ({ userId }) => [userId],
      (row) => ({ ...row, tags }),
    );
  }

  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: TaggedRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => [SampleFeature])
  features(@Root() { tags, values }: TaggedRow): FeatureRow[] {
    return tags.map((tag, place) => ({ tag, value: values[place]! }));
  }
}

@Resolver(() => SampleFeature)
export class SampleFeatureResolver {
  @FieldResolver(() => Tag)
  tag(@Root() { tag }: FeatureRow): TagRow {
    return tag;
  }
}
