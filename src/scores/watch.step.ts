import type { Session } from "../store/pool.js";
import { judgeForecasts } from "./backtest.step.js";
import { measureModelDrift } from "./model-drift.step.js";
import { keepSnapshots } from "./snapshot.step.js";

/** What is known of the models that serve once everybody has been scored: forecasts that are due, drift, and what they foretell today. */
export async function watchModels(session: Session, asOf: Date): Promise<void> {
  await judgeForecasts(session, asOf);
  await measureModelDrift(session, asOf);
  await keepSnapshots(session, asOf);
}
