import { defineEntity, p } from "@mikro-orm/core";

/** What became of the rows of one call or one batch of a file. Only appended to: a counter per source would make all its writers wait in line. */
export const IngestEntity = defineEntity({
  name: "Ingest",
  tableName: "ingest",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    sourceId: p.integer(),
    origin: p.text(),
    accepted: p.integer(),
    duplicates: p.integer(),
    /** Rows by the code of their refusal. */
    rejected: p.json<Record<string, number>>(),
    /** Values that were mended, by what was done. */
    cleaned: p.json<Record<string, number>>(),
    receivedAt: p.datetime(6),
  },
  indexes: [{ properties: ["sourceId"] }],
});
