import { defineEntity, p } from "@mikro-orm/core";

/** A row that was not taken, with the reason, to be mended and replayed. */
export const QuarantineEntity = defineEntity({
  name: "Quarantine",
  tableName: "quarantine",
  properties: {
    id: p.bigint("string").primary().autoincrement(),
    sourceId: p.integer(),
    /** The file or mutation it came through. */
    origin: p.text(),
    /** Line in the file, or index in the mutation; from 0. */
    rowIndex: p.bigint("number"),
    code: p.text(),
    message: p.text(),
    row: p.json<unknown>(),
    receivedAt: p.datetime(6),
  },
  indexes: [{ properties: ["sourceId", "id"] }],
});
