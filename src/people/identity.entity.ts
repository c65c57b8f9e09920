import { defineEntity, p } from "@mikro-orm/core";

/** A name by which a source knows a user. Distributed by its value, so it cannot hold a foreign key to the user. */
export const IdentityEntity = defineEntity({
  name: "UserIdentity",
  tableName: "user_identity",
  properties: {
    externalId: p.text().primary(),
    sourceId: p.integer().primary(),
    userId: p.bigint("string"),
  },
  indexes: [{ properties: ["userId"] }],
});
