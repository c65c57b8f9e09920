import { randomUUID } from "node:crypto";
import type { ApolloServerOptions, ApolloServerPlugin } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";
import { mayIntrospect } from "./authenticate.js";
import { ERROR_CODES, TidemarkError } from "./errors.js";
import { DOCUMENT_BOUNDS } from "./gate/document.js";
import type { RequestContext } from "./request.js";
import { unreachable } from "./store/pool.js";

/** How the graph answers: only what a caller may see, and the HTTP status that a machine acts on. */
export function answering(log: Logger) {
  return {
    introspection: true,
    // The same bound as the gate's, so that what the gate leaves to this parser fails here in the same way.
    parseOptions: { maxTokens: DOCUMENT_BOUNDS.tokens },
    // A page can set none of these on a request that is sent without asking first; the last two are a browser's or a key's.
    csrfPrevention: {
      requestHeaders: ["x-apollo-operation-name", "apollo-require-preflight", "sec-fetch-mode", "authorization"],
    },
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    // Stopping is the app's: Apollo's own way ends the process before it is drained.
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), liveElsewhere, statusOfErrors],
    formatError: masking(log),
  } satisfies Partial<ApolloServerOptions<RequestContext>>;
}

const RETRY_AFTER_SECONDS = "1";

const RESPONSE_TYPE = "application/graphql-response+json";

/** Refused by the graph itself: its text, its fit to the schema, its variables. */
const NOT_EXECUTED = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"]);

/** What graphql-js and Apollo say of a request before any resolver runs: about the caller's own text. */
const REQUEST_CODES = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_SUPPORTED",
]);

/** The raw message of any other error may hold SQL, paths or data: it goes to the log, and the caller gets the log entry's id. */
function masking(log: Logger) {
  const logged = new WeakMap<object, string>();
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error);
    const where = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    const say = (code: keyof typeof ERROR_CODES | "BAD_USER_INPUT", message: string, details = {}) => ({
      message,
      ...where,
      extensions: { ...details, code },
    });
    const code = String(formatted.extensions?.code);
    if (isStoreLost(original)) {
      log.error({ err: original }, "the database cannot be reached");
      return say("STORE_UNAVAILABLE", "The database cannot be reached at the moment; try again after the time in Retry-After.");
    }
    if (original instanceof TidemarkError) return formatted;
    if (original instanceof GraphQLError && Object.hasOwn(ERROR_CODES, code) && code !== "INTERNAL") return formatted;
    if (formatted.path === undefined && REQUEST_CODES.has(code)) return formatted;
    // An explicit null for an argument that has a default fails only when the field is reached.
    if (original instanceof GraphQLError && original.nodes?.length && /^Argument "\w+" /.test(original.message))
      return say("BAD_USER_INPUT", original.message);
    if (sqlStateOf(original) === "22021")
      return say("BAD_CHARACTER", "A text of the request has a NUL character, which cannot be stored; remove it.");
    const known = typeof original === "object" && original !== null ? logged.get(original) : undefined;
    const id = known ?? randomUUID();
    if (known === undefined) {
      // One failed batch fails every row that waited for it: one line, one id.
      if (typeof original === "object" && original !== null) logged.set(original, id);
      log.error({ id, err: original }, "masked error");
    }
    return say("INTERNAL", `Something went wrong on our side; it was logged as ${id}.`, { id });
  };
}

function isStoreLost(error: unknown): boolean {
  const found = unreachable(error);
  return found instanceof TidemarkError && found.code === "STORE_UNAVAILABLE";
}

function sqlStateOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** One answer to one request cannot go on. */
const liveElsewhere: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation === "subscription")
          throw new TidemarkError(
            "BAD_INPUT",
            "A subscription goes on: ask with Accept: text/event-stream, or over a WebSocket (graphql-transport-ws) at this address.",
          );
      },
    };
  },
};

const statusOfErrors: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response, contextValue }) {
        if (response.body.kind !== "single") return;
        const { singleResult } = response.body;
        const errors = singleResult.errors;
        if (!errors?.length) return;
        const executed = singleResult.data !== undefined;
        const codes = new Set(errors.map(({ extensions }) => extensions?.code));
        if (codes.has("STORE_UNAVAILABLE") || codes.has("UNAVAILABLE")) {
          response.http.status = 503;
          response.http.headers.set("retry-after", RETRY_AFTER_SECONDS);
        } else if (!executed && [...codes].some((code) => NOT_EXECUTED.has(String(code)))) {
          // GraphQL over HTTP: only the newer media type says by its status that nothing was executed.
          const newer = request.http?.headers.get("accept")?.includes(RESPONSE_TYPE) ?? false;
          response.http.status = newer ? 400 : 200;
          if (newer) response.http.headers.set("content-type", `${RESPONSE_TYPE}; charset=utf-8`);
        }
        // Messages that name what exists, or suggest it, give the schema away field by field.
        if (codes.has("GRAPHQL_VALIDATION_FAILED") && !mayIntrospect(contextValue.viewer)) singleResult.errors = [UNFIT];
      },
    };
  },
};

export const UNFIT: GraphQLFormattedError = {
  message: "The operation does not fit the schema; ask the owner of your key for the operations that you may send.",
  extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
};
