import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { ApolloServer } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import express from "express";
import type { Logger } from "pino";
import type { Config } from "./config.js";
import { TidemarkError } from "./errors.js";
import { advance } from "./pipeline.js";
import type { RequestContext, Viewer } from "./request.js";
import { buildGraph } from "./schema.js";
import type { Store } from "./store/store.js";

/** 10,000 rows of a bulk mutation fit; documents are bounded on their own. */
const LARGEST_BODY = "8mb";

export interface App {
  readonly server: Server;
  stop(): Promise<void>;
}

/** One request, top to bottom. */
export async function createApp(config: Config, store: Store, log: Logger): Promise<App> {
  const apollo = new ApolloServer<RequestContext>({
    schema: buildGraph(),
    introspection: true,
    csrfPrevention: true,
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
    formatError(formatted, error) {
      const original = unwrapResolverError(error);
      if (
        original instanceof TidemarkError ||
        String(formatted.extensions?.code).startsWith("GRAPHQL_") ||
        formatted.extensions?.code === "BAD_USER_INPUT"
      )
        return formatted;
      if (formatted.extensions?.code === "BAD_INPUT") return formatted;
      const id = randomUUID();
      log.error({ id, error: original }, "masked error");
      return { message: `Something went wrong on our side; it was logged as ${id}.`, extensions: { code: "INTERNAL", id } };
    },
  });
  await apollo.start();
  const http = express();
  http.disable("x-powered-by");
  http.get("/readyz", (_request, response) => {
    response.status(200).json({ ready: true });
  });
  http.use(
    "/graphql",
    express.json({ limit: LARGEST_BODY }),
    expressMiddleware(apollo, { context: async () => contextOf(config, store, { role: "OWNER", name: "local owner" }) }),
  );
  const server = createServer(http);
  return {
    server,
    async stop() {
      await new Promise((done) => server.close(done));
      await apollo.stop();
    },
  };
}

function contextOf(config: Config, store: Store, viewer: Viewer): RequestContext {
  return {
    store,
    viewer,
    now: config.asOf ?? new Date(),
    advance: async (asOf) => {
      await advance(store.pool, asOf);
    },
  };
}
