import { Field, InputType, ObjectType, registerEnumType } from "type-graphql";
import { UserError } from "../page.js";
import type { EventKind } from "./event-kind.js";

/** The enum's object form; its values are those of EVENT_KINDS. */
export const EventKindEnum = {
  INTERACTION: "INTERACTION",
  TRANSACTION: "TRANSACTION",
  NEGATIVE: "NEGATIVE",
  SERVICE: "SERVICE",
} as const satisfies Record<EventKind, EventKind>;

registerEnumType(EventKindEnum, {
  name: "EventKind",
  description: "What an event is counted as: INTERACTION and TRANSACTION are activity, the others are about the user.",
});

@ObjectType({ description: "A type of event; events of other types are refused." })
export class EventType {
  @Field(() => String)
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => EventKindEnum)
  kind!: EventKind;
}

@InputType()
export class EventTypeInput {
  @Field(() => String, { description: "Small letters, digits and underscores, beginning with a letter; at most 60 characters." })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => EventKindEnum)
  kind!: EventKind;
}

@ObjectType()
export class SaveEventTypePayload {
  @Field(() => EventType, { nullable: true })
  eventType!: EventType | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
