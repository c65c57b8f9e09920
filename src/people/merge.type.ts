import { Field, ID, InputType, ObjectType } from "type-graphql";
import { UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import { User, UserIdentifier } from "./user.type.js";

@InputType({ description: "A user by the name that a source has for them." })
export class UserReference {
  @Field(() => ID)
  externalId!: string;
  @Field(() => String, { nullable: true, description: "May be left out where only one user is meant." })
  source?: string | null;
}

@InputType()
export class MergeUsersInput {
  @Field(() => UserReference, { description: "The one that stays." })
  into!: UserReference;
  @Field(() => [UserReference], { description: "Those that turned out to be the same person; at most 100." })
  from!: UserReference[];
}

@ObjectType({ description: "A user that was merged into another." })
export class MergedUser {
  @Field(() => ID, { description: "It goes on being answered, as the user that took it." })
  id!: string;
  @Field(() => DateTime)
  mergedAt!: Date;
  @Field(() => String)
  by!: string;
  @Field(() => [UserIdentifier], { description: "The names it had." })
  identifiers!: UserIdentifier[];
}

@ObjectType()
export class MergeUsersPayload {
  @Field(() => User, { nullable: true })
  user!: User | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
