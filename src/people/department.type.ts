import { Field, ObjectType } from "type-graphql";
import { UserError } from "../page.js";

@ObjectType({ description: "A department of the company; tags, segments, models and tier schemes belong to one." })
export class Department {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
}

@ObjectType()
export class DepartmentPayload {
  @Field(() => Department, { nullable: true })
  department!: Department | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
