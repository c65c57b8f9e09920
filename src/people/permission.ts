import type { Role } from "../request.js";

/*
 * What each role may do: every root field of the graph stands here once, and what does not stand here nobody may. A frontend (APP)
 * reads users; a CRM writes facts and reads back what it wrote; analysts read everything but the raw rows that were refused, and make
 * tags, segments, models and tiers; keys and what mends the store are the owner's.
 */

const ALL: readonly Role[] = ["OWNER", "ANALYST", "CRM", "APP"];
const SERVICES: readonly Role[] = ["OWNER", "ANALYST", "CRM"];
const FACTS: readonly Role[] = ["OWNER", "CRM"];
const ANALYSIS: readonly Role[] = ["OWNER", "ANALYST"];
const OWNER: readonly Role[] = ["OWNER"];

export const PERMISSIONS = {
  Query: {
    service: ALL,
    node: ALL,
    nodes: ALL,
    user: ALL,
    users: ALL,
    departments: SERVICES,
    attributes: SERVICES,
    alerts: SERVICES,
    eventTypes: SERVICES,
    tag: SERVICES,
    tags: SERVICES,
    tierSchemes: SERVICES,
    segment: SERVICES,
    segments: SERVICES,
    job: SERVICES,
    changes: SERVICES,
    dataQuality: SERVICES,
    quarantine: FACTS,
    webhook: FACTS,
    webhooks: FACTS,
    webhookDeliveries: FACTS,
    activity: ANALYSIS,
    behaviorClusters: ANALYSIS,
    churnDefinitions: ANALYSIS,
    churnModel: ANALYSIS,
    churnModels: ANALYSIS,
    churnSample: ANALYSIS,
    churnSampleRows: ANALYSIS,
    churnTemplates: ANALYSIS,
    contributionRanking: ANALYSIS,
    numberComparison: ANALYSIS,
    preChurnSigns: ANALYSIS,
    previewTag: ANALYSIS,
    previewTagRevision: ANALYSIS,
    rfmDistribution: ANALYSIS,
    scoreDistribution: ANALYSIS,
    segmentEstimate: ANALYSIS,
    segmentOverlap: ANALYSIS,
    segmentPreview: ANALYSIS,
    segmentText: ANALYSIS,
    suggestTierCuts: ANALYSIS,
    tagComparison: ANALYSIS,
    tagsToRetire: ANALYSIS,
    tierMigration: ANALYSIS,
    valueComparison: ANALYSIS,
    grants: ANALYSIS,
    unsharedThings: ANALYSIS,
    apiKeys: OWNER,
    members: OWNER,
    auditLog: OWNER,
  },
  Mutation: {
    upsertUsers: FACTS,
    recordEvents: FACTS,
    assignTags: FACTS,
    removeTags: FACTS,
    mergeUsers: FACTS,
    unmergeUser: FACTS,
    eraseUser: FACTS,
    saveEventType: FACTS,
    createWebhook: FACTS,
    updateWebhook: FACTS,
    deleteWebhook: FACTS,
    rotateWebhookSecret: FACTS,
    sendTestEvent: FACTS,
    replayWebhook: FACTS,
    createTag: ANALYSIS,
    updateTag: ANALYSIS,
    publishTag: ANALYSIS,
    rollbackTag: ANALYSIS,
    discardTagChanges: ANALYSIS,
    moveTag: ANALYSIS,
    refreshTag: ANALYSIS,
    setTagUpdateMode: ANALYSIS,
    saveBehaviorClusters: ANALYSIS,
    saveSegment: ANALYSIS,
    deleteSegment: ANALYSIS,
    refreshSegment: ANALYSIS,
    saveChurnDefinition: ANALYSIS,
    trainChurnModel: ANALYSIS,
    importChurnModel: ANALYSIS,
    promoteChurnModel: ANALYSIS,
    rollBackChurnModel: ANALYSIS,
    setRetrainingSchedule: ANALYSIS,
    cancelJob: ANALYSIS,
    saveTierScheme: ANALYSIS,
    saveDepartment: OWNER,
    saveAttribute: OWNER,
    requestGrant: ANALYSIS,
    approveGrant: ANALYSIS,
    denyGrant: ANALYSIS,
    revokeGrant: ANALYSIS,
    setVisibility: ANALYSIS,
    shareTag: ANALYSIS,
    shareSegment: ANALYSIS,
    saveMember: OWNER,
    removeMember: OWNER,
    createApiKey: OWNER,
    revokeApiKey: OWNER,
  },
  Subscription: {
    riskTierChanged: ALL,
    tagChanged: SERVICES,
    segmentChanged: SERVICES,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly Role[]>>>>;

/** Lists that a role may have as a file, by the exports' names. */
export const EXPORT_PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  quarantine: FACTS,
  samples: ANALYSIS,
  segment: SERVICES,
};

/** Types that a role may fetch by `node` and `nodes`: those it may reach by a root field of its own. */
export const NODE_PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  User: ALL,
  Tag: SERVICES,
  Segment: SERVICES,
  Job: SERVICES,
  ChurnModel: ANALYSIS,
};

/**
 * Things that hang on others: to a role that may not fetch one by itself, and to a person who is shown one user, a tag, a segment or a model is
 * no more than its name.
 */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  Tag: ["id", "key", "name", "description", "family", "kind", "valueType", "unit"],
  Segment: ["id", "key", "name"],
  ChurnModel: ["id", "key", "name", "version", "algorithm", "horizonDays", "definition"],
};

/** What a person may ask for who is shown one user, themselves: a token of the role APP is in the hands of whom it is about. */
export const OF_ONESELF: Readonly<Record<string, readonly string[]>> = {
  Query: ["service", "node", "nodes", "user"],
};

/** The roles that may use a root field; nobody where it does not stand in the table. */
export function rolesFor(type: string, field: string): readonly Role[] {
  const fields: Readonly<Record<string, readonly Role[]>> = PERMISSIONS[type as keyof typeof PERMISSIONS] ?? {};
  return fields[field] ?? [];
}
