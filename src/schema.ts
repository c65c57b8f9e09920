import "reflect-metadata";
import type { GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray } from "type-graphql";
import { EventResolver } from "./events/event.resolver.js";
import { EventTypeResolver } from "./events/event-type.resolver.js";
import { QuarantineResolver } from "./events/quarantine.resolver.js";
import { DepartmentResolver } from "./people/department.resolver.js";
import { NodeResolver } from "./people/node.resolver.js";
import { UserResolver } from "./people/user.resolver.js";
import { DateTime } from "./scalars.js";
import { ChurnDefinitionResolver } from "./scores/churn-definition.resolver.js";
import { ChurnModelResolver, ModelEvaluationResolver } from "./scores/churn-model.resolver.js";
import {
  ChurnScoreResolver,
  ContributionRankResolver,
  FactorResolver,
  ScoreDistributionResolver,
  UserChurnScoreResolver,
} from "./scores/churn-score.resolver.js";
import { JobResolver } from "./store/job.resolver.js";
import { ServiceResolver } from "./store/service.resolver.js";
import { TierSchemeResolver, UserTierResolver } from "./tiers/tier.resolver.js";

/** Every door of the graph, in pipeline order: the table of contents. */
const resolvers: NonEmptyArray<new () => object> = [
  ServiceResolver,
  JobResolver,
  NodeResolver,
  UserResolver,
  DepartmentResolver,
  EventTypeResolver,
  EventResolver,
  QuarantineResolver,
  ChurnDefinitionResolver,
  ChurnModelResolver,
  ModelEvaluationResolver,
  UserChurnScoreResolver,
  ChurnScoreResolver,
  FactorResolver,
  ContributionRankResolver,
  ScoreDistributionResolver,
  UserTierResolver,
  TierSchemeResolver,
];

/** The executable schema. Inputs are checked by the doors themselves, where the sentence with the remedy is known. */
export function buildGraph(): GraphQLSchema {
  return buildSchemaSync({ resolvers, validate: false, scalarsMap: [{ type: Date, scalar: DateTime }] });
}
