import { defineEntity, p } from "@mikro-orm/core";
import type { Visibility } from "../people/access.js";
import { DepartmentEntity } from "../people/department.entity.js";

export const TAG_FAMILIES = [
  "ACTIVITY",
  "TRANSACTION",
  "PREFERENCE",
  "LIFECYCLE",
  "NEGATIVE",
  "SERVICE",
  "RISK",
  "CUSTOM",
] as const;
export const TAG_KINDS = ["MANUAL", "IMPORTED", "RULE", "METRIC", "DECLINE", "MODEL"] as const;
export const TAG_STATES = ["DRAFT", "ACTIVE", "DEPRECATED", "RETIRED"] as const;
export const TAG_VALUE_TYPES = ["BOOLEAN", "NUMBER", "TEXT"] as const;
/** When a computed tag is brought up to date. */
export const UPDATE_MODES = ["LIVE", "SCHEDULED", "MANUAL"] as const;
export type UpdateMode = (typeof UPDATE_MODES)[number];
export type TagFamily = (typeof TAG_FAMILIES)[number];
export type TagKind = (typeof TAG_KINDS)[number];
export type TagState = (typeof TAG_STATES)[number];
export type TagValueType = (typeof TAG_VALUE_TYPES)[number];

/** A tag's definition. Computed kinds carry `definition` (definition.ts); METRIC tags also a slot in user_metric. */
export const TagEntity = defineEntity({
  name: "Tag",
  tableName: "tag",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    name: p.text(),
    description: p.text().default(""),
    family: p.text().$type<TagFamily>(),
    kind: p.text().$type<TagKind>(),
    valueType: p.text().$type<TagValueType>(),
    unit: p.text().nullable(),
    department: () => p.manyToOne(DepartmentEntity).updateRule("no action").deleteRule("no action"),
    visibility: p.text().$type<Visibility>().default("PUBLIC"),
    state: p.text().$type<TagState>().default("ACTIVE"),
    revision: p.integer().default(1),
    definition: p.json<unknown>().nullable(),
    /** A changed definition that is not published yet. */
    draft: p.json<unknown>().nullable(),
    /** Position (from 0) of a METRIC tag's number in user_metric.numbers. */
    slot: p.integer().nullable().unique(),
    builtIn: p.boolean().default(false),
    /** An assignment without an expiry of its own ends so many days after it was made. */
    ttlDays: p.integer().nullable(),
    /** Share of the users known at `refreshedAt` who hold the tag. */
    coverage: p.double().nullable(),
    refreshedAt: p.datetime(6).nullable(),
    /** Of a generated DECLINE tag: the metric that it is about. */
    generatedFrom: p.integer().nullable(),
    updateMode: p.text().$type<UpdateMode>().default("LIVE"),
    /** Of SCHEDULED tags: a cron expression, UTC. */
    schedule: p.text().nullable(),
    /** Of tags that are not LIVE: the last run; who stands at an earlier instant is due. */
    runAt: p.datetime(6).nullable(),
    nextRunAt: p.datetime(6).nullable(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
});
