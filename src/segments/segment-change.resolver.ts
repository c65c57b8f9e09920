import { Arg, Ctx, FieldResolver, InterfaceType, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { accessOf } from "../people/access.loader.js";
import { type ChangeRow, registerHidden } from "../people/change.loader.js";
import { Change } from "../people/change.type.js";
import { followChanges } from "../people/change-tail.loader.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { segmentsOfRequest } from "./catalogue.loader.js";
import { type SegmentRow, thingOfSegment } from "./segment.loader.js";
import { Segment } from "./segment.type.js";
import { memberRefusal } from "./stay.loader.js";
import { FlippedCondition } from "./stay.type.js";
import { type Reason, toldReason } from "./told.loader.js";

registerHidden("SegmentEntered", hiddenSegmentIds);
registerHidden("SegmentExited", hiddenSegmentIds);

@InterfaceType({
  implements: Change,
  description: "A user came into a saved segment or left it.",
  resolveType: ({ kind }: { readonly kind?: string }) => (kind === "SegmentExited" ? SegmentExited : SegmentEntered),
})
export class SegmentChange extends Change {}

@ObjectType({ implements: [Change, SegmentChange], description: "A user came into a saved segment." })
class SegmentEntered extends SegmentChange {}

@ObjectType({ implements: [Change, SegmentChange], description: "A user left a saved segment." })
class SegmentExited extends SegmentChange {}

@Resolver(() => SegmentChange)
export class SegmentChangeResolver {
  @Subscription(() => SegmentChange, {
    description:
      "Users as they come into a saved segment or leave it, from now on; what came before is in its entries and exits.",
    subscribe: async ({ args, context }) => {
      const id = await followed(context as RequestContext, args.key as string);
      return followChanges(
        (context as RequestContext).store.pool,
        ({ kind, subjectId }) => (kind === "SegmentEntered" || kind === "SegmentExited") && subjectId === id,
      );
    },
  })
  async segmentChanged(
    @Root() change: ChangeRow,
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
  ): Promise<ChangeRow> {
    // Asked anew for each event: a grant may have run out meanwhile.
    await followed(context, key);
    return change;
  }

  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: ChangeRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => Segment, { nullable: true, description: "Null: it was deleted since." })
  async segment(@Root() { subjectId }: ChangeRow, @Ctx() context: RequestContext): Promise<SegmentRow | null> {
    return (await segmentsOfRequest(context)).find(({ id }) => id === subjectId) ?? null;
  }

  @FieldResolver(() => [FlippedCondition], { description: "What flipped; nothing where the segment was made or changed." })
  async conditions(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<readonly FlippedCondition[]> {
    return (await toldReason(context, change.subjectId, reasonOf(change))).conditions;
  }

  @FieldResolver(() => String, { nullable: true })
  async reason(@Root() change: ChangeRow, @Ctx() context: RequestContext): Promise<string | null> {
    return (await toldReason(context, change.subjectId, reasonOf(change))).reason;
  }
}

function reasonOf({ reason, after }: ChangeRow): Reason {
  return { reason, conditions: Array.isArray(after) ? (after as FlippedCondition[]) : [] };
}

/** @throws UNKNOWN_SEGMENT where there is none of that key, or none that the viewer may read; FORBIDDEN where its members may not be seen */
async function followed(context: RequestContext, key: string): Promise<number> {
  const [segments, access] = await Promise.all([segmentsOfRequest(context), accessOf(context)()]);
  const segment = segments.find((each) => each.key === key);
  if (!segment || access(thingOfSegment(segment)) !== "READ")
    throw new TidemarkError(
      "UNKNOWN_SEGMENT",
      `There is no segment ${JSON.stringify(key.slice(0, 60))} that you may read; \`segments\` lists those there are.`,
    );
  const refusal = await memberRefusal(context).load(segment.id);
  if (refusal) throw refusal;
  return segment.id;
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
