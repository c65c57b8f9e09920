import { pino } from "pino";
import { createApp, listen, tryAddress } from "./app.js";
import { type Config, isLoopback, readConfig } from "./config.js";
import { EXIT_CODES, exitCodeOf, TidemarkError } from "./errors.js";
import { fillWhenEmpty } from "./first-start.js";
import { serveHelp } from "./help.js";
import { startJobs } from "./jobs.js";
import { openTidemark } from "./open.js";
import { type Progress, progressOn } from "./progress.js";

/** Starts the service and keeps it until it is told to stop. `--empty` leaves an empty store empty. */
export async function serve(argv: readonly string[], environment: NodeJS.ProcessEnv, workingDirectory: string): Promise<void> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(serveHelp());
    return;
  }
  const unknown = argv.find((argument) => argument !== "--empty");
  if (unknown !== undefined) fail(new TidemarkError("BAD_INPUT", `${unknown} is not an option of this command; see --help.`));
  const progress = progressOn(process.stderr);
  try {
    const config = readConfig(environment, workingDirectory);
    await run(config, progress, argv.includes("--empty"));
  } catch (error) {
    fail(error);
  }
}

/** What Postgres says beside a message may repeat values of a row, which may be personal. */
const UNLOGGED = ["err.detail", "err.where", "err.hint", "err.internalQuery", "err.cause.detail", "err.cause.where"];

async function run(config: Config, progress: Progress, empty: boolean): Promise<void> {
  requireKeyOutsideLoopback(config);
  await tryAddress(config.host, config.port);
  progress.line("Tidemark is starting");
  const store = await openTidemark(config, progress);
  const log = pino({ level: config.logLevel, base: null, redact: UNLOGGED });
  try {
    if (!empty) await fillWhenEmpty(store, config.asOf ?? new Date(), progress);
    const app = await createApp(config, store, log);
    await listen(app, config.host, config.port);
    const jobs = startJobs(store, log, () => config.asOf ?? new Date(), config.allowLoopbackWebhooks);
    announce(config, app.server.address());
    await stopSignal();
    progress.line("stopping: finishing what is under way");
    await app.stop();
    await jobs.stop();
  } finally {
    await store.close();
  }
}

function announce(config: Config, address: ReturnType<import("node:http").Server["address"]>): void {
  const port = typeof address === "object" && address ? address.port : config.port;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  if (config.adminKey === undefined)
    process.stderr.write("  No TIDEMARK_ADMIN_KEY is set: every request from this machine acts as the owner, without a key.\n");
  process.stdout.write(`Tidemark is ready: http://${host}:${port}/graphql (explore at http://${host}:${port}/graphiql)\n`);
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once (nothing accepted is lost by it). */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (told) process.exit(EXIT_CODES.failed);
        told = true;
        resolve();
      });
    }
  });
}

/** A clear sentence and an exit code that scripts can use; a defect of ours keeps its stack. */
export function fail(error: unknown): never {
  const text =
    error instanceof TidemarkError
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`tidemark: ${text}\n`);
  process.exit(exitCodeOf(error));
}

/** Where every request needs a key, one must be set: otherwise nobody could do anything. */
function requireKeyOutsideLoopback(config: Config): void {
  if (config.adminKey === undefined && !(config.databaseUrl === undefined && isLoopback(config.host))) {
    throw new TidemarkError(
      "BAD_SETTING",
      "TIDEMARK_ADMIN_KEY is not set, and without it only an embedded store on loopback is served. Set it, for example to the output of: openssl rand -hex 32",
    );
  }
}
