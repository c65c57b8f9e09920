import { defineEntity, p } from "@mikro-orm/core";
import type { AttributeType } from "./attribute.js";

/** What was declared of an attribute of users: its type, and whether it is personal. */
export const AttributeEntity = defineEntity({
  name: "Attribute",
  tableName: "attribute",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    type: p.text().$type<AttributeType>(),
    personal: p.boolean(),
    description: p.text(),
    /** The department to ask about it. */
    departmentId: p.integer(),
    savedAt: p.datetime(6),
    savedBy: p.text(),
  },
});
