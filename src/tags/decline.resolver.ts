import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../request.js";
import { DeclinePeers, DeclineTag } from "./assignment.type.js";
import { peersOfDecline } from "./decline.loader.js";
import { type Peers, sentenceOf } from "./decline-evidence.js";
import type { Evidence } from "./holding.js";
import type { TagRow } from "./tag.loader.js";

/** A decline as `User.declineTags` gives it. */
export interface DeclineRow {
  readonly userId: string;
  readonly tag: TagRow;
  readonly evidence: Evidence;
  readonly currentValue: number | null;
  readonly baselineValue: number | null;
  readonly changeRatio: number | null;
  readonly severity: Evidence["severity"];
  readonly since: Date;
  /** The instant the numbers were taken at. */
  readonly asOf: Date;
}

@Resolver(() => DeclineTag)
export class DeclineResolver {
  @FieldResolver(() => String, { description: "The evidence in words." })
  sentence(@Root() { tag, evidence }: DeclineRow): string {
    return sentenceOf(tag.definition!, evidence);
  }

  @FieldResolver(() => DeclinePeers, {
    nullable: true,
    description:
      "How users of like frequency fared between the same two windows, over at most 20,000 users; computed on demand. Null where the tag's definition does not compare.",
  })
  peers(@Root() { userId, tag, changeRatio: ratio, asOf }: DeclineRow, @Ctx() context: RequestContext): Promise<Peers | null> {
    return peersOfDecline(context, { userId, tag, ratio, asOf });
  }
}
