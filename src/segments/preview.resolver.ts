import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { catalogueOf, type TagRow, tagByKey } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { withheld, withheldTag } from "../tags/withheld.loader.js";
import type { Bound } from "./bind.js";
import type { Instant } from "./compile.js";
import { SegmentExpression } from "./expression.type.js";
import { lentIn } from "./lent.js";
import { usableSegments } from "./membership.loader.js";
import { countOverlaps } from "./overlap.loader.js";
import { type UserPage, userPage } from "./page.loader.js";
import { ask, countUsers, instantNow } from "./population.loader.js";
import { caution, type TagDifference } from "./portrait.js";
import { type Comparison, compareDistributions, compareTags, compareValues, type ValueDifference } from "./portrait.loader.js";
import {
  NumberComparison,
  PortraitTag,
  SegmentOverlap,
  SegmentPreview,
  TagComparison,
  UserConnection,
  UserOrderEnum,
  ValueComparison,
} from "./segment.type.js";
import type { UserOrder } from "./statement.js";
import { tellingOf } from "./telling.loader.js";

interface Preview {
  readonly asOf: Date;
  readonly where: Bound;
  readonly at: Instant;
  /** Both sizes, counted once however many fields ask. */
  readonly sizes: () => Promise<readonly [inside: number, population: number]>;
  readonly comparison: () => Promise<Comparison>;
}

interface ComparedTag extends TagDifference {
  readonly tag: TagRow;
}

const MOST_OVERLAPPING = 20;

@Resolver(() => SegmentPreview)
export class SegmentPreviewResolver {
  @Query(() => SegmentPreview, { description: "Who satisfies an expression now, or satisfied it at a past instant." })
  async segmentPreview(
    @Ctx() context: RequestContext,
    @Arg("where", () => SegmentExpression) input: SegmentExpression,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
  ): Promise<Preview> {
    const { wheres, at } = await ask(context, { where: input }, asOf);
    const where = wheres[0]!;
    return {
      asOf: at.asOf,
      where,
      at,
      sizes: once(async () => {
        const tell = await tellingOf(context, [where], at);
        const [inside, population] = await countUsers(context.store.pool, [where, undefined], at);
        return [tell(inside!), population!] as const;
      }),
      comparison: once(() => compareTags(context, where, undefined, at)),
    };
  }

  @FieldResolver(() => Int, {
    description:
      "Exact; a multiple of the smallest count, at most that many too low, where it is told of data that your department may only count by.",
  })
  async count(@Root() preview: Preview): Promise<number> {
    return (await preview.sizes())[0];
  }

  @FieldResolver(() => Int, { description: "Everybody who was known at that instant." })
  async populationCount(@Root() preview: Preview): Promise<number> {
    return (await preview.sizes())[1];
  }

  @FieldResolver(() => [PortraitTag], {
    description: "The tags by which they differ from everybody else, the clearest first. Numbers (METRIC tags) are not in it.",
  })
  async portrait(
    @Root() preview: Preview,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
  ): Promise<readonly object[]> {
    const { differences } = await preview.comparison();
    return (await withTags(context, differences.slice(0, pageSize(first)))).map(
      ({ shareA, shareB, countA, countB, ...rest }) => ({
        ...rest,
        insideShare: shareA,
        outsideShare: shareB,
        insideCount: countA,
        outsideCount: countB,
      }),
    );
  }

  @FieldResolver(() => String, { nullable: true, description: "What must be said beside the portrait of a small group." })
  async caution(@Root() preview: Preview): Promise<string | null> {
    const [inside, population] = await preview.sizes();
    return caution(inside, population - inside, "the group", "everybody else");
  }

  @FieldResolver(() => UserConnection, { description: "By probability: that of the stored scores, at a past asOf too." })
  members(
    @Root() { where, at }: Preview,
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Arg("orderBy", () => UserOrderEnum, { defaultValue: "CHURN_PROBABILITY_DESC" }) orderBy: UserOrder,
  ): Promise<UserPage> {
    return userPage(context, { where, at, orderBy, first, after });
  }

  @Query(() => [TagComparison], {
    description: "The tags by which two groups of users differ, the clearest first. Users in both groups count in both.",
  })
  async tagComparison(
    @Ctx() context: RequestContext,
    @Arg("a", () => SegmentExpression) a: SegmentExpression,
    @Arg("b", () => SegmentExpression) b: SegmentExpression,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
  ): Promise<readonly object[]> {
    const { wheres, at } = await ask(context, { a, b }, asOf);
    const { differences } = await compareTags(context, wheres[0]!, wheres[1]!, at);
    return withTags(context, differences.slice(0, pageSize(first)));
  }

  @Query(() => [ValueComparison], {
    description: "The values of a TEXT tag by which two groups of users differ, the clearest first.",
  })
  async valueComparison(
    @Ctx() context: RequestContext,
    @Arg("tag", () => String, { description: "Key of a TEXT tag, such as core_category." }) key: string,
    @Arg("a", () => SegmentExpression) a: SegmentExpression,
    @Arg("b", () => SegmentExpression, { nullable: true, description: "Default: everybody else." })
    b: SegmentExpression | null | undefined,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
  ): Promise<readonly ValueDifference[]> {
    const tag = await tagByKey(context).load(key);
    if (tag?.valueType !== "TEXT") {
      const hidden = await withheldTag(context, key);
      if (hidden) throw withheld(hidden);
      throw new TidemarkError(
        "UNKNOWN_TAG",
        `${JSON.stringify(key.slice(0, 60))} is not the key of a TEXT tag; \`tags\` lists them.`,
      );
    }
    const { wheres, at } = await ask(context, b ? { a, b } : { a }, asOf);
    return (await compareValues(context, { tag, a: wheres[0]!, b: wheres[1], at })).slice(0, pageSize(first));
  }

  @Query(() => [NumberComparison], {
    description:
      "The numbers (METRIC tags) by whose distributions two groups of users differ, the clearest first. Without b: everybody who is not in a.",
  })
  async numberComparison(
    @Ctx() context: RequestContext,
    @Arg("a", () => SegmentExpression) a: SegmentExpression,
    @Arg("b", () => SegmentExpression, { nullable: true }) b: SegmentExpression | null | undefined,
    @Arg("first", () => Int, { defaultValue: 20 }) first: number,
    @Arg("asOf", () => DateTime, { nullable: true }) asOf: Date | null | undefined,
  ): Promise<readonly object[]> {
    const { wheres, at } = await ask(context, b ? { a, b } : { a }, asOf);
    const tell = await tellingOf(context, wheres, at);
    const found = (await compareDistributions(context, wheres[0]!, wheres[1], at))
      .map((each) => ({ ...each, definedA: tell(each.definedA), definedB: tell(each.definedB) }))
      .filter(({ definedA, definedB }) => lentIn(wheres) === undefined || (definedA > 0 && definedB > 0));
    return (await withTags(context, found.slice(0, pageSize(first)))).map((each) => ({
      ...each,
      medianA: each.quartilesA?.[1] ?? null,
      medianB: each.quartilesB?.[1] ?? null,
      caution: caution(each.definedA, each.definedB, "the first group", b ? "the second group" : "everybody else"),
    }));
  }

  @Query(() => SegmentOverlap, { description: "How many users are in each pair of up to 20 saved segments." })
  async segmentOverlap(@Ctx() context: RequestContext, @Arg("keys", () => [String]) keys: string[]): Promise<SegmentOverlap> {
    if (keys.length === 0 || keys.length > MOST_OVERLAPPING)
      throw new TidemarkError("BAD_INPUT", `keys has ${keys.length} entries; name 1 to ${MOST_OVERLAPPING} segments.`);
    const usable = new Map((await usableSegments(context)).map(({ segment, where }) => [segment.key, where]));
    // Segments that the viewer may not know of stand among the others: their names are known, what they say is not.
    const wheres = keys.map((key, i) => {
      const where = usable.get(key);
      if (where instanceof TidemarkError) throw where;
      if (where === undefined)
        throw new TidemarkError(
          "UNKNOWN_SEGMENT",
          `keys[${i}]: there is no segment ${JSON.stringify(key.slice(0, 60))}; segments lists them.`,
        );
      return where;
    });
    const at = await instantNow(context, wheres);
    const counts = await countOverlaps(context.store.pool, wheres, at);
    const lent = wheres.map((where) => lentIn([where]) !== undefined);
    if (!lent.includes(true)) return { keys, counts };
    const pairs = wheres.flatMap((a, i) => wheres.slice(i).map((b): Bound => ({ kind: "all", of: [a, b] })));
    const tell = await tellingOf(context, pairs, at);
    return { keys, counts: counts.map((row, i) => row.map((count, j) => (lent[i] || lent[j] ? tell(count) : count))) };
  }
}

@Resolver(() => PortraitTag)
export class PortraitTagResolver {
  @FieldResolver(() => Tag)
  tag(@Root() { tag }: ComparedTag): TagRow {
    return tag;
  }
}

@Resolver(() => TagComparison)
export class TagComparisonResolver {
  @FieldResolver(() => Tag)
  tag(@Root() { tag }: ComparedTag): TagRow {
    return tag;
  }
}

@Resolver(() => NumberComparison)
export class NumberComparisonResolver {
  @FieldResolver(() => Tag)
  tag(@Root() { tag }: { readonly tag: TagRow }): TagRow {
    return tag;
  }
}

async function withTags<T extends { readonly tagId: number }>(
  context: RequestContext,
  differences: readonly T[],
): Promise<(T & { readonly tag: TagRow })[]> {
  const { byId } = await catalogueOf(context)();
  return differences.flatMap((difference) => {
    const tag = byId.get(difference.tagId);
    return tag ? [{ ...difference, tag }] : [];
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
