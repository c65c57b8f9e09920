import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

/** What to send, how, and for how long. Run in a thread of its own, so that the server's thread is only the server. */
export interface Load {
  readonly url: string;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
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

const start = performance.now();
const end = start + load.seconds * 1000;
await Promise.all(
  Array.from({ length: load.connections }, async () => {
    while (performance.now() < end) {
      const at = performance.now();
      const fine = await send(load.bodies[next++ % load.bodies.length]!);
      latencies.push(performance.now() - at);
      if (!fine) failed++;
    }
  }),
);
const elapsed = (performance.now() - start) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN;
const result: LoadResult = { requestsPerSecond: latencies.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99), failed };
parentPort?.postMessage(result);
agent.destroy();
