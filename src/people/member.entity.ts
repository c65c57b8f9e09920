import { defineEntity, p } from "@mikro-orm/core";
import type { Role } from "../request.js";

/** A person whom the owner entered; their token says who they are, and this what they are. */
export const MemberEntity = defineEntity({
  name: "Member",
  tableName: "member",
  properties: {
    id: p.integer().primary().autoincrement(),
    /** The `sub` of their tokens. */
    subject: p.text().unique(),
    name: p.text(),
    role: p.text().$type<Role>(),
    departmentId: p.integer(),
    savedAt: p.datetime(6),
    savedBy: p.text(),
    removedAt: p.datetime(6).nullable(),
  },
});
