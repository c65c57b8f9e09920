import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { fromGlobalId, Node, nodeFetcher } from "../node.js";
import { LARGEST_PAGE } from "../page.js";
import type { RequestContext } from "../request.js";
import { NODE_PERMISSIONS } from "./permission.js";

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: "Relay: a thing by its id; null where it is gone." })
  async node(@Ctx() context: RequestContext, @Arg("id", () => ID) id: string): Promise<object | null> {
    return (await fetchNodes(context, [id]))[0] ?? null;
  }

  @Query(() => [Node], { nullable: "items", description: "Relay: things by their ids, in that order; null where one is gone." })
  nodes(@Ctx() context: RequestContext, @Arg("ids", () => [ID]) ids: string[]): Promise<(object | null)[]> {
    if (ids.length > LARGEST_PAGE)
      throw new TidemarkError("BAD_INPUT", `ids has ${ids.length} entries; ask for at most ${LARGEST_PAGE} at once.`);
    return fetchNodes(context, ids);
  }
}

/** One fetch per type, however many ids; each row carries its type's name, by which the interface finds it. */
async function fetchNodes(context: RequestContext, globalIds: readonly string[]): Promise<(object | null)[]> {
  const answers: (object | null)[] = new Array(globalIds.length).fill(null);
  const wanted = Map.groupBy(
    globalIds.map((globalId, at) => ({ at, ...fromGlobalId(globalId) })),
    ({ type }) => type,
  );
  await Promise.all(
    [...wanted].map(async ([type, entries]) => {
      const fetch = nodeFetcher(type);
      if (!fetch)
        throw new TidemarkError("BAD_INPUT", `Nothing of the type ${type} can be fetched by id; pass an id as it was answered.`);
      if (!NODE_PERMISSIONS[type]?.includes(context.viewer.role))
        throw new TidemarkError(
          "FORBIDDEN",
          `A ${type} is not for a key of the role ${context.viewer.role}; ask the owner for one of ${NODE_PERMISSIONS[type]?.join(" or ") ?? "another role"}.`,
        );
      const rows = await fetch(
        context,
        entries.map(({ id }) => id),
      );
      for (const [index, { at }] of entries.entries()) {
        const row = rows[index];
        answers[at] = row ? { ...row, __typename: type } : null;
      }
    }),
  );
  return answers;
}
