/**
 * Where a user stands in their life as a customer, by days since the last activity and since the first. Declared here, and the same for
 * everybody: a month without activity puts a user at risk, a quarter makes them dormant, half a year loses them.
 */
export const LIFECYCLE_STAGES = ["NEW", "ACTIVE", "AT_RISK", "DORMANT", "LOST"] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

const NEW_DAYS = 30;
const ACTIVE_DAYS = 30;
const AT_RISK_DAYS = 90;
const DORMANT_DAYS = 180;

/** Null for a user without any activity. */
export function lifecycleStage(recencyDays: number, tenureDays: number): LifecycleStage | null {
  if (Number.isNaN(recencyDays) || Number.isNaN(tenureDays)) return null;
  if (tenureDays <= NEW_DAYS) return "NEW";
  if (recencyDays <= ACTIVE_DAYS) return "ACTIVE";
  if (recencyDays <= AT_RISK_DAYS) return "AT_RISK";
  if (recencyDays <= DORMANT_DAYS) return "DORMANT";
  return "LOST";
}
