import { defineEntity, p } from "@mikro-orm/core";

export const CHURN_KINDS = ["TRANSACTION", "INTERACTION", "SERVICE"] as const;
export type ChurnKind = (typeof CHURN_KINDS)[number];

/** What counts as churn. Eligible at asOf: an event in [asOf - lookback, asOf); churned: none in [asOf + lead, + horizon). */
export const ChurnDefinitionEntity = defineEntity({
  name: "ChurnDefinition",
  tableName: "churn_definition",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    name: p.text(),
    kind: p.text().$type<ChurnKind>(),
    /** Keys of event types; empty means all types of the kind. */
    eventTypes: p.array<string>().columnType("text[]"),
    horizonDays: p.integer(),
    lookbackDays: p.integer(),
    leadDays: p.integer().default(0),
    /** The one that User.churnScore and the tiers speak of; at most one is. */
    isDefault: p.boolean().default(false),
    /** Where the scheme `default` cuts while this is the default definition and nobody has saved cuts of their own. */
    cuts: p.array<number>().columnType("double precision[]").nullable(),
    /** A cron expression in UTC, and its next instant. */
    retrainSchedule: p.text().nullable(),
    retrainAt: p.datetime(6).nullable(),
  },
});
