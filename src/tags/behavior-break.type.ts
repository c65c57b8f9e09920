import { Field, Float, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { named } from "./tag.type.js";

export const BreakDirectionEnum = named(["DOWN", "UP"]);
registerEnumType(BreakDirectionEnum, { name: "BreakDirection" });

@ObjectType({ description: "A change of a user's own rate of activity, within the 26 weeks before." })
export class BehaviorBreak {
  @Field(() => DateTime, { description: "The first instant of the new rate, to the week." })
  at!: Date;
  @Field(() => BreakDirectionEnum)
  direction!: "DOWN" | "UP";
  @Field(() => Float, { description: "Activity a week before." })
  before!: number;
  @Field(() => Float, { description: "Activity a week after." })
  after!: number;
  @Field(() => Float, {
    description:
      "A lower bound, 0 to 1: one less the chi-square tail of the Poisson likelihood ratio, times the number of places the break was chosen from.",
  })
  confidence!: number;
}
