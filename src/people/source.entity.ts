import { defineEntity, p } from "@mikro-orm/core";

/** A system that data comes from; external ids and event ids are unique within one. */
export const SourceEntity = defineEntity({
  name: "Source",
  tableName: "source",
  properties: { id: p.integer().primary().autoincrement(), key: p.text().unique() },
});
