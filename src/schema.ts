import "reflect-metadata";
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { buildSchemaSync, getMetadataStorage, type NonEmptyArray, type PubSub } from "type-graphql";
import { WebhookResolver } from "./actions/webhook.resolver.js";
import { WebhookDeliveryResolver } from "./actions/webhook-delivery.resolver.js";
import { TidemarkError } from "./errors.js";
import { EventResolver } from "./events/event.resolver.js";
import { EventTypeResolver } from "./events/event-type.resolver.js";
import { QuarantineResolver } from "./events/quarantine.resolver.js";
import { AlertResolver } from "./people/alert.resolver.js";
import { ApiKeyResolver } from "./people/api-key.resolver.js";
import { AttributeResolver } from "./people/attribute.resolver.js";
import { AuditResolver } from "./people/audit.resolver.js";
import { audited } from "./people/audit.step.js";
import { ChangeResolver } from "./people/change.resolver.js";
import { DepartmentResolver } from "./people/department.resolver.js";
import { EraseResolver } from "./people/erase.resolver.js";
import { GrantResolver } from "./people/grant.resolver.js";
import { MemberResolver } from "./people/member.resolver.js";
import { MergeResolver } from "./people/merge.resolver.js";
import { NodeResolver } from "./people/node.resolver.js";
import { NAMES, NODE_PERMISSIONS, OF_ONESELF, rolesFor } from "./people/permission.js";
import { UserResolver } from "./people/user.resolver.js";
import type { RequestContext, Role } from "./request.js";
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
import { PreChurnResolver } from "./scores/pre-churn.resolver.js";
import { RegistryResolver } from "./scores/registry.resolver.js";
import { SampleFeatureResolver, SampleResolver } from "./scores/sample.resolver.js";
import { TemplateResolver } from "./scores/template.resolver.js";
import { InputDriftResolver, ModelDriftResolver, WatchedModelResolver } from "./scores/watch.resolver.js";
import { SaveClustersResolver } from "./segments/cluster.resolver.js";
import { declareOneOf } from "./segments/expression.type.js";
import {
  NumberComparisonResolver,
  PortraitTagResolver,
  SegmentPreviewResolver,
  TagComparisonResolver,
} from "./segments/preview.resolver.js";
import { SegmentResolver } from "./segments/segment.resolver.js";
import { SegmentChangeResolver } from "./segments/segment-change.resolver.js";
import { SegmentMembersResolver, SegmentStayResolver } from "./segments/stay.resolver.js";
import { TierRuleResolver } from "./segments/tier-rule.resolver.js";
import { SegmentedUsersResolver } from "./segments/users.resolver.js";
import { JobResolver } from "./store/job.resolver.js";
import { ServiceResolver } from "./store/service.resolver.js";
import { AssignmentResolver } from "./tags/assignment.resolver.js";
import { CatalogueResolver } from "./tags/catalogue.resolver.js";
import { ClusterResolver } from "./tags/cluster.resolver.js";
import { DeclineResolver } from "./tags/decline.resolver.js";
import { TagHealthResolver } from "./tags/health.resolver.js";
import { TagExampleResolver, TagPreviewResolver } from "./tags/preview.resolver.js";
import { TagRevisionResolver, TagRevisionsResolver } from "./tags/revision.resolver.js";
import { RfmResolver, UserRfmResolver } from "./tags/rfm.resolver.js";
import { TagResolver } from "./tags/tag.resolver.js";
import { TagChangeResolver } from "./tags/tag-change.resolver.js";
import { UserTagHistoryResolver } from "./tags/tag-history.resolver.js";
import { UpdateModeResolver } from "./tags/update-mode.resolver.js";
import { UserTagsResolver } from "./tags/user-tags.resolver.js";
import { TierSchemeResolver, UserTierResolver } from "./tiers/tier.resolver.js";
import { RiskTierChangeResolver } from "./tiers/tier-change.resolver.js";

/** Every door of the graph, in pipeline order: the table of contents. */
const resolvers: NonEmptyArray<new () => object> = [
  ServiceResolver,
  JobResolver,
  NodeResolver,
  UserResolver,
  MergeResolver,
  EraseResolver,
  ChangeResolver,
  DepartmentResolver,
  ApiKeyResolver,
  MemberResolver,
  AttributeResolver,
  AuditResolver,
  GrantResolver,
  AlertResolver,
  EventTypeResolver,
  EventResolver,
  QuarantineResolver,
  TagResolver,
  UserTagsResolver,
  UserTagHistoryResolver,
  DeclineResolver,
  UserRfmResolver,
  RfmResolver,
  AssignmentResolver,
  ClusterResolver,
  CatalogueResolver,
  TagHealthResolver,
  UpdateModeResolver,
  TagChangeResolver,
  TagRevisionsResolver,
  TagRevisionResolver,
  TagPreviewResolver,
  TagExampleResolver,
  ChurnDefinitionResolver,
  TemplateResolver,
  SampleResolver,
  SampleFeatureResolver,
  ChurnModelResolver,
  ModelEvaluationResolver,
  RegistryResolver,
  WatchedModelResolver,
  ModelDriftResolver,
  InputDriftResolver,
  UserChurnScoreResolver,
  ChurnScoreResolver,
  FactorResolver,
  ContributionRankResolver,
  ScoreDistributionResolver,
  PreChurnResolver,
  UserTierResolver,
  RiskTierChangeResolver,
  TierSchemeResolver,
  SegmentedUsersResolver,
  SegmentPreviewResolver,
  PortraitTagResolver,
  TagComparisonResolver,
  NumberComparisonResolver,
  SegmentResolver,
  TierRuleResolver,
  SegmentMembersResolver,
  SegmentStayResolver,
  SegmentChangeResolver,
  SaveClustersResolver,
  WebhookResolver,
  WebhookDeliveryResolver,
];

// No middleware and no roles hang on plain fields, so graphql-js may read them itself, without type-graphql's wrapper.
for (const field of getMetadataStorage().fields) field.simple ??= field.schemaName === field.name;

/** The executable schema. Inputs are checked by the doors themselves, where the sentence with the remedy is known. */
export function buildGraph(): GraphQLSchema {
  const scalarsMap = [{ type: Date, scalar: DateTime }];
  return guard(declareOneOf(buildSchemaSync({ resolvers, validate: false, scalarsMap, pubSub: NO_TOPICS })));
}

/** type-graphql asks for one; here every subscription says by itself what it follows. */
const NO_TOPICS: PubSub = {
  publish() {},
  subscribe(topic) {
    throw new Error(`Nothing is published under ${topic}; give the subscription a subscribe function.`);
  },
};

/** The one place where the table of permissions is enforced: before any door is opened. */
function guard(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { resolve = defaultFieldResolver } = field;
      const roles = rolesFor(type!.name, field.name);
      const isOfOneself = OF_ONESELF[type!.name]?.includes(field.name) ?? false;
      const guarded =
        <T>(work: GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>, T>): typeof work =>
        (source, args, context, info) => {
          if (!roles.includes(context.viewer.role)) throw forbidden(field.name, context.viewer.role, roles);
          if (context.viewer.self && !isOfOneself) throw notOfOneself(field.name);
          return work(source, args, context, info);
        };
      field.resolve = guarded(
        type!.name === "Mutation"
          ? (source, args, context, info) => audited(context, field.name, args, () => resolve(source, args, context, info))
          : resolve,
      );
      if (field.subscribe) field.subscribe = guarded(field.subscribe);
    }
  }
  for (const [name, shown] of Object.entries(NAMES)) guardType(schema, name, shown);
  return schema;
}

/** Of what somebody may not fetch by itself only the name is given, wherever it hangs on something else. */
function guardType(schema: GraphQLSchema, name: string, shown: readonly string[]): void {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`There is no type ${name}.`);
  const roles = NODE_PERMISSIONS[name] ?? [];
  for (const field of Object.values(type.getFields())) {
    if (shown.includes(field.name)) continue;
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context: RequestContext, info) => {
      const { role, self } = context.viewer;
      if (!roles.includes(role)) throw forbidden(`${name}.${field.name}`, role, roles);
      if (self) throw notOfOneself(`${name}.${field.name}`);
      return resolve(source, args, context, info);
    };
  }
}

function notOfOneself(field: string): TidemarkError {
  return new TidemarkError(
    "FORBIDDEN",
    `${field} is about more than yourself, and your token shows nobody else; ask for \`user\`.`,
  );
}

function forbidden(field: string, role: Role, roles: readonly Role[]): TidemarkError {
  return new TidemarkError(
    "FORBIDDEN",
    `${field} is not for a key of the role ${role}; ask the owner for one of ${roles.join(" or ")}.`,
  );
}
