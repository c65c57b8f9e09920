import { Field, Float, Int, InterfaceType, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../node.js";
import { connectionOf } from "../page.js";
import type { Visibility } from "../people/access.js";
import { VisibilityEnum } from "../people/grant.type.js";
import { DateTime } from "../scalars.js";
import {
  TAG_FAMILIES,
  TAG_KINDS,
  TAG_STATES,
  TAG_VALUE_TYPES,
  type TagFamily,
  type TagKind,
  type TagState,
  type TagValueType,
  UPDATE_MODES,
  type UpdateMode,
} from "./tag.entity.js";

export const TagFamilyEnum = named(TAG_FAMILIES);
registerEnumType(TagFamilyEnum, { name: "TagFamily", description: "What a tag is about." });
export const TagKindEnum = named(TAG_KINDS);
registerEnumType(TagKindEnum, {
  name: "TagKind",
  description:
    "Where values come from: people (MANUAL), other systems (IMPORTED), a condition (RULE), a number over events (METRIC), a fall against the user's own past (DECLINE), a model (MODEL).",
});
export const TagStateEnum = named(TAG_STATES);
registerEnumType(TagStateEnum, {
  name: "TagState",
  description:
    "DRAFT and RETIRED tags are neither computed nor assigned; DEPRECATED ones are, but should no longer be relied on.",
});
export const TagValueTypeEnum = named(TAG_VALUE_TYPES);
registerEnumType(TagValueTypeEnum, { name: "TagValueType" });
export const UpdateModeEnum = named(UPDATE_MODES);
registerEnumType(UpdateModeEnum, {
  name: "TagUpdateMode",
  description: "When a computed tag is brought up to date: with every change, by its schedule, or by `refreshTag` alone.",
});

/** type-graphql makes enums from objects. */
export function named<T extends string>(values: readonly T[]): Record<T, T> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
}

@InterfaceType({
  description: "Something that is made from a tag, and would break without it.",
  resolveType: (value: { readonly __typename?: string }) => value.__typename ?? "Tag",
})
export abstract class TagDependant {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
}

@ObjectType({
  implements: [Node, TagDependant],
  description: "A tag's definition: what it says of a user, and who is responsible for it.",
})
export class Tag extends Node {
  @Field(() => String, { description: "Stable: lower case letters, digits and underscores." })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  description!: string;
  @Field(() => TagFamilyEnum)
  family!: TagFamily;
  @Field(() => TagKindEnum)
  kind!: TagKind;
  @Field(() => TagValueTypeEnum)
  valueType!: TagValueType;
  @Field(() => String, { nullable: true, description: "Unit of a NUMBER tag's values." })
  unit!: string | null;
  @Field(() => VisibilityEnum, { description: "Who may read it beside its department." })
  visibility!: Visibility;
  @Field(() => TagStateEnum)
  state!: TagState;
  @Field(() => Int, { description: "Goes up by one with every change of the definition." })
  revision!: number;
  @Field(() => Boolean, { description: "Whether a changed definition waits to be published." })
  hasUnpublishedChanges!: boolean;
  @Field(() => Boolean, { description: "Whether it ships with Tidemark." })
  builtIn!: boolean;
  @Field(() => Int, {
    nullable: true,
    description:
      "Of MANUAL and IMPORTED tags: an assignment without an expiry of its own ends so many days after it was last made. Null: never.",
  })
  ttlDays!: number | null;
  @Field(() => UpdateModeEnum, {
    description: "Of computed tags. Other tags that are made from a held one see what it would say, and not what it said last.",
  })
  updateMode!: UpdateMode;
  @Field(() => String, { nullable: true, description: "Of SCHEDULED tags: a cron expression, UTC." })
  schedule!: string | null;
  @Field(() => DateTime, { nullable: true, description: "Of SCHEDULED and MANUAL tags: the last run. `health` shows its error." })
  runAt!: Date | null;
  @Field(() => DateTime, { nullable: true })
  nextRunAt!: Date | null;
  @Field(() => Float, { nullable: true, description: "Share of the users known at `refreshedAt` who have the tag, 0 to 1." })
  coverage!: number | null;
  @Field(() => DateTime, { nullable: true, description: "The instant up to which everybody's values were last brought." })
  refreshedAt!: Date | null;
}

@ObjectType({ description: "How many users have a value, or one within a range." })
export class TagValueCount {
  @Field(() => String, {
    description: "`true`, a text, or a range of numbers: from, up to but not including (the last one including).",
  })
  label!: string;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: "One move of a tag's lifecycle." })
export class TagLifecycleMove {
  @Field(() => TagStateEnum, { nullable: true, description: "Null: the tag was made." })
  from!: TagState | null;
  @Field(() => TagStateEnum)
  to!: TagState;
  @Field(() => DateTime)
  at!: Date;
  @Field(() => String)
  by!: string;
  @Field(() => String, { nullable: true })
  reason!: string | null;
}

export const TagConnection = connectionOf("Tag", Tag);
