import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Load, LoadResult } from "./load.js";

export type { LoadResult };

/** Applies a load from a thread of its own. */
export function apply(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./load.js", import.meta.url), { workerData: load });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** The page of one user, as frontends ask for it. */
export function riskProfile(): string {
  const query = /query RiskProfile[\s\S]*?\n}\n/.exec(readFileSync("schema/operations/app.graphql", "utf8"))?.[0];
  if (query === undefined) throw new Error("schema/operations/app.graphql no longer has RiskProfile.");
  return query;
}
