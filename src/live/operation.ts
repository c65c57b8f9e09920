import type { IncomingHttpHeaders } from "node:http";
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from "graphql";
import { UNFIT } from "../answer.js";
import { mayIntrospect } from "../authenticate.js";
import { DOCUMENT_BOUNDS } from "../gate/document.js";
import type { RequestContext } from "../request.js";

/** Who asks, known anew: the context of one answer. @throws HttpRefusal when the key is not taken any more */
export type ContextFor = (headers: IncomingHttpHeaders) => Promise<RequestContext>;

/** What both transports send. */
export interface Payload {
  readonly query?: unknown;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

export type Results = AsyncIterableIterator<ExecutionResult>;

/** Checks an operation as Apollo does one that is posted: what is wrong with it, or how it is executed. */
export function prepare(
  schema: GraphQLSchema,
  { query, operationName, variables }: Payload,
  contextValue: RequestContext,
): ExecutionArgs | readonly GraphQLError[] {
  if (typeof query !== "string") return [refusal("Send the operation's text as query.")];
  const coded = ({ message, locations }: GraphQLError, code: string) =>
    new GraphQLError(message, { extensions: { code, locations } });
  try {
    const document = parse(query, { maxTokens: DOCUMENT_BOUNDS.tokens });
    if (!getOperationAST(document, operationName)) return [refusal("Name one of the document's operations as operationName.")];
    const complaints = validate(schema, document);
    if (complaints.length > 0) {
      if (mayIntrospect(contextValue.viewer)) return complaints.map((error) => coded(error, "GRAPHQL_VALIDATION_FAILED"));
      return [new GraphQLError(UNFIT.message, { extensions: { ...UNFIT.extensions } })];
    }
    return { schema, document, contextValue, operationName: operationName ?? null, variableValues: variables ?? {} };
  } catch (error) {
    if (error instanceof GraphQLError) return [coded(error, "GRAPHQL_PARSE_FAILED")];
    throw error;
  }
}

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_INPUT" } });
}

/** The subscriptions that are open, so that a service that stops can end them. */
export class Subscriptions {
  private readonly open = new Set<AsyncIterator<unknown>>();
  private closing = false;

  constructor(private readonly contextFor: ContextFor) {}

  /**
   * One result for each event. Every event is answered in a context of its own, by somebody who is known anew: loaders keep nothing from
   * one event to the next, and a revoked key ends what it had opened.
   *
   * @param ready resolves when the client has taken what it was sent, so that a slow one is not sent more
   */
  async start(
    args: ExecutionArgs,
    headers: IncomingHttpHeaders,
    ready: () => Promise<void> = async () => {},
  ): Promise<Results | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const events = source[Symbol.asyncIterator]();
    const { open, contextFor } = this;
    open.add(events);
    if (this.closing) await events.return?.();
    const ended = { done: true, value: undefined } as const;
    const results: Results = {
      async next() {
        await ready();
        const { done, value: rootValue } = await events.next();
        if (!done) {
          const contextValue = await contextFor(headers).catch(() => undefined);
          if (contextValue) return { done: false, value: await execute({ ...args, rootValue, contextValue }) };
          await events.return?.();
        }
        open.delete(events);
        return ended;
      },
      async return() {
        open.delete(events);
        await events.return?.();
        return ended;
      },
      // Both libraries end only what has this too.
      async throw(error) {
        await results.return!();
        throw error;
      },
      [Symbol.asyncIterator]: () => results,
    };
    return results;
  }

  get count(): number {
    return this.open.size;
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all([...this.open].map((events) => events.return?.()));
  }
}
