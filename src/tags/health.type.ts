import { Field, Float, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { RETIRE_REASONS, type RetireReasonKind } from "./retire.js";
import { named, Tag } from "./tag.type.js";

@ObjectType({ description: "Whether a tag's values can be relied on." })
export class TagHealth {
  @Field(() => Float, { nullable: true, description: "Share of the users known at `refreshedAt` who have the tag, 0 to 1." })
  coverage!: number | null;
  @Field(() => DateTime, { nullable: true })
  refreshedAt!: Date | null;
  @Field(() => Float, {
    nullable: true,
    description:
      "How far its values have moved: the population stability index of the last refresh against the one nearest to 30 days before (20 to 45), of the same revision. Under 0.1 nothing has moved, over 0.25 they are others. Null without such a refresh.",
  })
  drift!: number | null;
  @Field(() => DateTime, { nullable: true, description: "The refresh that was compared with." })
  driftFrom!: Date | null;
  @Field(() => String, {
    nullable: true,
    description: "Why it cannot be computed; nobody has it then, and the other tags go on.",
  })
  lastError!: string | null;
  @Field(() => String, {
    nullable: true,
    description: "That it is made from a tag whose grant has ended: it goes on being computed, and somebody should look at it.",
  })
  warning!: string | null;
}

export const RetireReasonEnum = named(RETIRE_REASONS);
registerEnumType(RetireReasonEnum, {
  name: "RetireReasonKind",
  description:
    "Nothing is made from it (UNUSED), nobody has it (EMPTY), everybody has it alike (CONSTANT), another tag has the same definition or nearly the same holders (DUPLICATE).",
});

@ObjectType()
export class RetireReason {
  @Field(() => RetireReasonEnum)
  kind!: RetireReasonKind;
  @Field(() => String)
  sentence!: string;
  @Field(() => Tag, { nullable: true, description: "Of a DUPLICATE: the tag to keep." })
  sameAs!: Tag | null;
}

@ObjectType({ description: "A tag in use that nobody would miss, and why." })
export class RetireProposal {
  @Field(() => Tag)
  tag!: Tag;
  @Field(() => [RetireReason])
  reasons!: readonly RetireReason[];
}
