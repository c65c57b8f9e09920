import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, listen } from "../../src/app.js";
import { TidemarkError } from "../../src/errors.js";
import { openPool } from "../../src/store/pool.js";
import { startTestApp, type TestApp } from "../graph/harness.js";

const log = pino({ level: "silent" });
const config = {
  host: "127.0.0.1",
  port: 0,
  databaseUrl: undefined,
  dataDirectory: "",
  adminKey: undefined,
  asOf: undefined,
  logLevel: "silent",
  drainMs: 0,
};

interface Reply {
  readonly status: number;
  readonly connection: string | undefined;
}

function ask(url: string, agent: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers: { "content-type": "application/json" } }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode!, connection: response.headers.connection }));
    });
    sent.on("error", reject);
    sent.end('{"query":"{ service { simulated } }"}');
  });
}

describe("a stopping service", () => {
  test("is not ready at once, serves on and says goodbye, and loses nothing", async () => {
    const app = await startTestApp({ drainMs: 1_500 });
    const agent = new Agent({ keepAlive: true });
    let stopped = false;
    let failed = 0;
    const replies: (Reply & { during: boolean })[] = [];
    // Each client reuses its connection until it is told to close it, as a load balancer does; it turns away once not ready.
    const clients = Array.from({ length: 8 }, async () => {
      for (;;) {
        const ready = await fetch(new URL("/readyz", app.url)).then(
          ({ status }) => status === 200,
          () => false,
        );
        if (!ready) return;
        const during = stopped;
        await ask(app.url, agent).then(
          (reply) => replies.push({ ...reply, during }),
          () => failed++,
        );
      }
    });
    await expect.poll(() => replies.length, { timeout: 30_000 }).toBeGreaterThan(50);
    const stopping = app.stop();
    stopped = true;
    const late = await ask(app.url, agent);
    const ready = await fetch(new URL("/readyz", app.url));
    expect([ready.status, ready.headers.get("retry-after"), await ready.json()]).toEqual([
      503,
      "1",
      { ready: false, reason: "the service is stopping" },
    ]);
    expect((await fetch(new URL("/healthz", app.url))).status).toBe(200);
    await Promise.all([...clients, stopping]);
    expect(late).toEqual({ status: 200, connection: "close" });
    expect(failed).toBe(0);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    await expect(fetch(new URL("/healthz", app.url))).rejects.toThrow();
    agent.destroy();
  });

  test("does not wait for connections that nobody uses", async () => {
    const app = await startTestApp();
    const { port } = new URL(app.url);
    const idle = connect(Number(port), "127.0.0.1");
    await once(idle, "connect");
    const agent = new Agent({ keepAlive: true });
    await ask(app.url, agent);
    const from = performance.now();
    await app.stop();
    // They would hold it for ten seconds, the time limit of a request's headers.
    expect(performance.now() - from).toBeLessThan(8_000);
    idle.destroy();
    agent.destroy();
  });
});

describe("a database that is away", () => {
  let app: TestApp;
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    app = await startTestApp();
    const pool = openPool({ url: "postgresql://127.0.0.1:1/nothing" });
    const away = await createApp(config, { ...app.store, pool }, log);
    await listen(away, "127.0.0.1", 0);
    url = `http://127.0.0.1:${(away.server.address() as AddressInfo).port}`;
    stop = () => Promise.allSettled([away.stop(), pool.end()]).then(() => {});
  });
  afterAll(async () => {
    await stop();
    await app.stop();
  });

  test("not ready, but alive", async () => {
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reason: "the database cannot be reached" }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("every operation that needs it: 503 and when to try again", async () => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"query":"{ service { simulated } }"}',
    });
    const answer = (await response.json()) as any;
    expect([response.status, response.headers.get("retry-after"), answer.errors[0].extensions]).toEqual([
      503,
      "1",
      { code: "STORE_UNAVAILABLE" },
    ]);
    expect(JSON.stringify(answer)).not.toContain("127.0.0.1:1");
  });
});

describe("the door", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  async function refusalOf(host: string, port: number): Promise<TidemarkError> {
    const other = await createApp(config, app.store, log);
    return listen(other, host, port).then(
      () => Promise.reject(new Error("it listens")),
      (error: unknown) => error as TidemarkError,
    );
  }

  test("a port in use is said with another one to take", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const error = await refusalOf("127.0.0.1", port);
    expect(error).toBeInstanceOf(TidemarkError);
    expect([error.code, error.message]).toEqual(["PORT_IN_USE", expect.stringMatching(new RegExp(`port ${port} .*PORT=\\d+`))]);
    taken.close();
  });

  test("an address of another machine is said, too", async () => {
    expect((await refusalOf("192.0.2.1", 0)).code).toBe("BAD_SETTING");
    expect((await refusalOf("no.such.host.invalid", 0)).code).toBe("BAD_SETTING");
  });

  test("HTTP has time limits, and they are looked at often", async () => {
    const { server } = app.app;
    expect([server.headersTimeout, server.requestTimeout]).toEqual([10_000, 30_000]);
    server.headersTimeout = 300;
    const slow = connect(Number(new URL(app.url).port), "127.0.0.1");
    slow.write("POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    const [data] = (await once(slow, "data")) as [Buffer];
    expect(data.toString()).toContain("408 Request Timeout");
    slow.destroy();
    server.headersTimeout = 10_000;
  });

  test("a body that is cut off costs nobody anything", async () => {
    const { port } = new URL(app.url);
    const cut = connect(Number(port), "127.0.0.1");
    cut.write(
      'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query":',
    );
    await new Promise((done) => setTimeout(done, 50));
    cut.destroy();
    expect((await app.answer("{ service { simulated } }")).errors).toBeUndefined();
  });
});

describe("the explorer's page where it is not built", () => {
  test("says so, and that the API serves", async () => {
    const { serveGraphiql } = await import("../../src/graphiql.js");
    const { default: express } = await import("express");
    const empty = mkdtempSync(join(tmpdir(), "tidemark-graphiql-"));
    const server = createServer(express().use("/graphiql", serveGraphiql(log, empty).handle)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphiql`);
    expect(response.status).toBe(503);
    expect(await response.text()).toMatch(/not built yet.*npm run graphiql.*\/graphql serves/s);
    server.close();
  });
});
