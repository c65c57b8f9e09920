import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../node.js";
import { connectionOf, UserError } from "../page.js";
import type { Visibility } from "../people/access.js";
import { Department } from "../people/department.type.js";
import { VisibilityEnum } from "../people/grant.type.js";
import { User } from "../people/user.type.js";
import { DateTime, JSONObject } from "../scalars.js";
import { named, TagDependant } from "../tags/tag.type.js";
import { SegmentExpression } from "./expression.type.js";
import { SEGMENT_MODES, type SegmentMode } from "./segment.entity.js";
import { USER_ORDERS } from "./statement.js";

export const UserOrderEnum = named(USER_ORDERS);
registerEnumType(UserOrderEnum, {
  name: "UserOrder",
  description: "By the stored churn probability, users without one last, ties by id; or by id, which is the order of arrival.",
});

const SegmentModeEnum = named(SEGMENT_MODES);
registerEnumType(SegmentModeEnum, {
  name: "SegmentMode",
  description:
    "When its members are looked at: LIVE with every change of a user and with time, SCHEDULED by a cron expression, SNAPSHOT when somebody says so.",
});

export const UserConnection = connectionOf("User", User);

@ObjectType({
  implements: [Node, TagDependant],
  description:
    "A saved expression. A LIVE one holds whoever satisfies it at the moment it is asked; one that is SCHEDULED or a SNAPSHOT whoever did at its last run, wherever it is asked for.",
})
export class Segment extends Node {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => Department)
  department!: Department;
  @Field(() => VisibilityEnum)
  visibility!: Visibility;
  @Field(() => SegmentModeEnum)
  mode!: SegmentMode;
  @Field(() => String, { nullable: true, description: "Of SCHEDULED: minute, hour, day, month and weekday in UTC." })
  schedule!: string | null;
  @Field(() => Float, { description: "An alert tells when its size changes by more than this share from one count to the next." })
  alertShare!: number;
  @Field(() => Int, { description: "From 1; every change of the expression makes the next." })
  revision!: number;
  @Field(() => JSONObject, { name: "where", description: "As it was saved." })
  expression!: Record<string, unknown>;
  @Field(() => DateTime)
  updatedAt!: Date;
}

export const SegmentConnection = connectionOf("Segment", Segment);

@ObjectType({ description: "What a segment said from one save to the next." })
export class SegmentRevision {
  @Field(() => Int)
  revision!: number;
  @Field(() => JSONObject, { name: "where" })
  expression!: Record<string, unknown>;
  @Field(() => DateTime)
  savedAt!: Date;
  @Field(() => String)
  savedBy!: string;
}

@ObjectType({ description: "What saving a segment would do; nothing is saved." })
export class SegmentEstimate {
  @Field(() => Int, { description: "How many users would be in it now." })
  count!: number;
  @Field(() => Int, { description: "Of those, users who are not in the saved one of that key: all of them where there is none." })
  entering!: number;
  @Field(() => Int, { description: "Users who are in the saved one, and would be no longer." })
  leaving!: number;
  @Field(() => String, { description: "`+312, -40 users`." })
  sentence!: string;
  @Field(() => [Segment], { description: "Segments that refer to the saved one, and would change with it." })
  dependants!: Segment[];
}

@ObjectType()
export class DeleteSegmentPayload {
  @Field(() => String, { nullable: true, description: "The key of what is gone." })
  deleted!: string | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType({ description: "How one tag tells two groups of users apart." })
export class TagComparison {
  @Field(() => Float, { description: "Share of the first group that holds the tag." })
  shareA!: number;
  @Field(() => Float)
  shareB!: number;
  @Field(() => Int)
  countA!: number;
  @Field(() => Int)
  countB!: number;
  @Field(() => Float, { nullable: true, description: "shareA / shareB; null where nobody of the second group holds it." })
  lift!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "How often shares this different arise by chance (two-sided), corrected for the number of tags after Benjamini and Hochberg; null where a group is empty. It takes the groups to be of different users.",
  })
  pValue!: number | null;
  @Field(() => Boolean, { description: "So few holders that Fisher's exact test was used." })
  fewHolders!: boolean;
}

@ObjectType({ description: "How one value of a TEXT tag tells two groups of users apart." })
export class ValueComparison {
  @Field(() => String)
  value!: string;
  @Field(() => Float, { description: "Share of the first group that has the value." })
  shareA!: number;
  @Field(() => Float)
  shareB!: number;
  @Field(() => Int)
  countA!: number;
  @Field(() => Int)
  countB!: number;
  @Field(() => Float, { nullable: true, description: "shareA / shareB; null where nobody of the second group has it." })
  lift!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "How often shares this different arise by chance (two-sided), corrected for the number of values after Benjamini and Hochberg; null where a group is empty.",
  })
  pValue!: number | null;
  @Field(() => Boolean, { description: "So few holders that Fisher's exact test was used." })
  fewHolders!: boolean;
}

@ObjectType({ description: "How one number (METRIC tag) tells two groups of users apart, by its distribution." })
export class NumberComparison {
  @Field(() => Int, { description: "Users of the first group for whom it is defined; of more than 50,000 a sample is compared." })
  definedA!: number;
  @Field(() => Int)
  definedB!: number;
  @Field(() => Float, { nullable: true })
  medianA!: number | null;
  @Field(() => Float, { nullable: true })
  medianB!: number | null;
  @Field(() => [Float], { nullable: true, description: "Lower quartile, median, upper quartile." })
  quartilesA!: readonly number[] | null;
  @Field(() => [Float], { nullable: true })
  quartilesB!: readonly number[] | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "The largest distance between the two distribution functions, 0 to 1 (Kolmogorov and Smirnov); null where a group has no value.",
  })
  distance!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "How often distributions this far apart arise by chance (two-sided), corrected for the number of tags after Benjamini and Hochberg.",
  })
  pValue!: number | null;
  @Field(() => String, { nullable: true, description: "What must be said beside a comparison of small groups." })
  caution!: string | null;
}

@ObjectType({ description: "How often a tag is held inside a population, against everybody else." })
export class PortraitTag {
  @Field(() => Float)
  insideShare!: number;
  @Field(() => Float)
  outsideShare!: number;
  @Field(() => Int)
  insideCount!: number;
  @Field(() => Int)
  outsideCount!: number;
  @Field(() => Float, { nullable: true, description: "insideShare / outsideShare; null where nobody outside holds it." })
  lift!: number | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "How often shares this different arise by chance (two-sided), corrected for the number of tags after Benjamini and Hochberg; null where there is nobody inside or outside.",
  })
  pValue!: number | null;
  @Field(() => Boolean, { description: "So few holders that Fisher's exact test was used." })
  fewHolders!: boolean;
}

@ObjectType({ description: "Who satisfies an expression: how many, what tells them apart, and who they are." })
export class SegmentPreview {
  @Field(() => DateTime)
  asOf!: Date;
}

@ObjectType({ description: "How many users are in two segments at once." })
export class SegmentOverlap {
  @Field(() => [String])
  keys!: string[];
  @Field(() => [[Int]], {
    description: "counts[i][j] is how many are in both keys[i] and keys[j]; the diagonal is each segment's size.",
  })
  counts!: number[][];
}

@InputType()
export class SaveSegmentInput {
  @Field(() => String, { description: "1 to 60 lower-case letters, digits and underscores. An existing one is changed." })
  key!: string;
  @Field(() => String, { nullable: true, description: "The key when left out." })
  name?: string | null;
  @Field(() => SegmentExpression)
  where!: SegmentExpression;
  @Field(() => String, {
    nullable: true,
    description: "Key of the department that owns it. Left out it stays as it is; a new one is the viewer's.",
  })
  department?: string | null;
  @Field(() => VisibilityEnum, { nullable: true, description: "Left out it stays as it is; a new one is PUBLIC." })
  visibility?: Visibility | null;
  @Field(() => SegmentModeEnum, { nullable: true, description: "As it is when left out; LIVE for a new one." })
  mode?: SegmentMode | null;
  @Field(() => String, {
    nullable: true,
    description: 'Of SCHEDULED: minute, hour, day, month and weekday in UTC, for example "0 6 * * 1".',
  })
  schedule?: string | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "An alert tells when its size changes by more than this share, 0.01 to 10; as it is when left out, 0.3 for a new one.",
  })
  alertShare?: number | null;
}

@ObjectType()
export class SaveSegmentPayload {
  @Field(() => Segment, { nullable: true })
  segment!: Segment | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
