import { Field, ObjectType } from "type-graphql";
import { connectionOf } from "../page.js";
import { DateTime, TagValue, type TagValueScalar } from "../scalars.js";

@ObjectType({ description: "What was known of a user strictly before the observation date." })
export class SampleFeature {
  @Field(() => TagValue, { nullable: true, description: "Null where the tag is undefined." })
  value!: TagValueScalar | null;
}

@ObjectType({ description: "One user at an observation date: what a model is taught with." })
export class SampleRow {
  @Field(() => DateTime)
  observedAt!: Date;
  @Field(() => Boolean, { description: "Whether no event that counts followed within the horizon." })
  churned!: boolean;
}

export const SampleRowConnection = connectionOf("SampleRow", SampleRow);
