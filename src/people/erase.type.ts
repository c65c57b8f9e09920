import { Field, ID, InputType, ObjectType } from "type-graphql";
import { UserError } from "../page.js";
import { DateTime } from "../scalars.js";

@InputType()
export class EraseUserInput {
  @Field(() => ID)
  externalId!: string;
  @Field(() => String, { nullable: true, description: "May be left out where only one user is meant." })
  source?: string | null;
  @Field(() => String, {
    nullable: true,
    description: "Kept with the receipt, so without anything personal; at most 500 characters.",
  })
  reason?: string | null;
}

@ObjectType({ description: "That somebody was erased, and nothing of who it was." })
export class ErasureReceipt {
  @Field(() => ID, { description: "The id that the user had; nothing is answered for it any more." })
  id!: string;
  @Field(() => DateTime)
  at!: Date;
}

@ObjectType()
export class EraseUserPayload {
  @Field(() => Boolean)
  erased!: boolean;
  @Field(() => ErasureReceipt, { nullable: true })
  receipt!: ErasureReceipt | null;
  @Field(() => [UserError])
  errors!: UserError[];
}
