import { seedDepartments } from "./people/department.step.js";
import type { Session } from "./store/pool.js";
import { seedTags } from "./tags/library.step.js";

/** What every store holds from the start. Each seed is idempotent and brings built-in rows up to date. */
const seeds: readonly ((session: Session) => Promise<void>)[] = [seedDepartments, seedTags];

export async function seed(session: Session): Promise<void> {
  for (const step of seeds) await step(session);
}
