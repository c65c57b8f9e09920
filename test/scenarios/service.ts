import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface RunningService {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  graph<T = any>(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<T>;
  /** Ends it with a signal and waits for it to be gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const READY_TIMEOUT_MS = 180_000;

/** The built service as an operator starts it, on a free port. */
export async function startService(environment: Record<string, string>, args: string[] = []): Promise<RunningService> {
  const child = spawn(process.execPath, ["dist/src/main.js", ...args], {
    env: { ...process.env, PORT: "0", DATABASE_URL: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (part: string) => {
      output += part;
    });
  }
  const exited = once(child, "exit");
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const readyUrl = () => /ready: (http:\/\/\S+\/graphql)/.exec(output)?.[1];
  while (readyUrl() === undefined) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`The service did not become ready (exit ${child.exitCode}):\n${output}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  const url = readyUrl()!;
  return {
    url,
    process: child,
    output: () => output,
    async graph(query, variables = {}, headers = {}) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const answer: any = await response.json();
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    async end(signal) {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
