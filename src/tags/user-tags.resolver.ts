import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { type Connection, decodeCursor, notOfThisList, pageOf, pageSize } from "../page.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { DeclineTag, TagAssignmentConnection } from "./assignment.type.js";
import { BehaviorBreak, BreakMethodEnum } from "./behavior-break.type.js";
import { type BehaviorBreakValues, type BreakMethod, behaviorBreaks } from "./breaks.js";
import type { DeclineRow } from "./decline.resolver.js";
import { COMPUTED_SOURCE } from "./stored.loader.js";
import type { TagFamily } from "./tag.entity.js";
import type { TagCatalogue } from "./tag.loader.js";
import { TagFamilyEnum } from "./tag.type.js";
import {
  type AssignmentRow,
  assignmentsOf,
  computedOf,
  declinesOf,
  givenTagsAt,
  historyAt,
  tagStateByUser,
} from "./tag-state.loader.js";

/** A row of `User.tags`: the evidence has a door of its own. */
type TagAssignmentRow = Omit<AssignmentRow, "evidence">;

const STANDARD_PAGE = 50;

@Resolver(() => User)
export class UserTagsResolver {
  @FieldResolver(() => TagAssignmentConnection, {
    description: "What the user has been tagged with: first what is held, then the numbers. Expired tags are never shown.",
  })
  async tags(
    @Root() user: UserRow,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: STANDARD_PAGE }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("asOf", () => DateTime, { nullable: true, description: "As it was then, computed on demand; default: as it stands." })
    asOf?: Date | null,
    @Arg("family", () => TagFamilyEnum, { nullable: true }) family?: TagFamily | null,
    @Arg("department", () => String, { nullable: true, description: "Key of the department that owns the tag." })
    department?: string | null,
  ): Promise<Connection<TagAssignmentRow>> {
    const size = pageSize(first);
    const place = after ? decodeCursor(after, 2).map(Number) : undefined;
    if (place?.some((part) => !Number.isInteger(part))) throw notOfThisList();
    const rows = asOf ? await tagsAt(context, user, asOf) : await tagsNow(context, user.id);
    const wanted = rows.filter(
      (row) =>
        (!family || row.tag.family === family) &&
        (!department || row.tag.department.key === department) &&
        (!place || rankOf(row) > place[0]! || (rankOf(row) === place[0] && row.tag.id > place[1]!)),
    );
    wanted.sort((a, b) => rankOf(a) - rankOf(b) || a.tag.id - b.tag.id);
    return pageOf(
      wanted,
      size,
      (row) => [rankOf(row), row.tag.id],
      (row) => row,
    );
  }

  @FieldResolver(() => [DeclineTag], { description: "Where the user's behaviour fell against their own past, the latest first." })
  async declineTags(
    @Root() user: UserRow,
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, { nullable: true, description: "Computed on demand for then; default: as it stands." })
    asOf?: Date | null,
  ): Promise<DeclineRow[]> {
    const state = asOf
      ? { assignments: await declinesAt(context, user.id, asOf), asOf }
      : await tagStateByUser(context).load(user.id);
    return state.assignments
      .flatMap(({ tag, evidence, since }) =>
        tag.kind === "DECLINE" && evidence
          ? [
              {
                userId: user.id,
                tag,
                evidence,
                currentValue: evidence.current,
                baselineValue: evidence.baseline,
                changeRatio: evidence.ratio,
                severity: evidence.severity,
                since,
                asOf: state.asOf ?? context.now,
              },
            ]
          : [],
      )
      .sort((a, b) => b.since.getTime() - a.since.getTime() || a.tag.id - b.tag.id);
  }

  @FieldResolver(() => [BehaviorBreak], {
    description: "Changes of the user's own rate of activity in the 26 weeks before, computed on demand.",
  })
  async behaviorBreaks(
    @Root() user: UserRow,
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf?: Date | null,
    @Arg("method", () => BreakMethodEnum, { defaultValue: "LIKELIHOOD_RATIO" }) method?: BreakMethod,
  ): Promise<BehaviorBreakValues[]> {
    const instant = asOf ?? context.now;
    const { histories, place, library } = await historyAt(context, instant).load(user.id);
    const activity = new Set(
      library.types.filter(({ kind }) => kind === "INTERACTION" || kind === "TRANSACTION").map(({ id }) => id),
    );
    const from = histories.offsets[place]!;
    const to = histories.offsets[place + 1]!;
    const at = histories.at.subarray(from, to).filter((_, event) => activity.has(histories.typeIds[from + event]!));
    return behaviorBreaks(at, instant.getTime(), method);
  }
}

/** What is held comes before the numbers, which are many and the same for everybody. */
function rankOf({ tag }: TagAssignmentRow): number {
  return tag.kind === "METRIC" ? 1 : 0;
}

async function tagsNow(context: RequestContext, userId: string): Promise<TagAssignmentRow[]> {
  const { catalogue, asOf, numbers, assignments } = await tagStateByUser(context).load(userId);
  return asOf ? [...assignments, ...numbersAsTags(catalogue, (slot) => numbers[slot] ?? Number.NaN, asOf)] : [...assignments];
}

async function tagsAt(context: RequestContext, user: UserRow, asOf: Date): Promise<TagAssignmentRow[]> {
  const [given, { histories, place, library }] = await Promise.all([
    givenTagsAt(context, asOf).load(user.id),
    historyAt(context, asOf).load(user.id),
  ]);
  const isKnown = user.firstSeenAt !== null && user.firstSeenAt < asOf;
  if (!isKnown && histories.offsets[place] === histories.offsets[place + 1]) return [...given];
  const computed = await computedOf(context, library, histories, asOf);
  const { catalogue } = library;
  return [
    ...given,
    ...assignmentsOf({ computed, catalogue, place, source: COMPUTED_SOURCE }),
    ...numbersAsTags(catalogue, (slot) => computed.numbers[slot]?.[place] ?? Number.NaN, asOf),
  ];
}

async function declinesAt(context: RequestContext, userId: string, asOf: Date): Promise<AssignmentRow[]> {
  const { histories, place, library } = await historyAt(context, asOf).load(userId);
  return assignmentsOf({
    computed: await declinesOf(context, library, histories, asOf),
    catalogue: library.catalogue,
    place,
    source: COMPUTED_SOURCE,
  });
}

function numbersAsTags(catalogue: TagCatalogue, numberOf: (slot: number) => number, since: Date): TagAssignmentRow[] {
  return catalogue.bySlot.flatMap((tag, slot) => {
    const value = numberOf(slot);
    if (!tag || (tag.state !== "ACTIVE" && tag.state !== "DEPRECATED") || Number.isNaN(value)) return [];
    return [{ tag, value, since, expiresAt: null, source: COMPUTED_SOURCE }];
  });
}
