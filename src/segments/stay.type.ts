import { Field, Int, ObjectType } from "type-graphql";
import { connectionOf } from "../page.js";
import { User } from "../people/user.type.js";
import { DateTime } from "../scalars.js";

@ObjectType({ description: "A condition of a segment that flipped for a user." })
export class FlippedCondition {
  @Field(() => String, { description: "In the text form of expressions." })
  text!: string;
  @Field(() => Boolean, { description: "Whether it holds since then, or no more." })
  holds!: boolean;
}

@ObjectType({ description: "One stretch of time in which a user was in a segment: [since, until)." })
export class SegmentStay {
  @Field(() => User, { nullable: true })
  user!: User | null;
  @Field(() => DateTime)
  since!: Date;
  @Field(() => DateTime, { nullable: true, description: "Null: it goes on." })
  until!: Date | null;
}

export const SegmentStayConnection = connectionOf("SegmentStay", SegmentStay);

@ObjectType({ description: "How many members a segment had once everybody had been looked at." })
export class SegmentSize {
  @Field(() => DateTime)
  at!: Date;
  @Field(() => Int, { name: "count" })
  users!: number;
  @Field(() => Int, { description: "What the segment said then." })
  revision!: number;
}

export const SegmentSizeConnection = connectionOf("SegmentSize", SegmentSize);
