import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf, RowRejection } from "../page.js";
import { DateTime, RowDateTime, RowTagValue, TagValue, type TagValueScalar } from "../scalars.js";
import type { Severity } from "./holding.js";
import { named, Tag } from "./tag.type.js";

@ObjectType({ description: "One user holding one tag." })
export class TagAssignment {
  @Field(() => Tag)
  tag!: Tag;
  @Field(() => TagValue, { description: "True for a BOOLEAN tag, which is held or not." })
  value!: TagValueScalar;
  @Field(() => DateTime, { description: "Of a METRIC tag: the instant at which it was measured." })
  since!: Date;
  @Field(() => DateTime, { nullable: true })
  expiresAt!: Date | null;
  @Field(() => String, { description: "`computed`, or the system that assigned it." })
  source!: string;
}

export const TagAssignmentConnection = connectionOf("TagAssignment", TagAssignment);

export const SeverityEnum = named<Severity>(["MILD", "MODERATE", "SEVERE"]);
registerEnumType(SeverityEnum, { name: "DeclineSeverity", description: "By the cuts that the tag's definition declares." });

@ObjectType({ description: "How far a user's behaviour fell against their own past, with the numbers that show it." })
export class DeclineTag {
  @Field(() => Tag)
  tag!: Tag;
  @Field(() => Float, { nullable: true })
  currentValue!: number | null;
  @Field(() => Float, { nullable: true })
  baselineValue!: number | null;
  @Field(() => Float, { nullable: true, description: "The current value over the baseline; null where that is 0." })
  changeRatio!: number | null;
  @Field(() => SeverityEnum)
  severity!: Severity;
  @Field(() => DateTime, {
    description:
      "When it broke: the first of an unbroken run of UTC midnights at which it held, up to now; looked for back to the first of the month of 90 days ago. Where it did not hold at the last midnight: now.",
  })
  since!: Date;
}

@ObjectType({ description: "Users of like frequency, and how they fared between the same two windows." })
export class DeclinePeers {
  @Field(() => Float, { description: "Alike are those whose frequency in the earlier window lies from here ..." })
  frequencyFrom!: number;
  @Field(() => Float, { description: "... up to, but not including, here." })
  frequencyTo!: number;
  @Field(() => Int, { description: "This one among them." })
  users!: number;
  @Field(() => Float, { description: "The median of their ratios of the current value to the baseline." })
  medianRatio!: number;
  @Field(() => Float, { description: "Which share of them fell as far, or farther." })
  shareFallenAsFar!: number;
}

@InputType({ description: "A tag for a user. Every field is checked with its row." })
export class TagAssignmentInput {
  @Field(() => ID, { nullable: true, description: "Required: the user, by a source's own id; it must be known." })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: "The source of the external id; may be left out where it is unambiguous." })
  source?: string | null;
  @Field(() => String, { nullable: true, description: "Required: key of a MANUAL or IMPORTED tag." })
  tag?: string | null;
  @Field(() => RowTagValue, { nullable: true, description: "True or absent for a BOOLEAN tag; required for the others." })
  value?: unknown;
  @Field(() => RowDateTime, { nullable: true, description: "Not ahead of now. Default: now." })
  since?: unknown;
  @Field(() => RowDateTime, {
    nullable: true,
    description: "From then on the tag is no longer held. Default: the tag's `ttlDays` after since, or never.",
  })
  expiresAt?: unknown;
}

@InputType()
export class AssignTagsInput {
  @Field(() => [TagAssignmentInput], { description: "At most 10,000. Of several rows on one user and tag the last one counts." })
  assignments!: TagAssignmentInput[];
}

@InputType({ description: "A tag to be taken from a user." })
export class TagRemovalInput {
  @Field(() => ID, { nullable: true, description: "Required." })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: "The source of the external id; may be left out where it is unambiguous." })
  source?: string | null;
  @Field(() => String, { nullable: true, description: "Required." })
  tag?: string | null;
}

@InputType()
export class RemoveTagsInput {
  @Field(() => [TagRemovalInput], { description: "At most 10,000." })
  assignments!: TagRemovalInput[];
}

@ObjectType()
export class AssignTagsPayload {
  @Field(() => Int)
  assigned!: number;
  @Field(() => Int, { description: "Rows that said what was so already, or that a later row of the same call replaced." })
  unchanged!: number;
  @Field(() => [RowRejection])
  rejected!: readonly RowRejection[];
}

@ObjectType()
export class RemoveTagsPayload {
  @Field(() => Int)
  removed!: number;
  @Field(() => Int, { description: "Rows on a tag that the user did not have." })
  unchanged!: number;
  @Field(() => [RowRejection])
  rejected!: readonly RowRejection[];
}
