import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import express, { type Response, type Router } from "express";
import type { Logger } from "pino";
import { GRAPHIQL_DIRECTORY, GRAPHIQL_SOURCE, ROOT, sourceHash, stampOf } from "./graphiql/built.js";

/** The explorer's page: served from what was built from npm packages, and built in the background where it is missing. */
export interface Graphiql {
  readonly handle: Router;
  /** Starts the build in a process of its own when the page is missing or older than its source; returns at once. */
  ensureBuilt(): void;
}

type GraphiqlState = "ready" | "building" | "failed" | "absent";

// Monaco writes style elements and runs its language services in workers made from files of this origin. Nothing else is let
// in: no inline script, no eval, no other origin, no frame around the page.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function serveGraphiql(log: Logger, directory = GRAPHIQL_DIRECTORY): Graphiql {
  const isThere = () => existsSync(join(directory, "index.html"));
  let state: GraphiqlState = isThere() ? "ready" : "absent";
  const handle = express.Router();
  handle.use((_request, response, next) => {
    response.set({ "content-security-policy": CONTENT_SECURITY_POLICY, "cross-origin-opener-policy": "same-origin" });
    next();
  });
  // The names of assets carry the hash of their content, so they never change; the page names them, so it is asked for anew.
  handle.use(
    "/assets",
    express.static(join(directory, "assets"), { immutable: true, maxAge: "1y", index: false, redirect: false }),
  );
  handle.get("/", (_request, response) => {
    if (isThere())
      response.set("cache-control", "no-cache").sendFile("index.html", { root: directory, cacheControl: false, etag: true });
    else answerNotYet(response, state);
  });
  return {
    handle,
    ensureBuilt() {
      if (state === "building" || !existsSync(GRAPHIQL_SOURCE)) return;
      if (isThere() && stampOf(directory) === sourceHash()) return;
      state = "building";
      build().then(
        () => {
          state = "ready";
        },
        (error: Error) => {
          state = isThere() ? "ready" : "failed";
          log.warn({ err: error }, "GraphiQL could not be built; see npm run graphiql");
        },
      );
    },
  };
}

const WORDS: Record<GraphiqlState, string> = {
  ready: "The page is ready; reload it.",
  building:
    "The page is being built, once, in the background; it takes some seconds and shows itself when it is done. The API at /graphql serves already.",
  failed:
    "The page could not be built. Install the development dependencies (npm ci) and run: npm run graphiql. The API at /graphql serves.",
  absent: "The page is not built yet. Run: npm run graphiql. The API at /graphql serves.",
};

function answerNotYet(response: Response, state: GraphiqlState): void {
  if (state === "building") response.set("refresh", "2");
  response
    .status(503)
    .set({ "cache-control": "no-store", "retry-after": "2" })
    .type("html")
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tidemark</title><style>body{font:16px/1.5 system-ui;max-width:40em;margin:20vh auto;padding:0 1em}</style><h1>Tidemark</h1><p>${WORDS[state]}</p></html>`,
    );
}

/** A process of its own at low priority: the service answers while it runs. */
function build(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [join(ROOT, "node_modules", "vite", "bin", "vite.js"), "build", GRAPHIQL_SOURCE, "--logLevel", "error"],
      {
        cwd: ROOT,
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000);
    });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(complaint || `vite ended with ${code}`))));
    try {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended already, or priorities are barred: then it runs at ours.
    }
    // A service that stops does not wait for its page.
    process.once("exit", () => child.kill());
    child.unref();
    if (child.stderr instanceof Socket) child.stderr.unref();
  });
}
