import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { idOf } from "../node.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { ContributionRank, GROUPED_ARGUMENT } from "../scores/churn-score.type.js";
import { contributionRanking, type PopulationRank } from "../scores/contribution.loader.js";
import { SegmentExpression } from "./expression.type.js";
import { segmentsByUser } from "./membership.loader.js";
import { type UserPage, userPage } from "./page.loader.js";
import { ask } from "./population.loader.js";
import type { SegmentRow } from "./segment.loader.js";
import { Segment, UserConnection, UserOrderEnum } from "./segment.type.js";
import { memberStatement, type UserOrder } from "./statement.js";
import { tellingOf } from "./telling.loader.js";

@Resolver(() => User)
export class SegmentedUsersResolver {
  @Query(() => UserConnection, {
    description:
      "Users who satisfy an expression, everybody without one. The population is who was known (had an activity, or was declared with firstSeenAt) before asOf; without asOf the stored state of now is asked.",
  })
  async users(
    @Ctx() context: RequestContext,
    @Arg("where", () => SegmentExpression, { nullable: true }) where: SegmentExpression | null | undefined,
    @Arg("orderBy", () => UserOrderEnum, { defaultValue: "ID_ASC" }) orderBy: UserOrder,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
  ): Promise<UserPage> {
    const { wheres, at } = await ask(context, where ? { where } : {}, asOf);
    return userPage(context, { where: wheres[0], at, orderBy, first, after });
  }

  @Query(() => [ContributionRank], {
    description:
      "Which tags move the scores of a population, by a model (the champion when left out); everybody without an expression.",
  })
  async contributionRanking(
    @Ctx() context: RequestContext,
    @Arg("model", () => ID, { nullable: true }) model: string | null | undefined,
    @Arg("where", () => SegmentExpression, { nullable: true }) where: SegmentExpression | null | undefined,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("grouped", () => Boolean, GROUPED_ARGUMENT) grouped: boolean,
  ): Promise<PopulationRank[]> {
    const modelId = model ? Number(idOf("ChurnModel", model)) : null;
    if (!where) return contributionRanking(context, { modelId, userIds: null, first, grouped });
    const { wheres, at } = await ask(context, { where }, null);
    const tell = await tellingOf(context, wheres, at);
    const { text, values } = memberStatement(wheres[0], at);
    const userIds = (await context.store.pool.run<{ id: string }>(text, values)).rows.map(({ id }) => id);
    const shown = tell(userIds.length) === 0 ? [] : userIds;
    const ranks = await contributionRanking(context, { modelId, userIds: shown, first, grouped });
    return ranks.map((rank) => ({ ...rank, users: tell(rank.users) }));
  }

  @FieldResolver(() => [Segment], { description: "The saved segments that the user is in now." })
  segments(@Root() user: UserRow, @Ctx() context: RequestContext): Promise<readonly SegmentRow[]> {
    return segmentsByUser(context).load(user.id);
  }
}
