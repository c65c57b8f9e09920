import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from "type-graphql";
import { type ChangeRow, registerHidden } from "../people/change.loader.js";
import { Change } from "../people/change.type.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { TagValue } from "../scalars.js";
import { hiddenTagIds, type TagRow, tagById } from "./tag.loader.js";
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
  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => Tag, { nullable: true })
  tag(@Root() { subjectId }: ChangeRow, @Ctx() context: RequestContext): Promise<TagRow | null> {
    return tagById(context).load(subjectId);
  }
}
