import { seedEventTypes } from "./events/event-type.step.js";
import { seedDepartments } from "./people/department.step.js";
import { seedChurnDefinitions } from "./scores/churn-definition.step.js";
import type { Session } from "./store/pool.js";
import { bumpCatalogues } from "./store/setting.js";
import { seedTags } from "./tags/library.step.js";
import { seedTierSchemes } from "./tiers/tier.step.js";

/** What every store holds from the start. Each seed is idempotent and brings built-in rows up to date. */
const seeds: readonly ((session: Session) => Promise<void>)[] = [
  seedDepartments,
  seedEventTypes,
  seedTags,
  seedChurnDefinitions,
  seedTierSchemes,
];

export async function seed(session: Session): Promise<void> {
  for (const step of seeds) await step(session);
  await bumpCatalogues(session);
}
