import { Field, InputType, ObjectType, registerEnumType } from "type-graphql";
import { UserError } from "../page.js";
import { ATTRIBUTE_TYPES, type AttributeType } from "./attribute.js";
import { Department } from "./department.type.js";

export const AttributeTypeEnum = Object.fromEntries(ATTRIBUTE_TYPES.map((each) => [each, each])) as Record<
  AttributeType,
  AttributeType
>;
registerEnumType(AttributeTypeEnum, {
  name: "AttributeType",
  description: "A DATE is a text: 2026-01-31, or an instant in RFC 3339.",
});

@ObjectType({ description: "What was declared of an attribute of users. One that nobody declared is of any type, and personal." })
export class Attribute {
  @Field(() => String)
  key!: string;
  @Field(() => AttributeTypeEnum, { description: "Rows of upsertUsers with a value of another type are rejected." })
  type!: AttributeType;
  @Field(() => Boolean, { description: "Shown to the owner and to CRM systems alone, and asked for by them alone." })
  personal!: boolean;
  @Field(() => String)
  description!: string;
  @Field(() => Department, { description: "Whom to ask about it." })
  department!: Department;
}

@InputType()
export class SaveAttributeInput {
  @Field(() => String)
  key!: string;
  @Field(() => AttributeTypeEnum)
  type!: AttributeType;
  @Field(() => Boolean)
  personal!: boolean;
  @Field(() => String, { defaultValue: "" })
  description: string = "";
  @Field(() => String, { nullable: true, description: "Key of the department to ask about it; default: company." })
  department?: string | null;
}

@ObjectType()
export class AttributePayload {
  @Field(() => Attribute, { nullable: true })
  attribute!: Attribute | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
