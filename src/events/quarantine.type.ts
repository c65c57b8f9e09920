import { Field, Int, ObjectType } from "type-graphql";
import { connectionOf } from "../page.js";
import { DateTime, JSONObject } from "../scalars.js";

@ObjectType({ description: "A row that was not taken, with the reason, to be mended and sent again." })
export class QuarantinedRow {
  @Field(() => String)
  source!: string;
  @Field(() => String, { description: "The file or mutation it came through." })
  origin!: string;
  @Field(() => Int, { description: "Its line in the file, or its index in the call." })
  rowIndex!: number;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
  @Field(() => JSONObject, { nullable: true, description: "The row as it came, shortened where it was very long." })
  row!: Record<string, unknown> | null;
  @Field(() => DateTime)
  receivedAt!: Date;
}

export const QuarantineConnection = connectionOf("Quarantine", QuarantinedRow);

@ObjectType()
export class CodeCount {
  @Field(() => String)
  code!: string;
  @Field(() => Int)
  rows!: number;
}

@ObjectType({ description: "What became of the rows that a source has sent." })
export class DataQuality {
  @Field(() => String)
  source!: string;
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int)
  duplicates!: number;
  @Field(() => Int)
  rejected!: number;
  @Field(() => [CodeCount], { description: "Refused rows by reason, the most frequent first." })
  byCode!: CodeCount[];
  @Field(() => [CodeCount], { description: "Values that were mended, by what was done." })
  cleaned!: CodeCount[];
  @Field(() => DateTime, { nullable: true })
  lastReceivedAt!: Date | null;
}
