import { defineEntity, p } from "@mikro-orm/core";
import type { Visibility } from "../people/access.js";
import { DepartmentEntity } from "../people/department.entity.js";

/** When its members are looked at anew. */
export const SEGMENT_MODES = ["LIVE", "SCHEDULED", "SNAPSHOT"] as const;
export type SegmentMode = (typeof SEGMENT_MODES)[number];

/*
 * The members of a LIVE segment follow with every change of a user and at the instants at which time alone lets one in or out. Those of a
 * SCHEDULED or SNAPSHOT one stay as they are until its next run: a run counts `run` up, users are then brought to it batch by batch, and
 * once nobody is behind any more `ranRun` is it.
 */

/** A saved expression over the graph. */
export const SegmentEntity = defineEntity({
  name: "Segment",
  tableName: "segment",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    name: p.text(),
    expression: p.json<unknown>(),
    department: () => p.manyToOne(DepartmentEntity).updateRule("no action").deleteRule("no action"),
    visibility: p.text().$type<Visibility>().default("PUBLIC"),
    revision: p.integer().default(1),
    mode: p.text().$type<SegmentMode>().default("LIVE"),
    /** Of SCHEDULED: a cron expression in UTC. */
    schedule: p.text().nullable(),
    nextRunAt: p.datetime(6).nullable(),
    /** Counts what everybody has to be looked at anew for: the segment was made, changed or refreshed. */
    run: p.integer().default(1),
    /** The last run that everybody has been brought to; 0: none yet. */
    ranRun: p.integer().default(0),
    refreshedAt: p.datetime(6).nullable(),
    /** A size that differs from the one before by more than this share of it is told as an alert. */
    alertShare: p.double().default(0.3),
    /** Why its members could not be looked at the last time; they stay as they were. */
    lastError: p.text().nullable(),
    lastErrorAt: p.datetime(6).nullable(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
});
