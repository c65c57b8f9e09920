import { TidemarkError } from "../errors.js";
import type { Pool } from "../store/pool.js";
import { CLUSTER_METRICS, type Clusters, clustersOf, MOST_CLUSTERS, nameOfCluster } from "./cluster.js";
import { tagMatrix } from "./metrics.step.js";
import { type TagRow, tagCatalogue } from "./tag.loader.js";

const FEWEST_USERS = 20;

export interface ClusterQuestion {
  readonly asOf: Date;
  /** How many; undefined: as many as set users apart most clearly. */
  readonly k: number | undefined;
  readonly seed: number;
}

export interface FoundClusters extends Clusters {
  /** Ascending. */
  readonly userIds: Float64Array;
  readonly tags: readonly TagRow[];
  /** Of each cluster. */
  readonly names: readonly string[];
}

/** Everybody active before an instant, by behaviour. @throws BAD_INPUT, or NO_SAMPLE for too few users */
export async function findClusters(pool: Pool, { asOf, k, seed }: ClusterQuestion): Promise<FoundClusters> {
  if (k !== undefined && !(k >= 2 && k <= MOST_CLUSTERS))
    throw new TidemarkError("BAD_INPUT", `k is ${k}; there are 2 to ${MOST_CLUSTERS} clusters.`);
  const { userIds, columns } = await tagMatrix(pool, { asOf, keys: CLUSTER_METRICS });
  if (userIds.length < FEWEST_USERS)
    throw new TidemarkError(
      "NO_SAMPLE",
      `Only ${userIds.length} users had been active by ${asOf.toISOString()}; clusters take at least ${FEWEST_USERS}.`,
    );
  const { byKey } = await tagCatalogue(pool);
  const tags = CLUSTER_METRICS.map((key) => byKey.get(key)!);
  const found = clustersOf(columns, seed, k);
  const metricNames = tags.map(({ name }) => name);
  return { ...found, userIds, tags, names: found.clusters.map(({ centre }) => nameOfCluster(centre, metricNames)) };
}
