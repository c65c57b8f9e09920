import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from "type-graphql";
import { accessOf } from "../people/access.loader.js";
import { type ChangeRow, registerHidden } from "../people/change.loader.js";
import { Change } from "../people/change.type.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { segmentsOfRequest } from "./catalogue.loader.js";
import { type SegmentRow, thingOfSegment } from "./segment.loader.js";
import { Segment } from "./segment.type.js";
import { memberRefusal } from "./stay.loader.js";
import { FlippedCondition } from "./stay.type.js";

registerHidden("SegmentEntered", hiddenSegmentIds);
registerHidden("SegmentExited", hiddenSegmentIds);

@ObjectType({ implements: Change, description: "A user came into a saved segment." })
export class SegmentEntered extends Change {
  @Field(() => String, { nullable: true })
  reason!: string | null;
}

@ObjectType({ implements: Change, description: "A user left a saved segment." })
export class SegmentExited extends Change {
  @Field(() => String, { nullable: true })
  reason!: string | null;
}

@Resolver(() => SegmentEntered)
export class SegmentEnteredResolver {
  @FieldResolver(() => User, { nullable: true })
  user(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(change.userId);
  }

  @FieldResolver(() => Segment, { nullable: true, description: "Null: it was deleted since." })
  segment(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<SegmentRow | null> {
    return segmentOf(context, change);
  }

  @FieldResolver(() => [FlippedCondition], { description: "What flipped; nothing where the segment changed, or began." })
  conditions(@Root() change: ChangeRow): FlippedCondition[] {
    return conditionsOf(change);
  }
}

@Resolver(() => SegmentExited)
export class SegmentExitedResolver {
  @FieldResolver(() => User, { nullable: true })
  user(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(change.userId);
  }

  @FieldResolver(() => Segment, { nullable: true, description: "Null: it was deleted since." })
  segment(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<SegmentRow | null> {
    return segmentOf(context, change);
  }

  @FieldResolver(() => [FlippedCondition], { description: "What flipped; nothing where the segment changed." })
  conditions(@Root() change: ChangeRow): FlippedCondition[] {
    return conditionsOf(change);
  }
}

async function segmentOf(context: RequestContext, { subjectId }: ChangeRow): Promise<SegmentRow | null> {
  return (await segmentsOfRequest(context)).find(({ id }) => id === subjectId) ?? null;
}

function conditionsOf({ after }: ChangeRow): FlippedCondition[] {
  return Array.isArray(after) ? (after as FlippedCondition[]) : [];
}

/** Members are values: whoever may only count by a segment, or by something in it, is not told of them. */
async function hiddenSegmentIds(context: RequestContext): Promise<number[]> {
  const access = await accessOf(context)();
  const segments = await segmentsOfRequest(context);
  const refusals = await memberRefusal(context).loadMany(segments.map(({ id }) => id));
  return segments.flatMap((segment, i) =>
    access(thingOfSegment(segment)) === "READ" && refusals[i] === null ? [] : [segment.id],
  );
}
