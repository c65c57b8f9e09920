import { type LookupAddress, lookup as resolveByName } from "node:dns";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { isLoopbackAddress, isPublicAddress } from "./address.js";
import { readTarget, type Target } from "./webhook-url.js";

/** What an endpoint answered: its status, or why there is none. Never what it said: that may repeat what it was sent. */
export type Answer = { readonly status: number; readonly error?: undefined } | { readonly status: null; readonly error: string };

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether this machine itself may be reached. */
  readonly allowLoopback: boolean;
  /** Gives an attempt up whose outcome nobody will write down. */
  readonly signal?: AbortSignal;
  /** Shorter in tests. */
  readonly withinMs?: number;
  /** How names become addresses; the system's way where it is left out. */
  readonly resolve?: Resolve;
}

export type Resolve = typeof resolveByName;

/** The standard recommends 15 to 30 seconds, from the name's look-up to the end of the answer. */
const ATTEMPT_WITHIN_MS = 15_000;
/** Answers are read so that their connection can be used again; longer ones end it. */
const LARGEST_ANSWER_BYTES = 16 * 1024;
const LARGEST_HEADERS_BYTES = 8 * 1024;
/** Below the five seconds after which many servers close a connection that nobody uses. */
const KEPT_OPEN_MS = 4_000;

/** Thrown by the look-up of a connection that must not be made. */
class Refused extends Error {}

/**
 * The look-up of the connection itself, so that no name can lead elsewhere between being checked and being connected to: every address that
 * a name has must be allowed, and one of those that were checked is connected to.
 */
export function guardedLookup(loopback: boolean, resolve: Resolve = resolveByName): LookupFunction {
  const isAllowed = loopback ? isLoopbackAddress : isPublicAddress;
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(error, []);
      if (found.length === 0 || !found.every(({ address }) => isAllowed(address)))
        return done(new Refused("its name leads to an address that is not of the public internet"), []);
      if (options.all) done(null, found);
      else done(null, found[0]!.address, found[0]!.family);
    });
  };
}

const agentOptions = { keepAlive: true, timeout: KEPT_OPEN_MS, maxFreeSockets: 64 };
/** Connections that were checked as they were made; those to this machine apart, for they are checked by another rule. */
const agents = {
  public: new HttpsAgent(agentOptions),
  loopback: new HttpsAgent(agentOptions),
  plain: new HttpAgent(agentOptions),
} as const;

/** Posts a message once. No redirect is followed. Never throws for what the endpoint or the way to it does. */
export async function post(url: string, options: PostOptions): Promise<Answer> {
  // Asked again at each attempt: the setting may have changed since the url was taken.
  const target = readTarget(url, options.allowLoopback);
  if (typeof target === "string") return { status: null, error: target };
  return new Promise((settle) => {
    // The endpoint closed a kept connection at the moment it was used again: nothing is wrong with it.
    const onStale = () => attempt(target, { ...options, agent: false }, settle, () => {});
    attempt(target, { ...options, agent: agentFor(target) }, settle, onStale);
  });
}

/** One request; tells what came of it, or that the connection had been closed before, which happens to kept ones alone. */
function attempt(
  target: Target,
  options: PostOptions & { readonly agent: HttpAgent | false },
  settle: (answer: Answer) => void,
  onStale: () => void,
): void {
  const { body, headers, signal, withinMs = ATTEMPT_WITHIN_MS, resolve, agent } = options;
  let status: number | undefined;
  const send = target.url.protocol === "http:" ? requestHttp : requestHttps;
  const request = send(target.url, {
    method: "POST",
    headers: {
      ...headers,
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "Tidemark-Webhooks/1",
      "accept-encoding": "identity",
    },
    agent,
    lookup: guardedLookup(target.loopback, resolve),
    maxHeaderSize: LARGEST_HEADERS_BYTES,
    ...(signal ? { signal } : {}),
  });
  const late = setTimeout(() => request.destroy(new Error("timed out")), withinMs);
  request.on("response", (response) => {
    status = response.statusCode ?? 0;
    drain(response, () => settle({ status: status! }));
  });
  let failure: NodeJS.ErrnoException | undefined;
  request.on("error", (error) => {
    failure = error;
  });
  // Every request comes to this, also one that was answered by another protocol (101), of which nothing else tells.
  request.on("close", () => {
    clearTimeout(late);
    if (status !== undefined) settle({ status });
    else if (request.reusedSocket && failure?.code === "ECONNRESET") onStale();
    else settle({ status: null, error: failure ? sentenceOf(failure, withinMs) : "the connection was closed without an answer" });
  });
  request.end(body);
}

function agentFor({ url, loopback }: Target): HttpAgent {
  if (url.protocol === "http:") return agents.plain;
  return loopback ? agents.loopback : agents.public;
}

function drain(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER_BYTES) response.destroy();
  });
  response.on("error", () => {});
  response.once("close", done);
}

/** Nothing of what the other side wrote, but for the code of the error. */
function sentenceOf(error: NodeJS.ErrnoException, withinMs: number): string {
  if (error instanceof Refused) return error.message;
  if (error.message === "timed out") return `no answer within ${withinMs / 1_000} s`;
  return `the connection failed (${error.code ?? error.name})`.slice(0, 200);
}
