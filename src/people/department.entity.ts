import { defineEntity, p } from "@mikro-orm/core";

/** A department of the company; tags, segments, models and tier schemes belong to one. */
export const DepartmentEntity = defineEntity({
  name: "Department",
  tableName: "department",
  properties: { id: p.integer().primary().autoincrement(), key: p.text().unique(), name: p.text() },
});
