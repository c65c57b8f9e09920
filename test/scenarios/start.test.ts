import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startService } from "./service.js";

let dataDirectory: string;
beforeAll(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-start-"));
});
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

const record = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted duplicates rejected { code } } }`;
const events = Array.from({ length: 20 }, (_, index) => ({
  externalId: `person-${index % 5}`,
  source: "shop",
  type: "order",
  occurredAt: `2026-01-${String(index + 1).padStart(2, "0")}T10:00:00Z`,
  eventId: `order-${index}`,
  amount: 10,
}));
const seen = `{ user(externalId: "person-0", source: "shop") { firstSeenAt lastSeenAt } }`;

describe("an operator starts the service", () => {
  test("what was accepted survives kill -9 and is not doubled by sending it again", async () => {
    const first = await startService({ TIDEMARK_DATA_DIR: dataDirectory }, ["--empty"]);
    expect((await first.graph(record, { input: { events } })).recordEvents).toEqual({
      accepted: 20,
      duplicates: 0,
      rejected: [],
    });
    const before = await first.graph(seen);
    await first.end("SIGKILL");

    const second = await startService({ TIDEMARK_DATA_DIR: dataDirectory }, ["--empty"]);
    expect(await second.graph(seen)).toEqual(before);
    expect((await second.graph(record, { input: { events } })).recordEvents).toEqual({
      accepted: 0,
      duplicates: 20,
      rejected: [],
    });
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("the start says in plain words that the local owner needs no key, and where the service is", async () => {
    const service = await startService({ TIDEMARK_DATA_DIR: dataDirectory }, ["--empty"]);
    expect(service.output()).toMatch(/every request from this machine acts as the owner, without a key/);
    expect(service.output()).toMatch(/Tidemark is ready: http:\/\/127\.0\.0\.1:\d+\/graphql \(explore at .*\/graphiql\)/);
    expect((await fetch(service.url.replace("/graphql", "/readyz"))).status).toBe(200);
    await service.end("SIGTERM");
  });

  test("a command joins the store of a running service, and leaves it running", async () => {
    const service = await startService({ TIDEMARK_DATA_DIR: dataDirectory }, ["--empty"]);
    const doctor = tidemark(["doctor"], { TIDEMARK_DATA_DIR: dataDirectory });
    expect(doctor.stdout).toMatch(/people\s+5 users/);
    expect(await service.graph("{ service { simulated } }")).toEqual({ service: { simulated: false } });
    await service.end("SIGTERM");
  });

  test("a key that is made beside a running service lets a CRM in, until it is revoked", async () => {
    const settings = { TIDEMARK_DATA_DIR: dataDirectory, TIDEMARK_ADMIN_KEY: "0123456789abcdef" };
    const service = await startService(settings, ["--empty"]);
    const made = tidemark(["key", "create", "--role", "crm", "--name", "shop"], settings);
    expect(made.stderr).toMatch(/tdm_\w{12} {2}CRM {6}shop, made [\d-]+, never used\nThe key is shown this once/);
    const key = made.stdout.trim();
    const headers = { authorization: `Bearer ${key}` };
    expect((await service.graph(record, { input: { events } }, headers)).recordEvents.rejected).toEqual([]);
    await expect(service.graph("{ scoreDistribution { count } }", {}, headers)).rejects.toThrow(/FORBIDDEN/);
    expect(tidemark(["key", "list"], settings).stdout).toMatch(/CRM {6}shop, made [\d-]+, last used [\d-]+\n/);
    expect(tidemark(["key", "revoke", key.split(".")[0]!], settings).stdout).toMatch(/revoked/);
    await new Promise((done) => setTimeout(done, 2_100));
    await expect(service.graph(seen, {}, headers)).rejects.toThrow(/has been revoked/);
    expect(tidemark(["key", "create", "--role", "king"], settings)).toMatchObject({ status: 2 });
    await service.end("SIGTERM");
  });
});

describe("what cannot work ends with a sentence and an exit code", () => {
  test("a port in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const port = String((other.address() as { port: number }).port);
    await expect(startService({ TIDEMARK_DATA_DIR: dataDirectory, PORT: port }, ["--empty"])).rejects.toThrow(
      /exit 2[\s\S]*PORT_IN_USE[\s\S]*PORT/,
    );
    other.close();
  });

  test("a database that cannot be reached", async () => {
    const unreachable = {
      TIDEMARK_DATA_DIR: dataDirectory,
      DATABASE_URL: "postgresql://nobody:none@127.0.0.1:1/none",
      TIDEMARK_ADMIN_KEY: "0123456789abcdef",
    };
    await expect(startService(unreachable)).rejects.toThrow(/exit 4[\s\S]*STORE_UNAVAILABLE[\s\S]*DATABASE_URL/);
  });

  test("a store of a newer version", async () => {
    const socketDirectory = inject("socketDirectory");
    const admin = new pg.Client({ host: socketDirectory, user: "postgres", database: "postgres" });
    await admin.connect();
    await admin.query("select pg_advisory_lock(1)");
    await admin.query("create database newer template template_tidemark");
    await admin.end();
    const client = new pg.Client({ host: socketDirectory, user: "postgres", database: "newer" });
    await client.connect();
    await client.query("insert into schema_migration (name, executed_at) values ('29991231000000_from_the_future', now())");
    await client.end();
    const url = `postgresql://postgres@/newer?host=${encodeURIComponent(socketDirectory)}`;
    const ended = tidemark(["doctor"], { DATABASE_URL: url, TIDEMARK_ADMIN_KEY: "0123456789abcdef" });
    expect(ended.stderr).toMatch(/STORE_NEWER: .*29991231000000_from_the_future/);
    expect(ended.status).toBe(4);
  });

  test("settings and options that cannot be meant", () => {
    expect(tidemark(["doctor"], { PORT: "seventy" })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/PORT is "seventy"; it must be a whole number/),
    });
    expect(tidemark(["doctor"], { TIDEMARK_ADMIN_KEY: "short" })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/at least 16 characters/),
    });
    expect(tidemark(["trian"], {})).toMatchObject({ status: 2, stderr: expect.stringMatching(/unknown command 'trian'/) });
    expect(tidemark(["refresh", "--as-of", "20111-01-01"], {})).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/from 1900 to 2200/),
    });
  });

  test("a database of one's own is not served without a key", async () => {
    const url = `postgresql://postgres@/template_tidemark?host=${encodeURIComponent(inject("socketDirectory"))}`;
    await expect(startService({ DATABASE_URL: url }, ["--empty"])).rejects.toThrow(/exit 2[\s\S]*TIDEMARK_ADMIN_KEY is not set/);
  });
});

test("--help explains itself: every command, every setting, every exit status", () => {
  const help = tidemark(["--help"], {}).stdout;
  for (const word of [
    "import",
    "train",
    "refresh",
    "score",
    "doctor",
    "serve",
    "TIDEMARK_DATA_DIR",
    "DATABASE_URL",
    "Exit status",
  ])
    expect(help).toContain(word);
  expect(readFileSync("README.md", "utf8")).toContain("npx tidemark --help");
});

// npx makes it so when it first meets a folder, and does not look again after the next build.
test("the command can be run as it was built", () => {
  const { status, stdout } = spawnSync("dist/src/cli.js", ["--help"], { encoding: "utf8" });
  expect({ status, begin: stdout.slice(0, 15) }).toEqual({ status: 0, begin: "Usage: tidemark" });
});

function tidemark(args: string[], environment: Record<string, string>) {
  return spawnSync(process.execPath, ["dist/src/cli.js", ...args], {
    encoding: "utf8",
    env: { ...process.env, DATABASE_URL: "", ...environment },
  });
}
