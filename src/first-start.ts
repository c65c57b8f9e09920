import { refreshAll } from "./pipeline.js";
import type { Progress } from "./progress.js";
import { simulate, wantsSimulation } from "./simulation/simulate.step.js";
import type { Store } from "./store/store.js";
import { trainNow } from "./train-now.js";

/** Fills an empty store with the simulated population and takes it through the whole pipeline. */
export async function fillWhenEmpty(store: Store, now: Date, progress: Progress): Promise<void> {
  if (!(await wantsSimulation(store.pool))) return;
  progress.line("the store is empty: filling it with a simulated population (--empty leaves it empty)");
  const events = await simulate(store.pool, now, (done, total) => progress.part("simulated rows written", done, total));
  progress.line(`simulated ${events.toLocaleString("en")} events; computing everybody's tags`);
  await refreshAll(store.pool, now, (done, total) => progress.part("users computed", done, total));
  const lines = await trainNow(store, { template: "retail", now }, (text, done, total) => progress.part(text, done, total));
  for (const line of lines) progress.line(line);
  await refreshAll(store.pool, now, (done, total) => progress.part("users scored", done, total));
}
