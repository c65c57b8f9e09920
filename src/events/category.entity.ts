import { defineEntity, p } from "@mikro-orm/core";

/** The dictionary of categories: events hold numbers, so that breadth is counted on integers. */
export const CategoryEntity = defineEntity({
  name: "Category",
  tableName: "category",
  properties: { id: p.integer().primary().autoincrement(), key: p.text().unique() },
});
