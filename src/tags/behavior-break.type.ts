import { Field, Float, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { BREAK_METHODS } from "./breaks.js";
import { named } from "./tag.type.js";

export const BreakDirectionEnum = named(["DOWN", "UP"]);
registerEnumType(BreakDirectionEnum, { name: "BreakDirection" });

export const BreakMethodEnum = named(BREAK_METHODS);
registerEnumType(BreakMethodEnum, {
  name: "BreakMethod",
  description: "How breaks are looked for; each finds one in at most 5 % of users whose rate never changed (measured).",
  valuesConfig: {
    LIKELIHOOD_RATIO: {
      description:
        "The likeliest change-point of the weekly counts by Poisson likelihood ratio, then those within either side of it.",
    },
    PELT_COUNTS: {
      description:
        "All change-points of the weekly counts at once: the best penalised division (Killick, Fearnhead & Eckley 2012).",
    },
    PELT_GAPS: {
      description:
        "The same of the gaps between one activity and the next, with the silence that lasts until now; dated to the event.",
    },
  },
});

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
