import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { type App, createApp } from "../../src/app.js";
import type { Config } from "../../src/config.js";
import { seed } from "../../src/seed.js";
import { openTestStore, type TestStore } from "../database.js";

interface Answer<T> {
  readonly data: T;
  readonly errors?: readonly { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

export interface TestApp {
  readonly store: TestStore;
  readonly app: App;
  readonly url: string;
  /** Sends an operation over real HTTP; fails the test when it answers errors. */
  graph<T = any>(document: string, variables?: Record<string, unknown>): Promise<T>;
  /** The same, giving errors to be looked at. */
  answer<T = any>(document: string, variables?: Record<string, unknown>): Promise<Answer<T>>;
  /** How many SQL statements `work` sent. */
  statementsOf(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

/** The whole service on a store of its own, on a free port. */
export async function startTestApp(settings: Partial<Config> = {}): Promise<TestApp> {
  const store = await openTestStore();
  await seed(store.pool);
  const config = {
    host: "127.0.0.1",
    port: 0,
    databaseUrl: undefined,
    dataDirectory: "",
    adminKey: undefined,
    asOf: undefined,
    logLevel: "error",
    drainMs: 0,
    ...settings,
  };
  const app = await createApp(config, store, pino({ level: config.logLevel }));
  await new Promise<void>((done) => app.server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`;
  async function answer<T>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer<T>;
  }
  return {
    store,
    app,
    url,
    answer,
    async graph<T>(document: string, variables: Record<string, unknown> = {}) {
      const { data, errors } = await answer<T>(document, variables);
      if (errors) throw new Error(JSON.stringify(errors, null, 1));
      return data;
    },
    async statementsOf(work) {
      const before = store.statements();
      await work();
      return store.statements() - before;
    },
    async stop() {
      await app.stop();
      await store.close();
    },
  };
}
