import type { IncomingHttpHeaders, IncomingMessage, Server } from "node:http";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { handleProtocols } from "graphql-ws";
import { useServer as speakProtocol } from "graphql-ws/use/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { UNFIT } from "../answer.js";
import { mayIntrospect } from "../authenticate.js";
import { TidemarkError } from "../errors.js";
import { gateMessage } from "../gate.js";
import type { FormatResult } from "../live.js";
import type { RequestContext } from "../request.js";
import { type ContextFor, type Payload, prepare, type Subscriptions } from "./operation.js";

const MOST_SOCKETS = 2_000;
const MOST_ON_A_SOCKET = 50;
/** Of one message; rows are written by POST. */
const LARGEST_MESSAGE_BYTES = 128 * 1024;

export interface Sockets {
  accept(server: Server): void;
  close(): Promise<void>;
}

/** The protocol graphql-transport-ws at /graphql. Browsers can set no header there, so the key may come as `authorization` in the connection's parameters. */
export function webSockets(
  schema: GraphQLSchema,
  contextFor: ContextFor,
  subscriptions: Subscriptions,
  formatResult: FormatResult,
): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES, handleProtocols });
  const headersOf = new WeakMap<WebSocket | RequestContext, IncomingHttpHeaders>();
  let closing = false;

  const protocol = speakProtocol(
    {
      async onConnect({ connectionParams, extra }) {
        const key = connectionParams?.authorization ?? connectionParams?.Authorization;
        const headers = { ...extra.request.headers, ...(typeof key === "string" ? { authorization: key } : {}) };
        headersOf.set(extra.socket, headers);
        return contextFor(headers).then(
          () => true,
          (error: unknown) => {
            if (error instanceof TidemarkError) return false;
            throw error;
          },
        );
      },
      async onSubscribe({ extra, subscriptions: running }, _id, payload) {
        try {
          if (Object.keys(running).length > MOST_ON_A_SOCKET)
            throw new TidemarkError(
              "TOO_COMPLEX",
              `A connection has at most ${MOST_ON_A_SOCKET} operations at once; open another.`,
            );
          const { introspects } = gateMessage(payload);
          const headers = headersOf.get(extra.socket) ?? {};
          const contextValue = await contextFor(headers);
          if (introspects && !mayIntrospect(contextValue.viewer)) throw new TidemarkError("FORBIDDEN", UNFIT.message);
          headersOf.set(contextValue, headers);
          return prepare(schema, payload as Payload, contextValue);
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      subscribe: (args) => subscriptions.start(args, headersOf.get(args.contextValue as RequestContext) ?? {}),
      onNext: (_context, _id, _payload, _args, result) => formatResult(result),
      onError: (_context, _id, _payload, errors) => formatResult({ errors }).errors,
    },
    sockets,
  );

  function refusalOf({ url }: IncomingMessage): string | undefined {
    if (!/^\/graphql\/?(\?|$)/.test(url ?? "")) return "404 Not Found";
    return closing || sockets.clients.size >= MOST_SOCKETS ? "503 Service Unavailable" : undefined;
  }

  return {
    accept(server) {
      server.on("upgrade", (request, socket, head) => {
        const refusal = refusalOf(request);
        if (refusal) socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        else sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
      });
    },
    async close() {
      closing = true;
      await protocol.dispose();
    },
  };
}
