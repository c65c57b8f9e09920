import { Field, InputType, ObjectType } from "type-graphql";
import { JSONObject } from "../scalars.js";
import { TierSchemeFields } from "../tiers/tier.type.js";
import { SegmentExpression } from "./expression.type.js";

@InputType({
  description:
    "A second-level rule: whoever has a score and satisfies `where` stands in the tier `then`, whatever the score says. Asked in their order, as users are carried forward; the first that holds counts.",
})
export class TierRuleInput {
  @Field(() => SegmentExpression, { description: "Over anything but risk tiers." })
  where!: SegmentExpression;
  @Field(() => String, { description: "Key of a tier of the scheme." })
  then!: string;
  @Field(() => String, { nullable: true, description: "For people, shown with the tier; the expression in words when left out." })
  reason?: string | null;
}

@InputType({
  description: "With a method other than FIXED and without cuts, the cuts are computed from today's scores.",
})
export class TierSchemeInput extends TierSchemeFields {
  @Field(() => [TierRuleInput], { nullable: true, description: "At most 20; none when left out." })
  rules?: TierRuleInput[] | null;
}

@ObjectType({ description: "A second-level rule of a tier scheme." })
export class TierRule {
  @Field(() => JSONObject)
  where!: unknown;
  @Field(() => String, { description: "The expression in words." })
  text!: string;
  @Field(() => String, { description: "Key of a tier of the scheme." })
  then!: string;
  @Field(() => String, { nullable: true })
  reason!: string | null;
  @Field(() => String, { nullable: true, description: "Why it cannot be asked and holds for nobody; null: it can." })
  error!: string | null;
}
