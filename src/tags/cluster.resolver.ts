import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { findClusters } from "./cluster.loader.js";
import { BehaviorClusters } from "./cluster.type.js";

@Resolver()
export class ClusterResolver {
  @Query(() => BehaviorClusters, {
    description:
      "Everybody active before an instant, in clusters of like behaviour, from the events; the same seed gives the same clusters.",
  })
  async behaviorClusters(
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, { nullable: true, description: "Default: now." }) asOf?: Date | null,
    @Arg("k", () => Int, { nullable: true, description: "How many, 2 to 8; default: as many as set users apart most clearly." })
    k?: number | null,
    @Arg("seed", () => Int, { defaultValue: 1 }) seed = 1,
  ): Promise<object> {
    const instant = asOf ?? context.now;
    const { tags, names, ...found } = await findClusters(context.store.pool, { asOf: instant, k: k ?? undefined, seed });
    const users = found.userIds.length;
    return {
      asOf: instant,
      users,
      k: found.k,
      silhouette: found.silhouette,
      clusters: found.clusters.map((cluster, place) => ({
        name: names[place]!,
        users: cluster.users,
        share: cluster.users / users,
        metrics: tags
          .map((tag, metric) => ({ tag, mean: cluster.means[metric]!, deviation: cluster.centre[metric]! }))
          .sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation)),
      })),
    };
  }
}
