import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { Node } from "../node.js";
import { RowRejection } from "../page.js";
import { DateTime, JSONObject, RowDateTime } from "../scalars.js";

@ObjectType({ description: "A name by which a source knows a user." })
export class UserIdentifier {
  @Field(() => String)
  source!: string;
  @Field(() => String)
  externalId!: string;
}

@ObjectType({ implements: Node, description: "A person known to the company." })
export class User extends Node {
  @Field(() => DateTime, {
    nullable: true,
    description:
      "The first activity that is known, or the day the company says it met them; null while only complaints, returns or the like are known.",
  })
  firstSeenAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: "The latest activity that is known." })
  lastSeenAt!: Date | null;
  @Field(() => String, { nullable: true, description: "Where the user was won." })
  channel!: string | null;
  @Field(() => String, { nullable: true })
  lifecycleStage!: string | null;
  @Field(() => JSONObject, {
    description:
      "Flat values by key: those that the viewer may read (`attributes` says which are personal), none to the role APP.",
  })
  attributes!: Record<string, unknown>;
}

@InputType()
export class UpsertUserInput {
  @Field(() => ID, { nullable: true, description: "Required; at most 255 characters." })
  externalId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: "The system that knows the user by that id; `default` where it is left out.",
  })
  source?: string | null;
  @Field(() => JSONObject, {
    nullable: true,
    description: "Flat values, merged key by key: a key that is not named stays as it is, null deletes one.",
  })
  attributes?: Record<string, unknown> | null;
  @Field(() => String, { nullable: true })
  channel?: string | null;
  @Field(() => RowDateTime, { nullable: true, description: "When the company met the user; an earlier event counts before it." })
  firstSeenAt?: unknown;
}

@InputType()
export class UpsertUsersInput {
  @Field(() => [UpsertUserInput], { description: "At most 10,000." })
  users!: UpsertUserInput[];
}

@ObjectType()
export class UpsertUsersPayload {
  @Field(() => Int)
  created!: number;
  @Field(() => Int)
  updated!: number;
  @Field(() => Int)
  unchanged!: number;
  @Field(() => [RowRejection])
  rejected!: RowRejection[];
}
