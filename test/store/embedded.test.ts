import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.js";

let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "tidemark-embedded-"));
});
afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

const postmaster = () => Number(readFileSync(join(dataDirectory, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);

async function ask(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ host: server.socketDirectory, user: "postgres", database: "postgres" });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("a server whose postmaster was killed with -9 starts again with what was committed", async () => {
  const first = await startEmbedded(dataDirectory);
  await ask(first, "create table kept as select 7 as n");
  process.kill(postmaster(), "SIGKILL");
  await first.stop();
  const second = await startEmbedded(dataDirectory);
  expect(second.started).toBe(true);
  expect(await ask(second, "select n from kept")).toEqual([{ n: 7 }]);
  await second.stop();
});

test("the last to leave stops the server; nothing of it is left running", async () => {
  const first = await startEmbedded(dataDirectory);
  const second = await startEmbedded(dataDirectory);
  expect([first.started, second.started]).toEqual([true, false]);
  await second.stop();
  await first.stop();
  // Both users are this one process here, so the first to stop is already the last to leave.
  expect(existsSync(join(dataDirectory, "postgres", "postmaster.pid"))).toBe(false);
});

const starter = () =>
  spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `import { startEmbedded } from ${JSON.stringify(join(process.cwd(), "dist/src/store/embedded.js"))};
    const server = await startEmbedded(process.argv[1]);
    console.log(server.started);
    process.stdin.resume().on("end", () => server.stop().then(() => process.exit(0)));`,
    dataDirectory,
  ]);

test("a process that starts while the server of a killed one is being stopped gets a server of its own", async () => {
  for (const pauseMs of [0, 150, 300]) {
    const first = starter();
    await once(first.stdout, "data");
    first.kill("SIGKILL");
    await new Promise((done) => setTimeout(done, pauseMs));
    const second = await startEmbedded(dataDirectory);
    await new Promise((done) => setTimeout(done, 500));
    expect(await ask(second, "select 1 as one")).toEqual([{ one: 1 }]);
    await second.stop();
  }
});

test("a server that gave way to one that takes long to stop is started again once that is gone", async () => {
  const first = starter();
  await once(first.stdout, "data");
  const old = postmaster();
  // It answers nobody and holds the directory, as one does that writes its last checkpoint.
  process.kill(old, "SIGSTOP");
  first.kill("SIGKILL");
  // Until it has been told to stop.
  await new Promise((done) => setTimeout(done, 1_000));
  const starting = startEmbedded(dataDirectory);
  // Long enough for another server to be started and to find the directory taken.
  await new Promise((done) => setTimeout(done, 4_000));
  process.kill(old, "SIGCONT");
  const second = await starting;
  expect(await ask(second, "select 1 as one")).toEqual([{ one: 1 }]);
  expect(postmaster()).not.toBe(old);
  await second.stop();
});

test("processes that start at the same moment on a new directory share one server, and it survives the one that started it", async () => {
  const starters = [1, 2, 3].map(starter);
  const started = await Promise.all(starters.map(async ({ stdout }) => String((await once(stdout, "data"))[0]).trim()));
  expect(started.filter((one) => one === "true").length).toBeGreaterThanOrEqual(1);
  const joined = await startEmbedded(dataDirectory);
  const pid = postmaster();
  for (const each of starters) each.kill("SIGKILL");
  await Promise.all(starters.map((each) => once(each, "exit")));
  await new Promise((done) => setTimeout(done, 1_000));
  expect(await ask(joined, "select 1 as one")).toEqual([{ one: 1 }]);
  expect(postmaster()).toBe(pid);
  await joined.stop();
  expect(readdirSync(dataDirectory).filter((name) => name.includes("unfinished"))).toEqual([]);
});
