import { setImmediate } from "node:timers/promises";
import type { RequestHandler, Response } from "express";
import { type ExecutionResult, execute, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import { createHandler } from "graphql-sse/lib/use/express";
import type { FormatResult } from "../live.js";
import { type ContextFor, type Payload, prepare, type Subscriptions } from "./operation.js";

/**
 * Answers requests that accept an event stream, and leaves the others to the next. Authentication and the gate have been passed. One
 * stream for each operation: streams that several share by a token would outlive what let them in.
 */
export function sseHandler(
  schema: GraphQLSchema,
  contextFor: ContextFor,
  subscriptions: Subscriptions,
  formatResult: FormatResult,
): RequestHandler {
  const handle = createHandler({
    authenticate: () => null,
    async onSubscribe({ context: { res }, raw }, params) {
      const args = prepare(schema, params as Payload, await contextFor(raw.headers));
      if (!("schema" in args)) return unexecuted(args);
      const operation = getOperationAST(args.document, args.operationName)!.operation;
      if (operation === "subscription") {
        const started = await subscriptions.start(args, raw.headers, () => taken(res));
        return "next" in started ? started : unexecuted(started.errors ?? []);
      }
      if (operation === "mutation" && raw.method !== "POST")
        return { errors: [new GraphQLError("Mutations are taken by POST.", { extensions: { code: "BAD_INPUT" } })] };
      return execute(args);
    },
    onNext: (_context, _request, result) => formatResult(result as ExecutionResult) as ExecutionResult,
  });
  return async (request, response, next) => {
    if (request.headers.accept === "text/event-stream") await handle(request, response);
    else next();
  };
}

/** The library below knows a result by its data, also where there is none. */
function unexecuted(errors: readonly GraphQLError[]): ExecutionResult {
  return { data: undefined, errors } as unknown as ExecutionResult;
}

/** Until the client has read what was written: the library below queues without a bound. */
async function taken(response: Response): Promise<void> {
  await setImmediate();
  while (response.writableLength > 0 && !response.closed)
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      response.once("close", resolve);
    });
}
