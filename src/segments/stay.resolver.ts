import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { type Connection, decodeCursor, notOfThisList, pageOf, pageSize } from "../page.js";
import { type UserRow, userById } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import type { SegmentRow } from "./segment.loader.js";
import { Segment } from "./segment.type.js";
import {
  memberRefusal,
  type SizeRow,
  type StayPage,
  type StayRow,
  sizesBySegment,
  stateBySegment,
  staysBySegment,
} from "./stay.loader.js";
import { FlippedCondition, SegmentSizeConnection, SegmentStay, SegmentStayConnection } from "./stay.type.js";
import { type Reason, toldReason } from "./told.loader.js";

@Resolver(() => Segment)
export class SegmentMembersResolver {
  @FieldResolver(() => SegmentStayConnection, {
    nullable: true,
    description:
      "Who is in it by what was last found of each user, whoever came in last first; at an earlier instant, such as one of sizeHistory, who was in it then. `users(where: {segment})` asks a LIVE segment anew, in any order.",
  })
  members(
    @Root() segment: SegmentRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf?: Date | null,
  ): Promise<Connection<StayRow>> {
    return page(context, segment, { list: "MEMBERS", asOf: asOf ?? null }, first, after);
  }

  @FieldResolver(() => SegmentStayConnection, { nullable: true, description: "Every time a user came in, the latest first." })
  entries(
    @Root() segment: SegmentRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<StayRow>> {
    return page(context, segment, { list: "ENTRIES", asOf: null }, first, after);
  }

  @FieldResolver(() => SegmentStayConnection, { nullable: true, description: "Every time a user left, the latest first." })
  exits(
    @Root() segment: SegmentRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<StayRow>> {
    return page(context, segment, { list: "EXITS", asOf: null }, first, after);
  }

  @FieldResolver(() => SegmentSizeConnection, {
    nullable: true,
    description:
      "How many it held each time everybody had been looked at, the latest first; `members(asOf:)` says who. Of a LIVE segment once a day.",
  })
  async sizeHistory(
    @Root() { id }: SegmentRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<SizeRow>> {
    const size = pageSize(first);
    await refuseMembers(context, id);
    const before = after ? instantOf(decodeCursor(after, 1)[0]) : null;
    const rows = await sizesBySegment(context, size + 1, before).load(id);
    return pageOf(
      rows,
      size,
      ({ at }) => [at.toISOString()],
      (row) => row,
    );
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "How many members there are by what was last found of each user; null where the viewer may not see who they are.",
  })
  async storedCount(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<number | null> {
    if (await memberRefusal(context).load(id)) return null;
    return (await stateBySegment(context).load(id)).stored;
  }

  @FieldResolver(() => DateTime, { nullable: true, description: "Of SCHEDULED: when its members are looked at next." })
  async nextRunAt(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<Date | null> {
    return (await stateBySegment(context).load(id)).nextRunAt;
  }

  @FieldResolver(() => DateTime, { nullable: true, description: "When everybody was last looked at; null: not yet." })
  async refreshedAt(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<Date | null> {
    return (await stateBySegment(context).load(id)).refreshedAt;
  }

  @FieldResolver(() => Boolean, { description: "Whether users are still to be looked at for what it says now." })
  isRunning(@Root() { run, ranRun }: SegmentRow): boolean {
    return run > ranRun;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Why its members could not be looked at the last time; they stay as they were until it can be asked again.",
  })
  async lastError(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<string | null> {
    return (await stateBySegment(context).load(id)).lastError;
  }

  @FieldResolver(() => DateTime, { nullable: true })
  async lastErrorAt(@Root() { id }: SegmentRow, @Ctx() context: RequestContext): Promise<Date | null> {
    return (await stateBySegment(context).load(id)).lastErrorAt;
  }
}

@Resolver(() => SegmentStay)
export class SegmentStayResolver {
  @FieldResolver(() => User, { nullable: true })
  user(@Root() { userId }: StayRow, @Ctx() context: RequestContext): Promise<UserRow | null> {
    return userById(context).load(userId);
  }

  @FieldResolver(() => String, { description: "Why the user came in." })
  async reason(@Root() stay: StayRow, @Ctx() context: RequestContext): Promise<string> {
    return (await toldReason(context, stay.segmentId, stay)).reason ?? "";
  }

  @FieldResolver(() => [FlippedCondition], {
    description: "Those that let the user in; none where the segment changed, or began.",
  })
  async conditions(@Root() stay: StayRow, @Ctx() context: RequestContext): Promise<readonly FlippedCondition[]> {
    return (await toldReason(context, stay.segmentId, stay)).conditions;
  }

  @FieldResolver(() => String, { nullable: true, description: "Why the user left." })
  async exitReason(@Root() stay: StayRow, @Ctx() context: RequestContext): Promise<string | null> {
    return (await toldReason(context, stay.segmentId, exitOf(stay))).reason;
  }

  @FieldResolver(() => [FlippedCondition], { nullable: true })
  async exitConditions(@Root() stay: StayRow, @Ctx() context: RequestContext): Promise<readonly FlippedCondition[] | null> {
    return stay.exitConditions && (await toldReason(context, stay.segmentId, exitOf(stay))).conditions;
  }
}

function exitOf({ exitReason, exitConditions }: StayRow): Reason {
  return { reason: exitReason, conditions: exitConditions ?? [] };
}

async function page(
  context: RequestContext,
  { id }: SegmentRow,
  which: Pick<StayPage, "list" | "asOf">,
  first: number,
  after: string | null | undefined,
): Promise<Connection<StayRow>> {
  const size = pageSize(first);
  await refuseMembers(context, id);
  const rows = await staysBySegment(context, { ...which, rows: size + 1, after: after ? placeOf(after) : null }).load(id);
  return pageOf(
    rows,
    size,
    ({ since, until, userId }) => [((which.list === "EXITS" ? until : since) ?? since).toISOString(), userId],
    (row) => row,
  );
}

async function refuseMembers(context: RequestContext, id: number): Promise<void> {
  const refusal = await memberRefusal(context).load(id);
  if (refusal) throw refusal;
}

function placeOf(cursor: string): { at: string; userId: string } {
  const [at, userId] = decodeCursor(cursor, 2);
  if (typeof userId !== "string" || !/^\d{1,18}$/.test(userId)) throw notOfThisList();
  return { at: instantOf(at), userId };
}

function instantOf(at: unknown): string {
  if (typeof at === "string" && at.length <= 40 && !Number.isNaN(Date.parse(at))) return at;
  throw notOfThisList();
}
