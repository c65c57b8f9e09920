import DataLoader from "dataloader";
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { registerNode, toGlobalId } from "../node.js";
import { type Connection, decodeCursor, pageOf, pageSize } from "../page.js";
import { accessOf } from "../people/access.loader.js";
import { Department } from "../people/department.type.js";
import { registerThing } from "../people/thing.step.js";
import { perRequest, type RequestContext } from "../request.js";
import { type Dependant, findDependants, registerDependants, tagsOfDefinition } from "./dependant.js";
import { distributionByTag, MOST_BINS } from "./distribution.loader.js";
import type { ValueCount } from "./histogram.js";
import type { TagFamily, TagState } from "./tag.entity.js";
import {
  bumpCatalogue,
  catalogueOf,
  lockCatalogue,
  type TagRow,
  tagById,
  tagByKey,
  thingOfTag,
  wholeCatalogueOf,
} from "./tag.loader.js";
import { Tag, TagConnection, TagDependant, TagFamilyEnum, TagLifecycleMove, TagStateEnum, TagValueCount } from "./tag.type.js";
import { withheld, withheldTag } from "./withheld.loader.js";

registerThing("TAG", {
  table: "tag",
  rows: "select t.id, t.key, t.name, d.key as department, t.visibility, t.built_in from tag t join department d on d.id = t.department_id",
  // A decline that was generated from a metric shows that metric's numbers.
  follows: "id = $1 or generated_from = $1",
  lock: lockCatalogue,
  changed: bumpCatalogue,
});

registerNode("Tag", (context, ids) => Promise.all(ids.map((id) => tagById(context).load(Number(id)))));

/** Tags that are made from other tags. */
registerDependants(async (context, keys) => {
  const { tags } = await wholeCatalogueOf(context)();
  const found = new Map<string, (TagRow & Dependant)[]>(keys.map((key) => [key, []]));
  for (const tag of tags) {
    const { definition } = tag;
    if (!definition || tag.state === "RETIRED") continue;
    for (const key of tagsOfDefinition(definition)) found.get(key)?.push({ ...tag, __typename: "Tag", thing: thingOfTag(tag) });
  }
  return found;
});

interface LifecycleRow {
  readonly from: TagState | null;
  readonly to: TagState;
  readonly at: Date;
  readonly by: string;
  readonly reason: string | null;
}

const lifecycleByTag = perRequest(
  ({ store }) =>
    new DataLoader<number, LifecycleRow[]>(async (ids) => {
      const rows = await store.pool.read<LifecycleRow & { tagId: number }>(
        `select tag_id as "tagId", from_state as "from", to_state as "to", at, by_whom as by, reason from tag_lifecycle
         where tag_id = any($1::int[]) order by id`,
        [ids],
      );
      const byTag = Map.groupBy(rows, ({ tagId }) => tagId);
      return ids.map((id) => byTag.get(id) ?? []);
    }),
);

const dependantsByTag = perRequest((context) => new DataLoader<string, Dependant[]>((keys) => findDependants(context, keys)));

const STANDARD_PAGE = 50;

@Resolver(() => Tag)
export class TagResolver {
  @Query(() => TagConnection, { description: "The tag library, by key: what the viewer may read of it." })
  async tags(
    @Ctx() context: RequestContext,
    @Arg("first", () => Int, { defaultValue: STANDARD_PAGE }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("family", () => TagFamilyEnum, { nullable: true }) family?: TagFamily | null,
    @Arg("department", () => String, { nullable: true, description: "Key of the department that owns the tag." })
    department?: string | null,
    @Arg("state", () => TagStateEnum, { nullable: true }) state?: TagState | null,
  ): Promise<Connection<TagRow> & { totalCount: number }> {
    const size = pageSize(first);
    const place = after ? String(decodeCursor(after, 1)[0]) : "";
    const { tags } = await catalogueOf(context)();
    const wanted = tags.filter(
      (tag) =>
        (!family || tag.family === family) &&
        (!department || tag.department.key === department) &&
        (!state || tag.state === state),
    );
    return {
      ...pageOf(
        wanted.filter(({ key }) => key > place),
        size,
        ({ key }) => [key],
        (tag) => tag,
      ),
      totalCount: wanted.length,
    };
  }

  @Query(() => Tag, {
    nullable: true,
    description: "Refused by name, with the department to ask, where it is not shared with yours.",
  })
  async tag(@Ctx() context: RequestContext, @Arg("key", () => String) key: string): Promise<TagRow | null> {
    const hidden = await withheldTag(context, key);
    if (hidden) throw withheld(hidden);
    return tagByKey(context).load(key);
  }

  @FieldResolver(() => ID)
  id(@Root() tag: TagRow): string {
    return toGlobalId("Tag", tag.id);
  }

  @FieldResolver(() => Department)
  department(@Root() tag: TagRow): TagRow["department"] {
    return tag.department;
  }

  @FieldResolver(() => [TagLifecycleMove], { description: "Oldest first." })
  lifecycle(@Root() tag: TagRow, @Ctx() context: RequestContext): Promise<LifecycleRow[]> {
    return lifecycleByTag(context).load(tag.id);
  }

  @FieldResolver(() => [TagDependant], { description: "What is made from it, and would break without it." })
  async dependants(@Root() tag: TagRow, @Ctx() context: RequestContext): Promise<Dependant[]> {
    const access = await accessOf(context)();
    return (await dependantsByTag(context).load(tag.key)).filter(({ thing }) => access(thing) === "READ");
  }

  @FieldResolver(() => [Tag], { description: "The tags that its definition is made from, directly." })
  async dependsOn(@Root() { definition }: TagRow, @Ctx() context: RequestContext): Promise<TagRow[]> {
    if (!definition) return [];
    const { byKey } = await catalogueOf(context)();
    return tagsOfDefinition(definition).flatMap((key) => byKey.get(key) ?? []);
  }

  @FieldResolver(() => Tag, {
    nullable: true,
    description: "Of a decline that was generated from somebody's metric: that metric, whose revisions and moves it follows.",
  })
  async generatedFrom(@Root() { generatedFrom }: TagRow, @Ctx() context: RequestContext): Promise<TagRow | null> {
    return generatedFrom === null ? null : tagById(context).load(generatedFrom);
  }

  @FieldResolver(() => [TagValueCount], {
    description: "How many users have each value, or values in each of some equal ranges; of a TEXT tag the commonest values.",
  })
  valueDistribution(
    @Root() tag: TagRow,
    @Ctx() context: RequestContext,
    @Arg("bins", () => Int, { defaultValue: 10 }) bins: number,
  ): Promise<readonly ValueCount[]> {
    if (!Number.isInteger(bins) || bins < 1 || bins > MOST_BINS)
      throw new TidemarkError("BAD_INPUT", `bins is ${bins}; a distribution has 1 to ${MOST_BINS} of them.`);
    return distributionByTag(context, bins).load(tag);
  }
}
