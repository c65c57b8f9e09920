import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

/** What to send, how, and for how long. Run in a thread of its own, so that the server's thread is only the server. */
export interface Load {
  readonly url: string;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Sends so many a second whether answers come or not, on at most that many connections; left out: the next as soon as one is answered. */
  readonly perSecond?: number;
  /** How long each connection waits after an answer, as a person does. */
  readonly thinkMs?: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const load: Load = workerData;
const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
const latencies: number[] = [];
let failed = 0;
let next = 0;

function send(body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(load.url, { method: "POST", agent, headers: { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(response.statusCode === 200 && !text.startsWith('{"errors"')));
    });
    sent.on("error", () => resolve(false));
    sent.end(body);
  });
}

async function timed(from: number): Promise<void> {
  const fine = await send(load.bodies[next++ % load.bodies.length]!);
  // Of an open load from when it was due: what waited for a connection has waited all the same.
  latencies.push(performance.now() - from);
  if (!fine) failed++;
}

const start = performance.now();
const end = start + load.seconds * 1000;
if (load.perSecond !== undefined) {
  const sent: Promise<void>[] = [];
  for (let due = start; due < end; due += 1000 / load.perSecond) {
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    sent.push(timed(due));
  }
  await Promise.all(sent);
} else {
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      while (performance.now() < end) {
        await timed(performance.now());
        if (load.thinkMs) await sleep(load.thinkMs);
      }
    }),
  );
}
const elapsed = (performance.now() - start) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN;
const result: LoadResult = { requestsPerSecond: latencies.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99), failed };
parentPort?.postMessage(result);
agent.destroy();
