import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf, UserError } from "../page.js";
import { ROLES, type Role } from "../request.js";
import { DateTime } from "../scalars.js";

export const RoleEnum = Object.fromEntries(ROLES.map((role) => [role, role])) as Record<Role, Role>;
registerEnumType(RoleEnum, {
  name: "Role",
  description:
    "What a key is for: a frontend that reads users (APP), a system that writes facts (CRM), an analyst (ANALYST), or everything (OWNER). docs/permissions.md has the whole table.",
});

@ObjectType({
  description:
    "What lets a service or a person in, as Authorization: Bearer <key>. The key itself is shown once, when it is made.",
})
export class ApiKey {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: "The part of the key before its dot." })
  prefix!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RoleEnum)
  role!: Role;
  @Field(() => String, { description: "Key of the department whose things it sees beside the public ones." })
  department!: string;
  @Field(() => [String], {
    nullable: true,
    description: "The only sources of which it may write facts (users, events, tags, merges, erasures); null: any.",
  })
  sources!: readonly string[] | null;
  @Field(() => DateTime)
  createdAt!: Date;
  @Field(() => String)
  createdBy!: string;
  @Field(() => DateTime, { nullable: true, description: "Null: until it is revoked." })
  expiresAt!: Date | null;
  @Field(() => DateTime, { nullable: true })
  revokedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: "To the minute; null: never." })
  lastUsedAt!: Date | null;
}

export const ApiKeyConnection = connectionOf("ApiKey", ApiKey);

@InputType()
export class CreateApiKeyInput {
  @Field(() => String, { description: "Who uses it; it stands in the histories of what is done with the key." })
  name!: string;
  @Field(() => RoleEnum)
  role!: Role;
  @Field(() => String, { nullable: true, description: "Key of the department that it acts for; default: company." })
  department?: string | null;
  @Field(() => [String], {
    nullable: true,
    description: "Keys of the only sources of which it may write facts; any when left out.",
  })
  sources?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: "Never when left out." })
  expiresAt?: Date | null;
}

@ObjectType()
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { nullable: true })
  apiKey!: ApiKey | null;
  @Field(() => String, { nullable: true, description: "The key. It is shown this once, and kept nowhere." })
  secret!: string | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType()
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { nullable: true })
  apiKey!: ApiKey | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
