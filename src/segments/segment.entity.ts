import { defineEntity, p } from "@mikro-orm/core";
import type { Visibility } from "../people/access.js";
import { DepartmentEntity } from "../people/department.entity.js";

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
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
});
