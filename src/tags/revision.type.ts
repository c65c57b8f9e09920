import { Field, InputType, Int, ObjectType } from "type-graphql";
import { DateTime, JSONObject } from "../scalars.js";

@InputType({ description: "What is left out stays as it is." })
export class UpdateTagInput {
  @Field(() => String)
  key!: string;
  @Field(() => String, { nullable: true })
  name?: string | null;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => String, { nullable: true })
  unit?: string | null;
  @Field(() => JSONObject, { nullable: true, description: "Of RULE and METRIC tags, as `createTag` takes it." })
  definition?: Record<string, unknown> | null;
  @Field(() => Int, {
    nullable: true,
    description: "Of MANUAL and IMPORTED tags, also built-in ones; 0: never. It counts for what is assigned from then on.",
  })
  ttlDays?: number | null;
}

@ObjectType({ description: "What a tag says from one publication to the next." })
export class TagRevision {
  @Field(() => Int, { description: "From 1; of changes that wait to be published the number they will get." })
  revision!: number;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  description!: string;
  @Field(() => String, { nullable: true })
  unit!: string | null;
  @Field(() => Int, { nullable: true })
  ttlDays!: number | null;
  @Field(() => DateTime, { nullable: true, description: "Null: not yet." })
  publishedAt!: Date | null;
  @Field(() => String, { nullable: true })
  publishedBy!: string | null;
  @Field(() => String, { nullable: true })
  reason!: string | null;
}
