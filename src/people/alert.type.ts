import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf } from "../page.js";
import { DateTime } from "../scalars.js";
import { ALERT_SUBJECTS, type AlertSubject } from "./alert.entity.js";

export const AlertSubjectEnum = Object.fromEntries(ALERT_SUBJECTS.map((each) => [each, each])) as Record<
  AlertSubject,
  AlertSubject
>;
registerEnumType(AlertSubjectEnum, { name: "AlertSubject", description: "What an alert is about." });

@ObjectType({
  description: "Something about a model, a segment, a tag, a tier scheme or a webhook that somebody should look at.",
})
export class Alert {
  @Field(() => ID)
  id!: string;
  @Field(() => DateTime, { description: "The instant that was looked at." })
  at!: Date;
  @Field(() => String, { description: "For machines, such as SEGMENT_SIZE_JUMP." })
  kind!: string;
  @Field(() => AlertSubjectEnum)
  subjectType!: AlertSubject;
  @Field(() => String)
  subjectKey!: string;
  @Field(() => String, { description: "A sentence with the figures." })
  message!: string;
}

export const AlertConnection = connectionOf("Alert", Alert);
