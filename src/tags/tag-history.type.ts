import { Field, ObjectType } from "type-graphql";
import { connectionOf } from "../page.js";
import { DateTime, JSONObject, TagValue, type TagValueScalar } from "../scalars.js";
import { Tag } from "./tag.type.js";

@ObjectType({ description: "One stretch of time in which a user held a tag with one value: [since, until)." })
export class TagStretch {
  @Field(() => Tag)
  tag!: Tag;
  @Field(() => TagValue, { description: "True for a BOOLEAN tag, which is held or not." })
  value!: TagValueScalar;
  @Field(() => DateTime)
  since!: Date;
  @Field(() => DateTime, { nullable: true, description: "Null: it goes on. Ahead of now: it expires then." })
  until!: Date | null;
  @Field(() => String, { description: "`computed`, or the system that assigned it." })
  source!: string;
  @Field(() => JSONObject, { nullable: true, description: "Of a decline: the numbers that showed it last." })
  evidence!: Readonly<Record<string, unknown>> | null;
}

export const TagStretchConnection = connectionOf("TagStretch", TagStretch);
