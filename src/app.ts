import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from "express";
import type { Logger } from "pino";
import { answering } from "./answer.js";
import { type Authenticate, authenticator, mayIntrospect } from "./authenticate.js";
import type { Config } from "./config.js";
import { type ErrorCode, TidemarkError } from "./errors.js";
import { answerExport } from "./exports.js";
import { HttpRefusal } from "./gate/refusal.js";
import { gate, gateHeaders, LARGEST_BODY_BYTES } from "./gate.js";
import { type Graphiql, serveGraphiql } from "./graphiql.js";
import { type Live, liveQueries } from "./live.js";
import { advance } from "./pipeline.js";
import type { RequestContext, Viewer } from "./request.js";
import { buildGraph } from "./schema.js";
import type { Store } from "./store/store.js";

export interface App {
  readonly server: Server;
  readonly graphiql: Graphiql;
  readonly live: Live;
  /** Lets callers go before the door is shut: not ready at once, serving on for the drain, then closed. */
  stop(): Promise<void>;
}

/** Long enough for a load balancer to ask for readiness once more; shorter lost requests in rolling restarts. */
const STANDARD_DRAIN_MS = 1_500;
/** What is still running after the drain gets this long to end. */
const LAST_ANSWERS_MS = 10_000;
/** Node's own limits are loose: a client that trickles its bytes would hold a connection for minutes. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
const CHECK_CONNECTIONS_EVERY_MS = 2_000;
const READY_WITHIN_MS = 2_500;

/** One request, top to bottom. */
export async function createApp(config: Config, store: Store, log: Logger): Promise<App> {
  const schema = buildGraph();
  const answers = answering(log);
  const apollo = new ApolloServer<RequestContext>({ schema, ...answers });
  await apollo.start();
  const graphiql = serveGraphiql(log);
  const door = doorOf();
  const known = authenticator(config, store.embedded, store.pool);
  const live = liveQueries(schema, async (headers) => contextOf(config, store, await known(headers)), answers.formatError);

  const http = express();
  http.disable("x-powered-by");
  http.disable("etag");
  http.use(door.pass);
  http.get("/healthz", (_request, response) => void response.json({ alive: true }));
  http.get("/readyz", (_request, response) => answerReadiness(response, store, door.closing()));
  http.all("/graphql", [
    refuseByHeaders,
    authenticate(known),
    express.raw({ type: () => true, limit: LARGEST_BODY_BYTES, inflate: false }),
    passGate,
    live.sse,
    expressMiddleware(apollo, { context: async ({ res }) => contextOf(config, store, viewerOf(res)) }),
  ]);
  http.get("/exports/:name", [authenticate(known), answerExport((response) => contextOf(config, store, viewerOf(response)))]);
  http.get("/", (_request, response) => response.redirect(302, "/graphiql"));
  http.use("/graphiql", graphiql.handle);
  http.use(nothingHere);
  http.use(refuse(log));

  const server = createServer({ connectionsCheckingInterval: CHECK_CONNECTIONS_EVERY_MS }, http);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  live.accept(server);
  server.headersTimeout = HEADERS_WITHIN_MS;
  server.requestTimeout = REQUEST_WITHIN_MS;
  return {
    server,
    graphiql,
    live,
    async stop() {
      door.close();
      if (server.listening) {
        await new Promise((done) => setTimeout(done, config.drainMs ?? STANDARD_DRAIN_MS));
        await live.close();
        await closeServer(server, sockets);
      }
      await apollo.stop();
    },
  };
}

/** Binds the address and serves. @throws TidemarkError PORT_IN_USE or BAD_SETTING, with the remedy */
export async function listen(app: App, host: string, port: number): Promise<void> {
  await bind(app.server, host, port);
  app.graphiql.ensureBuilt();
}

/** Finds out whether the address can be had before a long start is spent on it. @throws as `listen` does */
export async function tryAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  await bind(server, host, port);
  server.close();
  await once(server, "close");
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE")
      throw new TidemarkError(
        "PORT_IN_USE",
        `Another process listens on port ${port} of ${host}. Stop it, or choose another port: PORT=${port < 65_535 ? port + 1 : 4000}.`,
      );
    if (code === "EACCES")
      throw new TidemarkError("BAD_SETTING", `Port ${port} needs more rights than this process has; set PORT to 1024 or more.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
      throw new TidemarkError(
        "BAD_SETTING",
        `HOST is ${JSON.stringify(host)}, which is no address of this machine; use 127.0.0.1 or 0.0.0.0.`,
      );
    throw cause;
  }
}

function contextOf(config: Config, store: Store, viewer: Viewer): RequestContext {
  return {
    store,
    viewer,
    ...(config.smallestCount === undefined ? {} : { smallestCount: config.smallestCount }),
    allowLoopbackWebhooks: config.allowLoopbackWebhooks ?? false,
    now: config.asOf ?? new Date(),
    advance: async (asOf) => {
      await advance(store.pool, asOf);
    },
  };
}

async function answerReadiness(response: Response, store: Store, closing: boolean): Promise<void> {
  const reason = closing ? "the service is stopping" : await unreachable(store);
  response.set("cache-control", "no-store");
  if (reason === undefined) response.json({ ready: true });
  else response.status(503).set("retry-after", "1").json({ ready: false, reason });
}

async function unreachable(store: Store): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("the database does not answer"), READY_WITHIN_MS);
  });
  const asked = store.pool.read("select 1 as one").then(
    () => undefined,
    () => "the database cannot be reached",
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

const refuseByHeaders: RequestHandler = (request, _response, next) => {
  gateHeaders(headersOf(request));
  next();
};

/** Before the body is read: whoever is not known costs a hash. */
function authenticate(known: Authenticate): RequestHandler {
  return async (request, response, next) => {
    response.locals.viewer = await known(request.headers);
    next();
  };
}

const passGate: RequestHandler = (request, response, next) => {
  const bytes = Buffer.isBuffer(request.body) ? request.body : undefined;
  const search = request.originalUrl.includes("?") ? request.originalUrl.slice(request.originalUrl.indexOf("?")) : "";
  const { body, introspects } = gate({ ...headersOf(request), search, body: bytes });
  if (introspects && !mayIntrospect(viewerOf(response)))
    throw new HttpRefusal(
      403,
      "FORBIDDEN",
      "Your key does not show the schema; ask its owner for the operations that you may send.",
    );
  // Apollo asks for a body even where the query string has it all.
  request.body = body ?? {};
  next();
};

function headersOf(request: IncomingMessage) {
  return {
    method: request.method ?? "",
    contentType: request.headers["content-type"],
    contentEncoding: request.headers["content-encoding"],
  };
}

function viewerOf(response: ServerResponse): Viewer {
  // express-serve-static types locals as any; authenticate() above sets it on every way here.
  return (response as Response<unknown, { viewer: Viewer }>).locals.viewer;
}

const nothingHere: RequestHandler = (request) => {
  throw new HttpRefusal(
    404,
    "NOT_FOUND",
    `Nothing is served at ${request.path.slice(0, 100)}; the graph is at /graphql, its explorer at /graphiql.`,
  );
};

/** Of what a door outside the graph says no to; 400 where nothing stands here. */
const STATUS: Partial<Record<ErrorCode, number>> = { NOT_FOUND: 404, FORBIDDEN: 403, STORE_UNAVAILABLE: 503, UNAVAILABLE: 503 };

function refuse(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const refusal = refusalOf(error);
    if (refusal.code === "INTERNAL") log.error({ err: error, path: request.path }, "a request failed before the graph");
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // What was not read of a refused body is not waited for.
    if (!request.complete) response.set("connection", "close");
    const graphqlJson = request.headers.accept?.includes("application/graphql-response+json") ?? false;
    response
      .status(refusal.status)
      .set({ ...refusal.headers, "cache-control": "no-store" })
      .type(graphqlJson ? "application/graphql-response+json; charset=utf-8" : "application/json; charset=utf-8")
      .send(JSON.stringify({ errors: [{ message: refusal.message, extensions: { code: refusal.code } }] }));
  };
}

function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof TidemarkError) return new HttpRefusal(STATUS[error.code] ?? 400, error.code, error.message);
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === "entity.too.large")
    return new HttpRefusal(
      413,
      "TOO_COMPLEX",
      `The body is larger than ${LARGEST_BODY_BYTES} bytes; send its rows in several requests.`,
    );
  if (typeof status === "number" && status >= 400 && status < 500)
    return new HttpRefusal(
      400,
      "BAD_INPUT",
      "The request is malformed or was cut off; send it again as HTTP/1.1 with its whole body.",
    );
  return new HttpRefusal(500, "INTERNAL", "Something went wrong on our side; it was logged.");
}

/** Knows who is inside, and tells everyone who comes while it is closing not to come back. */
function doorOf() {
  const inside = new Set<Response>();
  let closing = false;
  return {
    closing: () => closing,
    pass: ((_request: Request, response: Response, next) => {
      response.set({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
      if (closing) response.set("connection", "close");
      inside.add(response);
      response.once("close", () => inside.delete(response));
      next();
    }) satisfies RequestHandler,
    close() {
      closing = true;
      for (const response of inside) if (!response.headersSent) response.set("connection", "close");
    },
  };
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  // Browsers open connections ahead of need, and Node does not count those as idle: they would be waited for.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  // A connection turns idle only after its last answer, so closing the idle ones once is not enough.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
