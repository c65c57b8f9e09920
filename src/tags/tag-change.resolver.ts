import { Arg, Ctx, Field, FieldResolver, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { type ChangeRow, registerHidden } from "../people/change.loader.js";
import { Change } from "../people/change.type.js";
import { followChanges } from "../people/change-tail.loader.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { TagValue } from "../scalars.js";
import { catalogueOf, hiddenTagIds, type TagRow, tagById } from "./tag.loader.js";
import { Tag } from "./tag.type.js";

registerHidden("TagChange", hiddenTagIds);

@ObjectType({ implements: Change, description: "A user came to hold a tag, holds it with another value, or holds it no more." })
export class TagChange extends Change {
  @Field(() => TagValue, { nullable: true, description: "Null: the user did not hold it." })
  before!: unknown;
  @Field(() => TagValue, { nullable: true, description: "Null: the user holds it no more." })
  after!: unknown;
}

@Resolver(() => TagChange)
export class TagChangeResolver {
  @Subscription(() => TagChange, {
    description: "Users as they come to hold a tag, hold it with another value or hold it no more, from now on.",
    subscribe: async ({ args, context }) => {
      const ids = await followed(context as RequestContext, args.tags as readonly string[]);
      return followChanges(
        (context as RequestContext).store.pool,
        ({ kind, subjectId }) => kind === "TagChange" && ids.has(subjectId),
      );
    },
  })
  async tagChanged(
    @Root() change: ChangeRow,
    @Ctx() context: RequestContext,
    @Arg("tags", () => [String], { description: "Keys of the tags to hear of, at most 100." }) tags: readonly string[],
  ): Promise<ChangeRow> {
    // Asked anew for each event: a grant may have run out meanwhile.
    await followed(context, tags);
    return change;
  }

  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => Tag, { nullable: true })
  tag(@Root() { subjectId }: ChangeRow, @Ctx() context: RequestContext): Promise<TagRow | null> {
    return tagById(context).load(subjectId);
  }
}

const MOST_FOLLOWED = 100;

/** Ids of the tags that somebody wants to hear of. @throws UNKNOWN_TAG where the viewer may not read one */
async function followed(context: RequestContext, keys: readonly string[]): Promise<ReadonlySet<number>> {
  if (keys.length > MOST_FOLLOWED)
    throw new TidemarkError("TOO_COMPLEX", `tags has ${keys.length} keys; at most ${MOST_FOLLOWED} can be followed at once.`);
  const { byKey } = await catalogueOf(context)();
  return new Set(
    keys.map((key) => {
      const tag = byKey.get(key);
      if (tag) return tag.id;
      throw new TidemarkError(
        "UNKNOWN_TAG",
        `There is no tag ${JSON.stringify(key.slice(0, 60))} that you may read; \`tags\` lists those there are.`,
      );
    }),
  );
}
