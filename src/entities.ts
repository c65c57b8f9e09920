import { WebhookEntity } from "./actions/webhook.entity.js";
import { WebhookDeliveryEntity } from "./actions/webhook-delivery.entity.js";
import { CategoryEntity } from "./events/category.entity.js";
import { EventEntity } from "./events/event.entity.js";
import { EventDayEntity } from "./events/event-day.entity.js";
import { EventTypeEntity } from "./events/event-type.entity.js";
import { IngestEntity } from "./events/ingest.entity.js";
import { QuarantineEntity } from "./events/quarantine.entity.js";
import { AlertEntity } from "./people/alert.entity.js";
import { ApiKeyEntity } from "./people/api-key.entity.js";
import { AttributeEntity } from "./people/attribute.entity.js";
import { AuditEntity } from "./people/audit.entity.js";
import { ChangeEntity } from "./people/change.entity.js";
import { DepartmentEntity } from "./people/department.entity.js";
import { ErasureEntity } from "./people/erasure.entity.js";
import { GrantEntity } from "./people/grant.entity.js";
import { IdentityEntity } from "./people/identity.entity.js";
import { MemberEntity } from "./people/member.entity.js";
import { SourceEntity } from "./people/source.entity.js";
import { UserEntity } from "./people/user.entity.js";
import { UserChangeEntity } from "./people/user-change.entity.js";
import { UserMergeEntity } from "./people/user-merge.entity.js";
import { UserStaleEntity } from "./people/user-stale.entity.js";
import { BacktestEntity, ScoreSnapshotEntity } from "./scores/backtest.entity.js";
import { ChurnDefinitionEntity } from "./scores/churn-definition.entity.js";
import { ChurnModelEntity } from "./scores/churn-model.entity.js";
import { ChurnModelStateEntity } from "./scores/churn-model-state.entity.js";
import { ChurnScoreEntity } from "./scores/churn-score.entity.js";
import { ModelDriftEntity } from "./scores/model-drift.entity.js";
import { SegmentEntity } from "./segments/segment.entity.js";
import { SegmentMemberEntity, SegmentMemberHistoryEntity } from "./segments/segment-member.entity.js";
import { SegmentRevisionEntity } from "./segments/segment-revision.entity.js";
import { SegmentSizeEntity } from "./segments/segment-size.entity.js";
import { SegmentLayoutEntity, SegmentTruthEntity } from "./segments/segment-truth.entity.js";
import { UserBitmapEntity } from "./segments/user-bitmap.entity.js";
import { JobEntity } from "./store/job.entity.js";
import { SettingEntity } from "./store/setting.entity.js";
import { TagEntity } from "./tags/tag.entity.js";
import { TagLifecycleEntity } from "./tags/tag-lifecycle.entity.js";
import { TagRefreshEntity } from "./tags/tag-refresh.entity.js";
import { TagRevisionEntity } from "./tags/tag-revision.entity.js";
import { UserHistoryEntity } from "./tags/user-history.entity.js";
import { UserMetricEntity } from "./tags/user-metric.entity.js";
import { UserTagEntity, UserTagHistoryEntity } from "./tags/user-tag.entity.js";
import { TierSchemeEntity } from "./tiers/tier-scheme.entity.js";
import { TierHistoryEntity, UserTierEntity } from "./tiers/user-tier.entity.js";

/** Every table, in pipeline order. */
export const entities = [
  SettingEntity,
  JobEntity,
  DepartmentEntity,
  ApiKeyEntity,
  GrantEntity,
  MemberEntity,
  AttributeEntity,
  AuditEntity,
  AlertEntity,
  SourceEntity,
  UserEntity,
  IdentityEntity,
  UserChangeEntity,
  UserStaleEntity,
  UserMergeEntity,
  ErasureEntity,
  ChangeEntity,
  EventTypeEntity,
  CategoryEntity,
  EventEntity,
  EventDayEntity,
  QuarantineEntity,
  IngestEntity,
  TagEntity,
  TagLifecycleEntity,
  TagRevisionEntity,
  TagRefreshEntity,
  UserTagEntity,
  UserTagHistoryEntity,
  UserMetricEntity,
  UserHistoryEntity,
  ChurnDefinitionEntity,
  ChurnModelEntity,
  ChurnModelStateEntity,
  ChurnScoreEntity,
  ScoreSnapshotEntity,
  BacktestEntity,
  ModelDriftEntity,
  TierSchemeEntity,
  UserTierEntity,
  TierHistoryEntity,
  SegmentEntity,
  SegmentRevisionEntity,
  SegmentMemberEntity,
  SegmentMemberHistoryEntity,
  SegmentLayoutEntity,
  SegmentTruthEntity,
  SegmentSizeEntity,
  UserBitmapEntity,
  WebhookEntity,
  WebhookDeliveryEntity,
];

/** How each table would be spread over Citus; migrations hand it to app_distribute, which does nothing on plain Postgres. */
export const distribution = {
  app_user: "id",
  user_identity: "external_id",
  user_merge: "user_id",
  erasure: "user_id",
  event: "user_id",
  event_day: "user_id",
  user_tag: "user_id",
  user_tag_history: "user_id",
  user_metric: "user_id",
  user_history: "user_id",
  churn_score: "user_id",
  score_snapshot: "user_id",
  user_tier: "user_id",
  tier_history: "user_id",
  segment_member: "user_id",
  segment_member_history: "user_id",
  segment_truth: "user_id",
  department: "reference",
  api_key: "local",
  access_grant: "local",
  member: "local",
  attribute: "local",
  audit: "local",
  alert: "local",
  source: "reference",
  event_type: "reference",
  category: "reference",
  tag: "reference",
  tag_lifecycle: "reference",
  tag_revision: "reference",
  tag_refresh: "reference",
  churn_definition: "reference",
  tier_scheme: "reference",
  segment: "reference",
  segment_revision: "reference",
  segment_size: "reference",
  segment_layout: "local",
  user_bitmap: "chunk",
  churn_model: "local",
  churn_model_state: "local",
  backtest: "local",
  model_drift: "local",
  user_change: "local",
  user_stale: "local",
  change: "local",
  webhook: "local",
  webhook_delivery: "local",
  quarantine: "local",
  ingest: "local",
  job: "local",
  setting: "local",
} as const satisfies Record<string, string>;
