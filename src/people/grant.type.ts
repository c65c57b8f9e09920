import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf, UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import {
  ACCESS_LEVELS,
  type AccessLevel,
  GRANT_RIGHTS,
  type GrantRight,
  THING_KINDS,
  type ThingKind,
  VISIBILITIES,
  type Visibility,
} from "./access.js";
import { Department } from "./department.type.js";
import { GRANT_STATES, type GrantState } from "./grant.entity.js";

function enumOf<T extends string>(values: readonly T[]): Record<T, T> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
}

export const ThingKindEnum = enumOf(THING_KINDS);
registerEnumType(ThingKindEnum, { name: "ThingKind", description: "What belongs to a department." });
export const VisibilityEnum = enumOf(VISIBILITIES);
registerEnumType(VisibilityEnum, {
  name: "Visibility",
  description: "PRIVATE: its department alone; SHARED: departments with a grant as well; PUBLIC: everybody.",
});
export const GrantRightEnum = enumOf(GRANT_RIGHTS);
registerEnumType(GrantRightEnum, {
  name: "GrantRight",
  description:
    "READ: its values, members and definition. USE_IN_SEGMENTS: groups may be counted by it, in multiples of the smallest count, and nobody listed.",
});
export const GrantStateEnum = enumOf(GRANT_STATES);
registerEnumType(GrantStateEnum, { name: "GrantState" });
export const GrantDirectionEnum = enumOf(["INCOMING", "OUTGOING"]);
registerEnumType(GrantDirectionEnum, {
  name: "GrantDirection",
  description: "INCOMING: what the viewer's department has or asked for; OUTGOING: what others have of it or asked it for.",
});

@ObjectType({ description: "A right of one department on a thing of another, or the wish for it." })
export class Grant {
  @Field(() => ID)
  id!: string;
  @Field(() => ThingKindEnum)
  kind!: ThingKind;
  @Field(() => String, {
    description: "Of the tag, segment or tier scheme; of a model its definition's key and version: retail/3.",
  })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Department, { description: "Whose it is." })
  owner!: Department;
  @Field(() => Department, { description: "Who asks, or has the right." })
  department!: Department;
  @Field(() => GrantRightEnum)
  right!: GrantRight;
  @Field(() => GrantStateEnum)
  state!: GrantState;
  @Field(() => String, { nullable: true })
  reason!: string | null;
  @Field(() => DateTime)
  askedAt!: Date;
  @Field(() => String)
  askedBy!: string;
  @Field(() => DateTime, { nullable: true })
  decidedAt!: Date | null;
  @Field(() => String, { nullable: true })
  decidedBy!: string | null;
  @Field(() => DateTime, { nullable: true, description: "From then on it counts no more; null: until it is revoked." })
  expiresAt!: Date | null;
}

export const AccessLevelEnum = enumOf(ACCESS_LEVELS);
registerEnumType(AccessLevelEnum, { name: "AccessLevel", description: "What the viewer may do with a thing." });

@ObjectType({
  description: "What is known inside the company of a thing that is not shared with the viewer: its name, and whom to ask.",
})
export class UnsharedThing {
  @Field(() => ThingKindEnum)
  kind!: ThingKind;
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Department)
  department!: Department;
  @Field(() => AccessLevelEnum)
  access!: AccessLevel;
}

export const UnsharedThingConnection = connectionOf("UnsharedThing", UnsharedThing);

export const GrantConnection = connectionOf("Grant", Grant);

@InputType()
export class RequestGrantInput {
  @Field(() => ThingKindEnum)
  kind!: ThingKind;
  @Field(() => String)
  key!: string;
  @Field(() => GrantRightEnum, { defaultValue: "USE_IN_SEGMENTS" })
  right: GrantRight = "USE_IN_SEGMENTS";
  @Field(() => String, { nullable: true, description: "What it is for; those who decide read it." })
  reason?: string | null;
}

@ObjectType()
export class GrantPayload {
  @Field(() => Grant, { nullable: true })
  grant!: Grant | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType()
export class VisibilityPayload {
  @Field(() => VisibilityEnum, { nullable: true })
  visibility!: Visibility | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
