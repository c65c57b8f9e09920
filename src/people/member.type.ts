import { Field, InputType, ObjectType } from "type-graphql";
import { connectionOf, UserError } from "../page.js";
import type { Role } from "../request.js";
import { DateTime } from "../scalars.js";
import { RoleEnum } from "./api-key.type.js";

@ObjectType({ description: "A person whom the owner entered: what they are stands above what their token claims." })
export class Member {
  @Field(() => String, { description: "The `sub` of their tokens." })
  subject!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RoleEnum)
  role!: Role;
  @Field(() => String, { description: "Key of the department." })
  department!: string;
  @Field(() => DateTime)
  savedAt!: Date;
  @Field(() => String)
  savedBy!: string;
  @Field(() => DateTime, { nullable: true, description: "From then on they are let in no more." })
  removedAt!: Date | null;
}

export const MemberConnection = connectionOf("Member", Member);

@InputType()
export class SaveMemberInput {
  @Field(() => String, { description: "The `sub` of their tokens. One who is known is changed." })
  subject!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RoleEnum)
  role!: Role;
  @Field(() => String, { description: "Key of the department." })
  department!: string;
}

@ObjectType()
export class MemberPayload {
  @Field(() => Member, { nullable: true })
  member!: Member | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
