import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "A department of the company; tags, segments, models and tier schemes belong to one." })
export class Department {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
}
