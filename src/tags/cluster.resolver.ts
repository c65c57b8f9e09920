import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { CLUSTER_METRICS, clustersOf, MOST_CLUSTERS, nameOfCluster } from "./cluster.js";
import { BehaviorClusters } from "./cluster.type.js";
import { tagMatrix } from "./metrics.step.js";
import { catalogueOf } from "./tag.loader.js";

const FEWEST_USERS = 20;

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
    if (typeof k === "number" && !(k >= 2 && k <= MOST_CLUSTERS))
      throw new TidemarkError("BAD_INPUT", `k is ${k}; there are 2 to ${MOST_CLUSTERS} clusters.`);
    const instant = asOf ?? context.now;
    const { userIds, columns } = await tagMatrix(context.store.pool, { asOf: instant, keys: CLUSTER_METRICS });
    const users = userIds.length;
    if (users < FEWEST_USERS)
      throw new TidemarkError(
        "NO_SAMPLE",
        `Only ${users} users had been active by ${instant.toISOString()}; clusters take at least ${FEWEST_USERS}.`,
      );
    const { byKey } = await catalogueOf(context)();
    const tags = CLUSTER_METRICS.map((key) => byKey.get(key)!);
    const names = tags.map(({ name }) => name);
    const found = clustersOf(columns, seed, k ?? undefined);
    return {
      asOf: instant,
      users,
      k: found.k,
      silhouette: found.silhouette,
      clusters: found.clusters.map((cluster) => ({
        name: nameOfCluster(cluster.centre, names),
        users: cluster.users,
        share: cluster.users / users,
        metrics: tags
          .map((tag, metric) => ({ tag, mean: cluster.means[metric]!, deviation: cluster.centre[metric]! }))
          .sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation)),
      })),
    };
  }
}
