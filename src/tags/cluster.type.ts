import { Field, Float, Int, ObjectType } from "type-graphql";
import { DateTime } from "../scalars.js";
import { Tag } from "./tag.type.js";

@ObjectType()
export class ClusterMetric {
  @Field(() => Tag)
  tag!: Tag;
  @Field(() => Float, { nullable: true, description: "Mean of the cluster's users for whom it is defined." })
  mean!: number | null;
  @Field(() => Float, { description: "How many standard deviations the cluster's centre lies from everybody's mean." })
  deviation!: number;
}

@ObjectType({ description: "Users of like behaviour." })
export class BehaviorCluster {
  @Field(() => String, { description: "By the two metrics that set it apart most." })
  name!: string;
  @Field(() => Int)
  users!: number;
  @Field(() => Float)
  share!: number;
  @Field(() => [ClusterMetric], { description: "What sets it apart most comes first." })
  metrics!: readonly ClusterMetric[];
}

@ObjectType({ description: "The population divided by behaviour: k-means++ on standardised metrics." })
export class BehaviorClusters {
  @Field(() => DateTime)
  asOf!: Date;
  @Field(() => Int)
  users!: number;
  @Field(() => Int)
  k!: number;
  @Field(() => Float, { description: "-1 to 1, over a sample: how much nearer users are to their own cluster than to the next." })
  silhouette!: number;
  @Field(() => [BehaviorCluster], { description: "The largest first." })
  clusters!: readonly BehaviorCluster[];
}
