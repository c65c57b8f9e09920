import { Field, Int, ObjectType } from "type-graphql";
import { connectionOf } from "../page.js";
import type { Role } from "../request.js";
import { DateTime, JSONObject } from "../scalars.js";
import { RoleEnum } from "./api-key.type.js";

@ObjectType({ description: "A change that somebody asked for. What was written about persons is not in it." })
export class AuditEntry {
  @Field(() => DateTime)
  at!: Date;
  @Field(() => String, { description: "Who: stays the same while names change, such as key:3 or person:ada." })
  viewerId!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RoleEnum)
  role!: Role;
  @Field(() => String, { nullable: true })
  department!: string | null;
  @Field(() => String, { description: "The mutation." })
  operation!: string;
  @Field(() => JSONObject, { description: "What it was about: keys and words of the API; of lists how many." })
  subject!: Record<string, unknown>;
  @Field(() => DateTime, { nullable: true, description: "Null: still going on, or its process died on the way." })
  endedAt!: Date | null;
  @Field(() => [String], { description: "By which it was refused, or failed; none where it was done." })
  codes!: readonly string[];
  @Field(() => Int, { description: "Rows of it that were not taken." })
  rejected!: number;
}

export const AuditConnection = connectionOf("AuditEntry", AuditEntry);
