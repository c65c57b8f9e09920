/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** How a model learns. IMPORTED: it was trained elsewhere. BEST tries those that can be trained on the same folds and takes the best, the simpler one within one standard error. */
export type Algorithm =
  | 'BEST'
  | 'DECISION_TREE'
  | 'GRADIENT_BOOSTED_TREES'
  | 'IMPORTED'
  | 'LOGISTIC_REGRESSION'
  | 'RANDOM_FOREST'
  | 'RULES';

export type AssignTagsInput = {
  /** At most 10,000. Of several rows on one user and tag the last one counts. */
  assignments: Array<TagAssignmentInput>;
};

export type AttributeCondition = {
  name: string;
  /** IS_SET when left out. */
  op?: TestOperator | null | undefined;
  /** A value of another type differs from it and has no order with it. */
  value?: boolean | number | string | null | undefined;
  values?: Array<boolean | number | string> | null | undefined;
};

export type BehaviorBreakCondition = {
  /** Either when left out. */
  direction?: BreakDirection | null | undefined;
  /** Only breaks of the last so many days. */
  sinceDays?: number | null | undefined;
};

export type BreakDirection =
  | 'DOWN'
  | 'UP';

export type ChoiceCondition = {
  in: Array<string>;
};

export type ChurnDefinitionInput = {
  /** Ascending probabilities between the risk tiers (ChurnDefinition.cuts); what was said before stays when left out. */
  cuts?: Array<number> | null | undefined;
  /** Makes it the default. */
  default?: boolean | null | undefined;
  eventTypes?: Array<string> | null | undefined;
  horizonDays: number;
  /** 1 to 60 lower-case letters, digits and underscores. An existing one is changed. */
  key: string;
  kind: ChurnKind;
  leadDays?: number | null | undefined;
  lookbackDays: number;
  name?: string | null | undefined;
};

/** Which events keep a user: TRANSACTION (orders), INTERACTION (any activity, orders too), SERVICE (events of that kind). eventTypes may narrow them. */
export type ChurnKind =
  | 'INTERACTION'
  | 'SERVICE'
  | 'TRANSACTION';

/** Points for users who pass all of its tests: `no visit for 30 days and last order more than 60 days ago`. */
export type ChurnRuleInput = {
  /** 1 to 8. */
  all: Array<RuleTestInput>;
  /** Higher for more risk; what a sum of points means is learned from the sample. */
  points?: number;
};

/** What a higher value of the tag does to the risk over the population; MIXED where it works both ways. */
export type ContributionDirection =
  | 'LOWERS'
  | 'MIXED'
  | 'RAISES';

export type CreateTagInput = {
  /** Of RULE and METRIC tags: an expression over measures of events, attributes, the channel and other tags, such as {gt: [{measure: 'count', days: 30}, {tag: 'events_prior_30d'}]}, or as a text: {text: "count(days: 30) > tag.events_prior_30d and attribute.plan as TEXT in ('basic')"}. */
  definition?: Record<string, unknown> | null | undefined;
  /** Key of the department that owns it. */
  department: string;
  description?: string | null | undefined;
  family: TagFamily;
  /** Lower case letters, digits and underscores; stays as it is for ever. */
  key: string;
  /** MANUAL, IMPORTED, RULE or METRIC. */
  kind: TagKind;
  name: string;
  /** Of MANUAL and IMPORTED tags: an assignment without an expiry of its own ends so many days after it was last made. Default: never. */
  ttlDays?: number | null | undefined;
  unit?: string | null | undefined;
  /** Default: BOOLEAN; of METRIC tags NUMBER. A RULE may also give a TEXT. */
  valueType?: TagValueType | null | undefined;
  visibility?: Visibility;
};

export type CreateWebhookInput = {
  topics: Array<WebhookTopic>;
  /** https://, port 443 or 8443, on the public internet. */
  url: string;
};

/** FIXED: cuts of one's own (0.5 and 0.8 when left out). EQUAL_WIDTH, QUANTILE, NATURAL_BREAKS (the exact optimum of Fisher and Jenks): from the values. GOAL: what the business wants of the highest tier. */
export type CutMethod =
  | 'EQUAL_WIDTH'
  | 'FIXED'
  | 'GOAL'
  | 'NATURAL_BREAKS'
  | 'QUANTILE';

export type DeclineCondition = {
  /** Key of a decline tag, or of the metric that fell; any when left out. */
  metric?: string | null | undefined;
  /** Any when left out. */
  severity?: Array<DeclineSeverity> | null | undefined;
};

/** By the cuts that the tag's definition declares. */
export type DeclineSeverity =
  | 'MILD'
  | 'MODERATE'
  | 'SEVERE';

export type EraseUserInput = {
  externalId: string | number;
  /** Kept with the receipt, so without anything personal; at most 500 characters. */
  reason?: string | null | undefined;
  /** May be left out where only one user is meant. */
  source?: string | null | undefined;
};

/** How often something happened in [asOf - endingDaysAgo - withinDays, asOf - endingDaysAgo). */
export type EventCondition = {
  /** 1 when left out; 0 where atMost is given. */
  atLeast?: number | null | undefined;
  /** 0 means: did not. */
  atMost?: number | null | undefined;
  category?: string | null | undefined;
  /** 0 when left out. */
  endingDaysAgo?: number | null | undefined;
  /** Counts only events of at least this amount, each. */
  minAmount?: number | null | undefined;
  /** Key of an event type; any activity when left out. */
  type?: string | null | undefined;
  /** Ever since when left out. */
  withinDays?: number | null | undefined;
};

/** A job waits in the queue, runs, and comes to one of three ends. */
export type JobState =
  | 'CANCELLED'
  | 'DONE'
  | 'FAILED'
  | 'QUEUED'
  | 'RUNNING';

export type MergeUsersInput = {
  /** Those that turned out to be the same person; at most 100. */
  from: Array<UserReference>;
  /** The one that stays. */
  into: UserReference;
};

/** CHAMPION: the one of its definition that scores users. */
export type ModelState =
  | 'CANDIDATE'
  | 'CHAMPION'
  | 'RETIRED';

export type ProbabilityCondition = {
  gte?: number | null | undefined;
  lt?: number | null | undefined;
};

/** Whether a trained model becomes the champion. IF_BETTER: when it passes every check of the gate (GateCheckKind). A model without a usable signal never does, not even with ALWAYS. */
export type Promotion =
  | 'ALWAYS'
  | 'IF_BETTER'
  | 'NEVER';

/** Something a user did or that happened to them. */
export type RecordEventInput = {
  /** Money; negative for what was given back. */
  amount?: unknown;
  /** Where one event spans several categories, as an order of many products does. */
  categories?: Array<string> | null | undefined;
  category?: string | null | undefined;
  channel?: string | null | undefined;
  /** The source's own id of the event: the same one is taken once per user and source, so a call can be repeated. Without it every row is a new event. */
  eventId?: string | number | null | undefined;
  /** Required: the user, by the source's own id. A user not known yet is made. */
  externalId?: string | number | null | undefined;
  /** Required: when it happened, in any order; at most a day ahead of now. */
  occurredAt?: unknown;
  /** Anything else; at most 20,000 characters as JSON. */
  properties?: Record<string, unknown> | null | undefined;
  /** The system that the event comes from; `default` where it is left out. */
  source?: string | null | undefined;
  /** Required: a key of `eventTypes`. */
  type?: string | null | undefined;
};

export type RecordEventsInput = {
  /** At most 10,000. */
  events: Array<RecordEventInput>;
};

export type RemoveTagsInput = {
  /** At most 10,000. */
  assignments: Array<TagRemovalInput>;
};

export type RfmCondition = {
  frequency?: ScoreRange | null | undefined;
  layer?: Array<RfmLayer> | null | undefined;
  monetary?: ScoreRange | null | undefined;
  /** Scores run from 1 to 5, the best. */
  recency?: ScoreRange | null | undefined;
};

/** The usual eleven layers by recency and frequency scores, best first. */
export type RfmLayer =
  | 'ABOUT_TO_SLEEP'
  | 'AT_RISK'
  | 'CANNOT_LOSE'
  | 'CHAMPIONS'
  | 'HIBERNATING'
  | 'LOST'
  | 'LOYAL'
  | 'NEED_ATTENTION'
  | 'NEW'
  | 'POTENTIAL_LOYALIST'
  | 'PROMISING';

export type RiskTierCondition = {
  /** Keys of tiers of the scheme. */
  in: Array<string>;
  /** Key of the tier scheme; `default` when left out. */
  scheme?: string | null | undefined;
};

export type RuleOperator =
  | 'GT'
  | 'GTE'
  | 'LT'
  | 'LTE';

/** One question of a rule; a user for whom the tag is undefined passes none. */
export type RuleTestInput = {
  op: RuleOperator;
  /** Key of a METRIC tag. */
  tag: string;
  value: number;
};

export type SaveSegmentInput = {
  /** An alert tells when its size changes by more than this share, 0.01 to 10; as it is when left out, 0.3 for a new one. */
  alertShare?: number | null | undefined;
  /** Key of the department that owns it. Left out it stays as it is; a new one is the viewer's. */
  department?: string | null | undefined;
  /** 1 to 60 lower-case letters, digits and underscores. An existing one is changed. */
  key: string;
  /** As it is when left out; LIVE for a new one. */
  mode?: SegmentMode | null | undefined;
  /** The key when left out. */
  name?: string | null | undefined;
  /** Of SCHEDULED: minute, hour, day, month and weekday in UTC, for example "0 6 * * 1". */
  schedule?: string | null | undefined;
  /** Left out it stays as it is; a new one is PUBLIC. */
  visibility?: Visibility | null | undefined;
  where: SegmentExpression;
};

export type SchemeTierInput = {
  key: string;
  name?: string | null | undefined;
};

export type ScoreRange = {
  gte?: number | null | undefined;
  lte?: number | null | undefined;
};

export type SegmentCondition = {
  key: string;
};

/** Who is meant: exactly one key per node, at most 12 levels and 200 nodes. `not` is everybody else of the population, those included of whom nothing is known. */
export type SegmentExpression =
  {   all: Array<SegmentExpression>; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never;   any: Array<SegmentExpression>; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never;   /** Attributes have no history: at a past asOf they are those of now. */
  attribute: AttributeCondition; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never;   behaviorBreak: BehaviorBreakCondition; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never;   /** Channels have no history: at a past asOf they are those of now. */
  channel: ChoiceCondition; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never;   /** Of the default churn definition. Users without a score satisfy none. */
  churnProbability: ProbabilityCondition; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never;   decline: DeclineCondition; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never;   event: EventCondition; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never;   /** Ids of users, at most 1,000. */
  ids: Array<string | number>; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never;   lifecycleStage: ChoiceCondition; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never;   not: SegmentExpression; rfm?: never; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never;   rfm: RfmCondition; riskTier?: never; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never;   riskTier: RiskTierCondition; segment?: never; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never;   segment: SegmentCondition; tag?: never; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never;   tag: TagCondition; text?: never; }
  |  { all?: never; any?: never; attribute?: never; behaviorBreak?: never; channel?: never; churnProbability?: never; decline?: never; event?: never; ids?: never; lifecycleStage?: never; not?: never; rfm?: never; riskTier?: never; segment?: never; tag?: never;   /** The same as a text: `tag.dormant and not tier in (LOW)`, `tag.orders_90d >= 2`, `probability in [0.5, 0.8)`, `stage = ACTIVE`, `event(type: order, atMost: 0, withinDays: 30)`, `rfm(recency: 1..2)`, `decline(severity: (SEVERE))`, `break(direction: DOWN)`, `attribute.city = "Oslo"`, `channel = web`, `segment.lapsing`. `not` binds closest, then `and`, then `or`. */
  text: string; };

/** When its members are looked at: LIVE with every change of a user and with time, SCHEDULED by a cron expression, SNAPSHOT when somebody says so. */
export type SegmentMode =
  | 'LIVE'
  | 'SCHEDULED'
  | 'SNAPSHOT';

/** A tag for a user. Every field is checked with its row. */
export type TagAssignmentInput = {
  /** From then on the tag is no longer held. Default: the tag's `ttlDays` after since, or never. */
  expiresAt?: unknown;
  /** Required: the user, by a source's own id; it must be known. */
  externalId?: string | number | null | undefined;
  /** Not ahead of now. Default: now. */
  since?: unknown;
  /** The source of the external id; may be left out where it is unambiguous. */
  source?: string | null | undefined;
  /** Required: key of a MANUAL or IMPORTED tag. */
  tag?: string | null | undefined;
  /** True or absent for a BOOLEAN tag; required for the others. */
  value?: unknown;
};

export type TagCondition = {
  key: string;
  /** IS_SET when left out. */
  op?: TestOperator | null | undefined;
  value?: boolean | number | string | null | undefined;
  /** For IN the choices, for BETWEEN the low and the high end, both included. */
  values?: Array<boolean | number | string> | null | undefined;
};

/** What a tag is about. */
export type TagFamily =
  | 'ACTIVITY'
  | 'CUSTOM'
  | 'LIFECYCLE'
  | 'NEGATIVE'
  | 'PREFERENCE'
  | 'RISK'
  | 'SERVICE'
  | 'TRANSACTION';

/** Where values come from: people (MANUAL), other systems (IMPORTED), a condition (RULE), a number over events (METRIC), a fall against the user's own past (DECLINE), a model (MODEL). */
export type TagKind =
  | 'DECLINE'
  | 'IMPORTED'
  | 'MANUAL'
  | 'METRIC'
  | 'MODEL'
  | 'RULE';

/** A tag to be taken from a user. */
export type TagRemovalInput = {
  /** Required. */
  externalId?: string | number | null | undefined;
  /** The source of the external id; may be left out where it is unambiguous. */
  source?: string | null | undefined;
  /** Required. */
  tag?: string | null | undefined;
};

/** DRAFT and RETIRED tags are neither computed nor assigned; DEPRECATED ones are, but should no longer be relied on. */
export type TagState =
  | 'ACTIVE'
  | 'DEPRECATED'
  | 'DRAFT'
  | 'RETIRED';

export type TagValueType =
  | 'BOOLEAN'
  | 'NUMBER'
  | 'TEXT';

/** An absent value passes none of them, NE included. IN and BETWEEN take values, the others value. */
export type TestOperator =
  | 'BETWEEN'
  | 'EQ'
  | 'GT'
  | 'GTE'
  | 'IN'
  | 'IS_SET'
  | 'LT'
  | 'LTE'
  | 'NE';

export type TierCutsInput = {
  /** With a tag: the day; now when left out. */
  asOf?: string | null | undefined;
  /** For FIXED. */
  cuts?: Array<number> | null | undefined;
  /** Whose scores; with a tag, over whose eligible users. The default churn definition when left out. */
  definition?: string | null | undefined;
  /** For GOAL. */
  goal?: TierGoalInput | null | undefined;
  method: CutMethod;
  /** A METRIC tag to cut instead of the score. */
  tag?: string | null | undefined;
  /** 2 to 10; 3 when left out. */
  tiers?: number | null | undefined;
};

/** What the business wants of the highest tier; exactly one. */
export type TierGoalInput = {
  /** At most so many users. */
  capacity?: number | null | undefined;
  /** At least this share of the tier expected to churn. */
  precision?: number | null | undefined;
  /** At least this share of those expected to churn. */
  recall?: number | null | undefined;
};

/** A second-level rule: whoever has a score and satisfies `where` stands in the tier `then`, whatever the score says. Asked in their order, as users are carried forward; the first that holds counts. */
export type TierRuleInput = {
  /** For people, shown with the tier; the expression in words when left out. */
  reason?: string | null | undefined;
  /** Key of a tier of the scheme. */
  then: string;
  /** Over anything but risk tiers. */
  where: SegmentExpression;
};

/** With a method other than FIXED and without cuts, the cuts are computed from today's scores. */
export type TierSchemeInput = {
  /** Ascending probabilities, one fewer than there are tiers. */
  cuts?: Array<number> | null | undefined;
  /** For GOAL. */
  goal?: TierGoalInput | null | undefined;
  /** Of probability, 0 (when left out) to 0.2: up at a cut, down only so far below it, so that tiers do not flap. */
  hysteresis?: number | null | undefined;
  /** 1 to 60 lower-case letters, digits and underscores; `default` is the one that shows where none is named. */
  key: string;
  /** FIXED when left out. */
  method?: CutMethod | null | undefined;
  /** At most 20; none when left out. */
  rules?: Array<TierRuleInput> | null | undefined;
  /** The lowest risk first; LOW, MEDIUM, HIGH when left out. */
  tiers?: Array<SchemeTierInput> | null | undefined;
};

/** Name a template, or a definition of your own. */
export type TrainChurnModelInput = {
  /** BEST when left out. */
  algorithm?: Algorithm | null | undefined;
  /** Keys of tags that may tell the outcome almost perfectly (an AUC of 0.99 alone). Others are refused as LEAK_SUSPECTED. Such a model is promoted by hand only. */
  allowLeaks?: Array<string> | null | undefined;
  definition?: string | null | undefined;
  /** The latest ones whose horizon has passed when left out. Those whose horizon has not are left out, unless none remains. */
  observationDates?: Array<string> | null | undefined;
  /** IF_BETTER when left out. */
  promote?: Promotion | null | undefined;
  /** Of RULES (and of BEST, which tries them): what is counted. Standard rules on silence and on little activity when left out. */
  rules?: Array<ChurnRuleInput> | null | undefined;
  /** The same data and seed give the same model. */
  seed?: number | null | undefined;
  /** Keys of computed tags: numbers, conditions and texts alike; when left out the METRIC tags of the template (churnTemplates), else all active ones. */
  tags?: Array<string> | null | undefined;
  /** retail, grocery, silence, saas, education, medical_aesthetics, automotive or finance. */
  template?: string | null | undefined;
};

export type UpsertUserInput = {
  /** Flat values, merged key by key: a key that is not named stays as it is, null deletes one. */
  attributes?: Record<string, unknown> | null | undefined;
  channel?: string | null | undefined;
  /** Required; at most 255 characters. */
  externalId?: string | number | null | undefined;
  /** When the company met the user; an earlier event counts before it. */
  firstSeenAt?: unknown;
  /** The system that knows the user by that id; `default` where it is left out. */
  source?: string | null | undefined;
};

export type UpsertUsersInput = {
  /** At most 10,000. */
  users: Array<UpsertUserInput>;
};

/** A user by the name that a source has for them. */
export type UserReference = {
  externalId: string | number;
  /** May be left out where only one user is meant. */
  source?: string | null | undefined;
};

/** PRIVATE: its department alone; SHARED: departments with a grant as well; PUBLIC: everybody. */
export type Visibility =
  | 'PRIVATE'
  | 'PUBLIC'
  | 'SHARED';

export type WebhookState =
  | 'DISABLED'
  | 'ENABLED';

/** What a webhook is told of. */
export type WebhookTopic =
  | 'ALERT'
  | 'RISK_TIER_CHANGED'
  | 'SEGMENT_ENTERED'
  | 'SEGMENT_EXITED'
  | 'TAG_CHANGED';

export type PreviewSegmentQueryVariables = Exact<{
  where: SegmentExpression;
  asOf?: string | null | undefined;
}>;


export type PreviewSegmentQuery = { segmentPreview: { count: number, populationCount: number, portrait: Array<{ insideShare: number, outsideShare: number, lift: number | null, pValue: number | null, tag: { key: string, name: string, family: TagFamily } }>, members: { nodes: Array<{ id: string, identifiers: Array<{ externalId: string }>, churnScore: { probability: number } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type OverlapQueryVariables = Exact<{
  segments: Array<string> | string;
}>;


export type OverlapQuery = { segmentOverlap: { keys: Array<string>, counts: Array<Array<number>> } };

export type CompareTagsQueryVariables = Exact<{
  a: SegmentExpression;
  b: SegmentExpression;
}>;


export type CompareTagsQuery = { tagComparison: Array<{ shareA: number, shareB: number, lift: number | null, pValue: number | null, tag: { key: string, name: string } }> };

export type ContributionRankingQueryVariables = Exact<{
  model?: string | number | null | undefined;
  where?: SegmentExpression | null | undefined;
  first?: number | null | undefined;
}>;


export type ContributionRankingQuery = { contributionRanking: Array<{ rank: number, meanAbsoluteContribution: number, share: number, direction: ContributionDirection, tag: { key: string, name: string, family: TagFamily } }> };

export type ScoresQueryVariables = Exact<{
  bins?: number | null | undefined;
}>;


export type ScoresQuery = { scoreDistribution: { count: number, mean: number | null, naturalBreaks: Array<number>, bins: Array<{ from: number, to: number, count: number }> } };

export type SuggestCutsQueryVariables = Exact<{
  input: TierCutsInput;
}>;


export type SuggestCutsQuery = { suggestTierCuts: { cuts: Array<number>, tiers: Array<{ key: string, from: number, to: number, count: number, expectedChurnRate: number | null }> } };

export type MigrationQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type MigrationQuery = { tierMigration: { tiers: Array<string>, counts: Array<Array<number>> } };

export type TagLibraryQueryVariables = Exact<{
  family?: TagFamily | null | undefined;
}>;


export type TagLibraryQuery = { tags: { nodes: Array<{ key: string, name: string, family: TagFamily, kind: TagKind, state: TagState, revision: number, hasUnpublishedChanges: boolean, coverage: number | null, refreshedAt: string | null, department: { key: string }, dependants: Array<
        | { __typename: 'ChurnModel' }
        | { __typename: 'Segment' }
        | { __typename: 'Tag' }
        | { __typename: 'TierScheme' }
      >, valueDistribution: Array<{ label: string, count: number }> }> } };

export type SampleQueryVariables = Exact<{
  asOf: string;
  definition: string;
}>;


export type SampleQuery = { churnSample: { eligible: number, churned: number | null, baseRate: number | null } };

export type SaveChurnDefinitionMutationVariables = Exact<{
  input: ChurnDefinitionInput;
}>;


export type SaveChurnDefinitionMutation = { saveChurnDefinition: { definition: { key: string } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type CreateTagMutationVariables = Exact<{
  input: CreateTagInput;
}>;


export type CreateTagMutation = { createTag: { tag: { key: string, state: TagState, revision: number } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type MoveTagMutationVariables = Exact<{
  key: string;
  to: TagState;
  reason?: string | null | undefined;
}>;


export type MoveTagMutation = { moveTag: { tag: { key: string, state: TagState, lifecycle: Array<{ from: TagState | null, to: TagState, at: string, by: string, reason: string | null }> } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type SaveSegmentMutationVariables = Exact<{
  input: SaveSegmentInput;
}>;


export type SaveSegmentMutation = { saveSegment: { segment: { key: string, revision: number, count: number | null } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type ShareTagMutationVariables = Exact<{
  key: string;
  with: string;
}>;


export type ShareTagMutation = { shareTag: { tag: { key: string } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type TrainChurnModelMutationVariables = Exact<{
  input: TrainChurnModelInput;
}>;


export type TrainChurnModelMutation = { trainChurnModel: { job: { id: string, state: JobState } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type JobQueryVariables = Exact<{
  id: string | number;
}>;


export type JobQuery = { job: { id: string, state: JobState, progress: number, step: string | null, error: { code: string, message: string } | null, result: { __typename: 'ChurnModel', id: string } | null } | null };

export type ModelQueryVariables = Exact<{
  id: string | number;
}>;


export type ModelQuery = { churnModel: { id: string, version: number, state: ModelState, algorithm: Algorithm, horizonDays: number, trainedAt: string, features: Array<{ key: string }>, sample: { users: number, churned: number, from: string, to: string }, evaluation: { auc: number, prAuc: number, accuracy: number, precision: number, recall: number, f1: number, brier: number, logLoss: number, crossValidation: { folds: number, aucMean: number, aucSd: number }, lift: Array<{ decile: number, lift: number }>, reliability: Array<{ from: number, to: number, predicted: number, observed: number, count: number }>, confusion: { truePositive: number, falsePositive: number, trueNegative: number, falseNegative: number } }, contributionRanking: Array<{ rank: number, share: number, direction: ContributionDirection, tag: { key: string } }> } | null };

export type PromoteMutationVariables = Exact<{
  id: string | number;
}>;


export type PromoteMutation = { promoteChurnModel: { model: { id: string, state: ModelState } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type SaveTierSchemeMutationVariables = Exact<{
  input: TierSchemeInput;
}>;


export type SaveTierSchemeMutation = { saveTierScheme: { scheme: { key: string, cuts: Array<number> } | null, changed: Array<{ from: string | null, to: string | null, count: number }>, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type RiskProfileQueryVariables = Exact<{
  externalId: string;
  source?: string | null | undefined;
}>;


export type RiskProfileQuery = { user: { id: string, lifecycleStage: string | null, firstSeenAt: string | null, lastSeenAt: string | null, identifiers: Array<{ source: string, externalId: string }>, riskTier: { since: string, tier: { key: string, name: string, rank: number }, previous: { key: string } | null } | null, churnScore: { probability: number, horizonDays: number, scoredAt: string, model: { id: string, version: number, algorithm: Algorithm }, factors: Array<{ value: number | null, contribution: number, sentence: string, tag: { key: string, name: string, family: TagFamily } }> } | null, declineTags: Array<{ currentValue: number | null, baselineValue: number | null, changeRatio: number | null, severity: DeclineSeverity, since: string, tag: { key: string, name: string, family: TagFamily } }>, tags: { nodes: Array<{ value: boolean | number | string, since: string, expiresAt: string | null, source: string, tag: { key: string, name: string, family: TagFamily } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } }, rfm: { recencyDays: number, frequency: number, monetary: number, recencyScore: number | null, frequencyScore: number | null, monetaryScore: number | null, layer: RfmLayer | null } | null, segments: Array<{ key: string, name: string }> } | null };

export type UsersByIdsQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type UsersByIdsQuery = { nodes: Array<
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, riskTier: { tier: { key: string } } | null, churnScore: { probability: number } | null }
   | null> };

export type AtRiskUsersQueryVariables = Exact<{
  tier: string;
  first: number;
  after?: string | null | undefined;
}>;


export type AtRiskUsersQuery = { users: { totalCount: number | null, edges: Array<{ cursor: string, node: { id: string, identifiers: Array<{ externalId: string }>, churnScore: { probability: number } | null, riskTier: { since: string, tier: { key: string } } | null, tags: { nodes: Array<{ value: boolean | number | string, tag: { key: string } }> } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UserAtQueryVariables = Exact<{
  externalId: string;
  asOf: string;
}>;


export type UserAtQuery = { user: { declineTags: Array<{ currentValue: number | null, baselineValue: number | null, changeRatio: number | null, severity: DeclineSeverity, since: string, tag: { key: string } }>, behaviorBreaks: Array<{ at: string, direction: BreakDirection, before: number, after: number, confidence: number }>, rfm: { recencyDays: number, frequency: number, monetary: number } | null, riskTierHistory: { nodes: Array<{ from: string, to: string | null, reason: string, tier: { key: string } }> } } | null };

export type RiskTierChangesSubscriptionVariables = Exact<{
  tiers?: Array<string> | string | null | undefined;
}>;


export type RiskTierChangesSubscription = { riskTierChanged: { at: string, reason: string | null, user: { id: string, identifiers: Array<{ externalId: string }> } | null, from: { key: string } | null, to: { key: string } | null } };

export type UpsertUsersMutationVariables = Exact<{
  input: UpsertUsersInput;
}>;


export type UpsertUsersMutation = { upsertUsers: { created: number, updated: number, unchanged: number, rejected: Array<{ index: number, code: string, message: string }> } };

export type RecordEventsMutationVariables = Exact<{
  input: RecordEventsInput;
}>;


export type RecordEventsMutation = { recordEvents: { accepted: number, duplicates: number, rejected: Array<{ index: number, code: string, message: string }> } };

export type AssignTagsMutationVariables = Exact<{
  input: AssignTagsInput;
}>;


export type AssignTagsMutation = { assignTags: { assigned: number, unchanged: number, rejected: Array<{ index: number, code: string, message: string }> } };

export type RemoveTagsMutationVariables = Exact<{
  input: RemoveTagsInput;
}>;


export type RemoveTagsMutation = { removeTags: { removed: number, unchanged: number, rejected: Array<{ index: number, code: string, message: string }> } };

export type MergeUsersMutationVariables = Exact<{
  input: MergeUsersInput;
}>;


export type MergeUsersMutation = { mergeUsers: { user: { id: string, identifiers: Array<{ source: string, externalId: string }> } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type EraseUserMutationVariables = Exact<{
  input: EraseUserInput;
}>;


export type EraseUserMutation = { eraseUser: { erased: boolean, receipt: { id: string, at: string } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook: { secret: string | null, webhook: { id: string, url: string, topics: Array<WebhookTopic>, state: WebhookState } | null, errors: Array<{ code: string, message: string, path: Array<string> | null }> } };

export type ChangesQueryVariables = Exact<{
  after?: string | null | undefined;
  first: number;
}>;


export type ChangesQuery = { changes: { edges: Array<{ cursor: string, node:
        | { reason: string | null, at: string, user: { id: string, identifiers: Array<{ source: string, externalId: string }> } | null, from: { key: string } | null, to: { key: string } | null }
        | { at: string }
        | { at: string }
        | { before: boolean | number | string | null, after: boolean | number | string | null, at: string, user: { id: string, identifiers: Array<{ source: string, externalId: string }> } | null, tag: { key: string } | null }
       }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };


export const PreviewSegmentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PreviewSegment"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"where"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SegmentExpression"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"segmentPreview"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"Variable","name":{"kind":"Name","value":"where"}}},{"kind":"Argument","name":{"kind":"Name","value":"asOf"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"populationCount"}},{"kind":"Field","name":{"kind":"Name","value":"portrait"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}}]}},{"kind":"Field","name":{"kind":"Name","value":"insideShare"}},{"kind":"Field","name":{"kind":"Name","value":"outsideShare"}},{"kind":"Field","name":{"kind":"Name","value":"lift"}},{"kind":"Field","name":{"kind":"Name","value":"pValue"}}]}},{"kind":"Field","name":{"kind":"Name","value":"members"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"CHURN_PROBABILITY_DESC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"churnScore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"probability"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PreviewSegmentQuery, PreviewSegmentQueryVariables>;
export const OverlapDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Overlap"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"segments"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"segmentOverlap"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"keys"},"value":{"kind":"Variable","name":{"kind":"Name","value":"segments"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"keys"}},{"kind":"Field","name":{"kind":"Name","value":"counts"}}]}}]}}]} as unknown as DocumentNode<OverlapQuery, OverlapQueryVariables>;
export const CompareTagsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"CompareTags"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"a"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SegmentExpression"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"b"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SegmentExpression"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tagComparison"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"a"},"value":{"kind":"Variable","name":{"kind":"Name","value":"a"}}},{"kind":"Argument","name":{"kind":"Name","value":"b"},"value":{"kind":"Variable","name":{"kind":"Name","value":"b"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"shareA"}},{"kind":"Field","name":{"kind":"Name","value":"shareB"}},{"kind":"Field","name":{"kind":"Name","value":"lift"}},{"kind":"Field","name":{"kind":"Name","value":"pValue"}}]}}]}}]} as unknown as DocumentNode<CompareTagsQuery, CompareTagsQueryVariables>;
export const ContributionRankingDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ContributionRanking"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"model"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"where"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"SegmentExpression"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"contributionRanking"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"model"},"value":{"kind":"Variable","name":{"kind":"Name","value":"model"}}},{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"Variable","name":{"kind":"Name","value":"where"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rank"}},{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}}]}},{"kind":"Field","name":{"kind":"Name","value":"meanAbsoluteContribution"}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"direction"}}]}}]}}]} as unknown as DocumentNode<ContributionRankingQuery, ContributionRankingQueryVariables>;
export const ScoresDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Scores"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"bins"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"scoreDistribution"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"bins"},"value":{"kind":"Variable","name":{"kind":"Name","value":"bins"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"mean"}},{"kind":"Field","name":{"kind":"Name","value":"bins"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"naturalBreaks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"classes"},"value":{"kind":"IntValue","value":"3"}}]}]}}]}}]} as unknown as DocumentNode<ScoresQuery, ScoresQueryVariables>;
export const SuggestCutsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"SuggestCuts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TierCutsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"suggestTierCuts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cuts"}},{"kind":"Field","name":{"kind":"Name","value":"tiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"expectedChurnRate"}}]}}]}}]}}]} as unknown as DocumentNode<SuggestCutsQuery, SuggestCutsQueryVariables>;
export const MigrationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Migration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"from"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tierMigration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"from"},"value":{"kind":"Variable","name":{"kind":"Name","value":"from"}}},{"kind":"Argument","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tiers"}},{"kind":"Field","name":{"kind":"Name","value":"counts"}}]}}]}}]} as unknown as DocumentNode<MigrationQuery, MigrationQueryVariables>;
export const TagLibraryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TagLibrary"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"family"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"TagFamily"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"family"},"value":{"kind":"Variable","name":{"kind":"Name","value":"family"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"revision"}},{"kind":"Field","name":{"kind":"Name","value":"hasUnpublishedChanges"}},{"kind":"Field","name":{"kind":"Name","value":"department"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"coverage"}},{"kind":"Field","name":{"kind":"Name","value":"refreshedAt"}},{"kind":"Field","name":{"kind":"Name","value":"dependants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}}]}},{"kind":"Field","name":{"kind":"Name","value":"valueDistribution"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"bins"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TagLibraryQuery, TagLibraryQueryVariables>;
export const SampleDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sample"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"definition"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"churnSample"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"definition"},"value":{"kind":"Variable","name":{"kind":"Name","value":"definition"}}},{"kind":"Argument","name":{"kind":"Name","value":"asOf"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"eligible"}},{"kind":"Field","name":{"kind":"Name","value":"churned"}},{"kind":"Field","name":{"kind":"Name","value":"baseRate"}}]}}]}}]} as unknown as DocumentNode<SampleQuery, SampleQueryVariables>;
export const SaveChurnDefinitionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SaveChurnDefinition"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ChurnDefinitionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"saveChurnDefinition"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"definition"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<SaveChurnDefinitionMutation, SaveChurnDefinitionMutationVariables>;
export const CreateTagDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateTag"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateTagInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createTag"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"revision"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CreateTagMutation, CreateTagMutationVariables>;
export const MoveTagDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"MoveTag"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TagState"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"reason"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"moveTag"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}},{"kind":"Argument","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}},{"kind":"Argument","name":{"kind":"Name","value":"reason"},"value":{"kind":"Variable","name":{"kind":"Name","value":"reason"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"lifecycle"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"by"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<MoveTagMutation, MoveTagMutationVariables>;
export const SaveSegmentDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SaveSegment"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SaveSegmentInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"saveSegment"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"segment"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"revision"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<SaveSegmentMutation, SaveSegmentMutationVariables>;
export const ShareTagDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ShareTag"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"with"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"shareTag"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}},{"kind":"Argument","name":{"kind":"Name","value":"with"},"value":{"kind":"Variable","name":{"kind":"Name","value":"with"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<ShareTagMutation, ShareTagMutationVariables>;
export const TrainChurnModelDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"TrainChurnModel"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TrainChurnModelInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"trainChurnModel"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"job"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<TrainChurnModelMutation, TrainChurnModelMutationVariables>;
export const JobDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Job"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"job"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"step"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"result"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ChurnModel"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]} as unknown as DocumentNode<JobQuery, JobQueryVariables>;
export const ModelDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Model"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"churnModel"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"algorithm"}},{"kind":"Field","name":{"kind":"Name","value":"horizonDays"}},{"kind":"Field","name":{"kind":"Name","value":"trainedAt"}},{"kind":"Field","name":{"kind":"Name","value":"features"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"sample"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"}},{"kind":"Field","name":{"kind":"Name","value":"churned"}},{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}}]}},{"kind":"Field","name":{"kind":"Name","value":"evaluation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"auc"}},{"kind":"Field","name":{"kind":"Name","value":"prAuc"}},{"kind":"Field","name":{"kind":"Name","value":"accuracy"}},{"kind":"Field","name":{"kind":"Name","value":"precision"}},{"kind":"Field","name":{"kind":"Name","value":"recall"}},{"kind":"Field","name":{"kind":"Name","value":"f1"}},{"kind":"Field","name":{"kind":"Name","value":"brier"}},{"kind":"Field","name":{"kind":"Name","value":"logLoss"}},{"kind":"Field","name":{"kind":"Name","value":"crossValidation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"folds"}},{"kind":"Field","name":{"kind":"Name","value":"aucMean"}},{"kind":"Field","name":{"kind":"Name","value":"aucSd"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lift"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"decile"}},{"kind":"Field","name":{"kind":"Name","value":"lift"}}]}},{"kind":"Field","name":{"kind":"Name","value":"reliability"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"predicted"}},{"kind":"Field","name":{"kind":"Name","value":"observed"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"confusion"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"threshold"},"value":{"kind":"FloatValue","value":"0.5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"truePositive"}},{"kind":"Field","name":{"kind":"Name","value":"falsePositive"}},{"kind":"Field","name":{"kind":"Name","value":"trueNegative"}},{"kind":"Field","name":{"kind":"Name","value":"falseNegative"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"contributionRanking"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rank"}},{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"share"}},{"kind":"Field","name":{"kind":"Name","value":"direction"}}]}}]}}]}}]} as unknown as DocumentNode<ModelQuery, ModelQueryVariables>;
export const PromoteDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Promote"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"promoteChurnModel"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<PromoteMutation, PromoteMutationVariables>;
export const SaveTierSchemeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SaveTierScheme"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TierSchemeInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"saveTierScheme"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"scheme"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"cuts"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changed"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<SaveTierSchemeMutation, SaveTierSchemeMutationVariables>;
export const RiskProfileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RiskProfile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"externalId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"source"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"externalId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"externalId"}}},{"kind":"Argument","name":{"kind":"Name","value":"source"},"value":{"kind":"Variable","name":{"kind":"Name","value":"source"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lifecycleStage"}},{"kind":"Field","name":{"kind":"Name","value":"firstSeenAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeenAt"}},{"kind":"Field","name":{"kind":"Name","value":"riskTier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"rank"}}]}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"previous"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"churnScore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"probability"}},{"kind":"Field","name":{"kind":"Name","value":"horizonDays"}},{"kind":"Field","name":{"kind":"Name","value":"scoredAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"algorithm"}}]}},{"kind":"Field","name":{"kind":"Name","value":"factors"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}}]}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"contribution"}},{"kind":"Field","name":{"kind":"Name","value":"sentence"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"declineTags"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentValue"}},{"kind":"Field","name":{"kind":"Name","value":"baselineValue"}},{"kind":"Field","name":{"kind":"Name","value":"changeRatio"}},{"kind":"Field","name":{"kind":"Name","value":"severity"}},{"kind":"Field","name":{"kind":"Name","value":"since"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"family"}}]}},{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"since"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"source"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"rfm"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recencyDays"}},{"kind":"Field","name":{"kind":"Name","value":"frequency"}},{"kind":"Field","name":{"kind":"Name","value":"monetary"}},{"kind":"Field","name":{"kind":"Name","value":"recencyScore"}},{"kind":"Field","name":{"kind":"Name","value":"frequencyScore"}},{"kind":"Field","name":{"kind":"Name","value":"monetaryScore"}},{"kind":"Field","name":{"kind":"Name","value":"layer"}}]}},{"kind":"Field","name":{"kind":"Name","value":"segments"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<RiskProfileQuery, RiskProfileQueryVariables>;
export const UsersByIdsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UsersByIds"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"riskTier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"churnScore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"probability"}}]}}]}}]}}]}}]} as unknown as DocumentNode<UsersByIdsQuery, UsersByIdsQueryVariables>;
export const AtRiskUsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AtRiskUsers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"tier"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"riskTier"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"in"},"value":{"kind":"ListValue","values":[{"kind":"Variable","name":{"kind":"Name","value":"tier"}}]}}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"CHURN_PROBABILITY_DESC"}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"churnScore"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"probability"}}]}},{"kind":"Field","name":{"kind":"Name","value":"riskTier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"since"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<AtRiskUsersQuery, AtRiskUsersQueryVariables>;
export const UserAtDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UserAt"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"externalId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"externalId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"externalId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declineTags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"asOf"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"currentValue"}},{"kind":"Field","name":{"kind":"Name","value":"baselineValue"}},{"kind":"Field","name":{"kind":"Name","value":"changeRatio"}},{"kind":"Field","name":{"kind":"Name","value":"severity"}},{"kind":"Field","name":{"kind":"Name","value":"since"}}]}},{"kind":"Field","name":{"kind":"Name","value":"behaviorBreaks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"asOf"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"direction"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}},{"kind":"Field","name":{"kind":"Name","value":"confidence"}}]}},{"kind":"Field","name":{"kind":"Name","value":"rfm"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"asOf"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asOf"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recencyDays"}},{"kind":"Field","name":{"kind":"Name","value":"frequency"}},{"kind":"Field","name":{"kind":"Name","value":"monetary"}}]}},{"kind":"Field","name":{"kind":"Name","value":"riskTierHistory"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tier"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}}]}}]}}]}}]} as unknown as DocumentNode<UserAtQuery, UserAtQueryVariables>;
export const RiskTierChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"RiskTierChanges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"tiers"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"riskTierChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"tiers"},"value":{"kind":"Variable","name":{"kind":"Name","value":"tiers"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"from"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"to"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}}]}}]} as unknown as DocumentNode<RiskTierChangesSubscription, RiskTierChangesSubscriptionVariables>;
export const UpsertUsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpsertUsers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpsertUsersInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upsertUsers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"created"}},{"kind":"Field","name":{"kind":"Name","value":"updated"}},{"kind":"Field","name":{"kind":"Name","value":"unchanged"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<UpsertUsersMutation, UpsertUsersMutationVariables>;
export const RecordEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecordEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecordEventsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recordEvents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"duplicates"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<RecordEventsMutation, RecordEventsMutationVariables>;
export const AssignTagsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AssignTags"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AssignTagsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"assignTags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"assigned"}},{"kind":"Field","name":{"kind":"Name","value":"unchanged"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<AssignTagsMutation, AssignTagsMutationVariables>;
export const RemoveTagsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RemoveTags"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RemoveTagsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"removeTags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"removed"}},{"kind":"Field","name":{"kind":"Name","value":"unchanged"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<RemoveTagsMutation, RemoveTagsMutationVariables>;
export const MergeUsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"MergeUsers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"MergeUsersInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"mergeUsers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<MergeUsersMutation, MergeUsersMutationVariables>;
export const EraseUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EraseUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EraseUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"eraseUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"erased"}},{"kind":"Field","name":{"kind":"Name","value":"receipt"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<EraseUserMutation, EraseUserMutationVariables>;
export const CreateWebhookDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateWebhook"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateWebhookInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createWebhook"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"webhook"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"topics"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const ChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Changes"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RiskTierChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"from"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"to"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TagChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"identifiers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"externalId"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"tag"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}}]}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ChangesQuery, ChangesQueryVariables>;