import { defineEntity, p } from "@mikro-orm/core";
import type { Visibility } from "../people/access.js";
import type { TierRule } from "./tier-rule.js";

export const CUT_METHODS = ["FIXED", "EQUAL_WIDTH", "QUANTILE", "NATURAL_BREAKS", "GOAL"] as const;
export type CutMethod = (typeof CUT_METHODS)[number];
/** Ranks count from 1, the lowest risk; `cuts[i]` is the lowest probability of rank i + 2. */
export interface SchemeTier {
  readonly key: string;
  readonly name: string;
}

/** How a score becomes a risk tier. */
export const TierSchemeEntity = defineEntity({
  name: "TierScheme",
  tableName: "tier_scheme",
  properties: {
    id: p.integer().primary().autoincrement(),
    key: p.text().unique(),
    method: p.text().$type<CutMethod>(),
    cuts: p.array<number>().columnType("double precision[]"),
    tiers: p.json<readonly SchemeTier[]>(),
    /** Whether it cuts as the default churn definition says, where that has cuts; a scheme that somebody saved has its own. */
    followsDefinition: p.boolean().default(false),
    /** A user comes down a tier only where the score lies so far below its cut. */
    hysteresis: p.double().default(0),
    rules: p.json<readonly TierRule[]>().default("[]"),
    updatedAt: p.datetime(6),
    /** Key of the department that owns it. */
    department: p.text().default("company"),
    visibility: p.text().$type<Visibility>().default("PUBLIC"),
  },
});
