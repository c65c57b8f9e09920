import type { Server } from "node:http";
import type { RequestHandler } from "express";
import type { ExecutionResult, FormattedExecutionResult, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { type ContextFor, Subscriptions } from "./live/operation.js";
import { webSockets } from "./live/socket.js";
import { sseHandler } from "./live/sse.js";

/** The graph over connections that stay open: Server-Sent Events (Accept: text/event-stream) and WebSocket. */
export interface Live {
  readonly sse: RequestHandler;
  accept(server: Server): void;
  /** How many are open. */
  subscriptions(): number;
  /** Ends every subscription, telling its client so. */
  close(): Promise<void>;
}

export type FormatResult = (result: Answered) => FormattedExecutionResult;
/** What graphql-js and the transports call a result, told apart only by how they write "absent". */
interface Answered {
  readonly data?: ExecutionResult["data"] | undefined;
  readonly errors?: ExecutionResult["errors"] | undefined;
}
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

export function liveQueries(schema: GraphQLSchema, contextFor: ContextFor, formatError: FormatError): Live {
  const subscriptions = new Subscriptions(contextFor);
  const formatResult: FormatResult = ({ data, errors }) => ({
    ...(data === undefined ? {} : { data }),
    ...(errors ? { errors: errors.map((error) => formatError(error.toJSON(), error)) } : {}),
  });
  const sockets = webSockets(schema, contextFor, subscriptions, formatResult);
  return {
    sse: sseHandler(schema, contextFor, subscriptions, formatResult),
    accept: sockets.accept,
    subscriptions: () => subscriptions.count,
    async close() {
      await subscriptions.close();
      await sockets.close();
    },
  };
}
