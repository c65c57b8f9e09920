import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { createApp } from "../../src/app.js";
import type { Store } from "../../src/store/store.js";
import type { Load, LoadResult } from "./load.js";

export type { LoadResult };

/** The service on a store, on a free port: its address, and how it is stopped. */
export async function serviceOn(store: Store): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const config = {
    host: "127.0.0.1",
    port: 0,
    databaseUrl: undefined,
    dataDirectory: "",
    adminKey: undefined,
    asOf: undefined,
    logLevel: "error",
  } as const;
  const app = await createApp(config, store, pino({ level: config.logLevel }));
  return { url: `${await listening(app.server)}/graphql`, stop: () => app.stop() };
}

export async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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
