import { defineEntity, p } from "@mikro-orm/core";

export const JOB_STATES = ["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Work that outlives a request. A runner whose heartbeat is old is taken for dead and its job is taken again. */
export const JobEntity = defineEntity({
  name: "Job",
  tableName: "job",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    kind: p.text(),
    input: p.json<unknown>(),
    state: p.text().$type<JobState>(),
    /** 0 to 1. */
    progress: p.double().default(0),
    step: p.text().nullable(),
    attempts: p.integer().default(0),
    error: p.json<{ code: string; message: string }>().nullable(),
    /** {type, id} of what came out. */
    result: p.json<{ type: string; id: string }>().nullable(),
    createdAt: p.datetime(6),
    startedAt: p.datetime(6).nullable(),
    heartbeatAt: p.datetime(6).nullable(),
    finishedAt: p.datetime(6).nullable(),
  },
  indexes: [{ properties: ["state", "id"] }],
});
