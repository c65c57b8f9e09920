import { Field, Float, Int, ObjectType } from "type-graphql";
import { DateTime, JSONObject, TagValue, type TagValueScalar } from "../scalars.js";
import type { TagKind, TagValueType } from "./tag.entity.js";
import { TagKindEnum, TagValueTypeEnum } from "./tag.type.js";

@ObjectType({ description: "One number or text that a value was made from." })
export class TagEvidence {
  @Field(() => String, { description: "A tag's name, or the measure in words." })
  name!: string;
  @Field(() => JSONObject)
  expression!: object;
  @Field(() => Float, { nullable: true, description: "Null where undefined, and of a text." })
  value!: number | null;
  @Field(() => String, { nullable: true, description: "Of a text; null where undefined." })
  text!: string | null;
}

@ObjectType({ description: "A user who would have the tag, with the numbers that show why." })
export class TagExample {
  @Field(() => TagValue)
  value!: TagValueScalar;
  @Field(() => DateTime, {
    description: "Of a condition: the first of the midnights at which it held without a break; of a number: asOf.",
  })
  since!: Date;
  @Field(() => [TagEvidence])
  evidence!: readonly TagEvidence[];
}

@ObjectType({ description: "What a definition says of everybody known at an instant, before it is in use." })
export class TagPreview {
  @Field(() => DateTime)
  asOf!: Date;
  @Field(() => TagKindEnum, { description: "RULE for a condition or a text, METRIC for a number." })
  kind!: TagKind;
  @Field(() => TagValueTypeEnum, { description: "What the definition gives." })
  valueType!: TagValueType;
  @Field(() => Int, { description: "Users known at asOf." })
  populationCount!: number;
  @Field(() => Int, { description: "Those of them who would have the tag." })
  count!: number;
}
