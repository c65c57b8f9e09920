import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { RowRejection } from "../page.js";
import { JSONObject, RowDateTime, RowDecimal } from "../scalars.js";

@InputType({ description: "Something a user did or that happened to them." })
export class RecordEventInput {
  @Field(() => ID, { nullable: true, description: "Required: the user, by the source's own id. A user not known yet is made." })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: "The system that the event comes from; `default` where it is left out." })
  source?: string | null;
  @Field(() => String, { nullable: true, description: "Required: a key of `eventTypes`." })
  type?: string | null;
  @Field(() => RowDateTime, {
    nullable: true,
    description: "Required: when it happened, in any order; at most a day ahead of now.",
  })
  occurredAt?: unknown;
  @Field(() => ID, {
    nullable: true,
    description:
      "The source's own id of the event: the same one is taken once per user and source, so a call can be repeated. Without it every row is a new event.",
  })
  eventId?: string | null;
  @Field(() => RowDecimal, { nullable: true, description: "Money; negative for what was given back." })
  amount?: unknown;
  @Field(() => String, { nullable: true })
  category?: string | null;
  @Field(() => [String], {
    nullable: true,
    description: "Where one event spans several categories, as an order of many products does.",
  })
  categories?: string[] | null;
  @Field(() => String, { nullable: true })
  channel?: string | null;
  @Field(() => JSONObject, { nullable: true, description: "Anything else; at most 20,000 characters as JSON." })
  properties?: Record<string, unknown> | null;
}

@InputType()
export class RecordEventsInput {
  @Field(() => [RecordEventInput], { description: "At most 10,000." })
  events!: RecordEventInput[];
}

@ObjectType()
export class RecordEventsPayload {
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int, { description: "Rows whose event id the source had sent before, in this call or an earlier one." })
  duplicates!: number;
  @Field(() => [RowRejection])
  rejected!: RowRejection[];
}
