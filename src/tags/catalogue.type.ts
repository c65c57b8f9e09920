import { Field, InputType, Int, ObjectType } from "type-graphql";
import { UserError } from "../page.js";
import type { Visibility } from "../people/access.js";
import { VisibilityEnum } from "../people/grant.type.js";
import { JSONObject } from "../scalars.js";
import type { TagFamily, TagKind, TagValueType } from "./tag.entity.js";
import { Tag, TagFamilyEnum, TagKindEnum, TagValueTypeEnum } from "./tag.type.js";

@InputType()
export class CreateTagInput {
  @Field(() => String, { description: "Lower case letters, digits and underscores; stays as it is for ever." })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => TagFamilyEnum)
  family!: TagFamily;
  @Field(() => TagKindEnum, { description: "MANUAL, IMPORTED, RULE or METRIC." })
  kind!: TagKind;
  @Field(() => TagValueTypeEnum, {
    nullable: true,
    description: "Default: BOOLEAN; of METRIC tags NUMBER. A RULE may also give a TEXT.",
  })
  valueType?: TagValueType | null;
  @Field(() => String, { nullable: true })
  unit?: string | null;
  @Field(() => String, { description: "Key of the department that owns it." })
  department!: string;
  @Field(() => VisibilityEnum, { defaultValue: "PUBLIC" })
  visibility?: Visibility;
  @Field(() => JSONObject, {
    nullable: true,
    description:
      "Of RULE and METRIC tags: an expression over measures of events, attributes, the channel and other tags, such as {gt: [{measure: 'count', days: 30}, {tag: 'events_prior_30d'}]}, or as a text: {text: \"count(days: 30) > tag.events_prior_30d and attribute.plan as TEXT in ('basic')\"}.",
  })
  definition?: Record<string, unknown> | null;
  @Field(() => Int, {
    nullable: true,
    description:
      "Of MANUAL and IMPORTED tags: an assignment without an expiry of its own ends so many days after it was last made. Default: never.",
  })
  ttlDays?: number | null;
}

@ObjectType()
export class TagPayload {
  @Field(() => Tag, { nullable: true })
  tag!: Tag | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
