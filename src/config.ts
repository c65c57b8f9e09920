import { join } from "node:path";
import { TidemarkError } from "./errors.js";
import { readTokenSettings, TOKEN_SETTINGS, type TokenSettings } from "./token-settings.js";

/** Every setting. Only this file and main read the environment. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** A Postgres of one's own; undefined: the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Where the embedded store lives. */
  readonly dataDirectory: string;
  /** The key that acts as the owner; undefined: the local owner needs none, on loopback and the embedded store only. */
  readonly adminKey: string | undefined;
  /** The instant that counts as now, for a store of historical data; undefined: the clock. */
  readonly asOf: Date | undefined;
  /** How people are known by tokens; undefined: by keys alone. */
  readonly tokens?: TokenSettings | undefined;
  /** Of data that a department lent for counting, no smaller number is told; undefined: 10. */
  readonly smallestCount?: number;
  /** Webhooks may be sent to this machine itself, by http too; undefined: they may not. */
  readonly allowLoopbackWebhooks?: boolean;
  readonly logLevel: string;
  /** How long a stopping service serves on, so that whoever routes requests to it can learn of it; undefined: 1,500 ms. */
  readonly drainMs?: number;
}

interface Setting {
  readonly name: string;
  readonly meaning: string;
  readonly standard: string;
}

/** What `tidemark --help` and the README list. */
export const SETTINGS: readonly Setting[] = [
  { name: "PORT", meaning: "port of the HTTP server", standard: "4000" },
  { name: "HOST", meaning: "address it listens on", standard: "127.0.0.1" },
  {
    name: "DATABASE_URL",
    meaning: "a Postgres of your own; nothing embedded is started then",
    standard: "the embedded Postgres",
  },
  { name: "TIDEMARK_DATA_DIR", meaning: "where the embedded store lives", standard: ".tidemark in the working directory" },
  {
    name: "TIDEMARK_ADMIN_KEY",
    meaning: "the owner's key (at least 16 characters)",
    standard: "none: on loopback the local owner needs no key",
  },
  { name: "TIDEMARK_AS_OF", meaning: "the instant that counts as now (RFC 3339), for historical data", standard: "the clock" },
  { name: "TIDEMARK_DRAIN_MS", meaning: "how long a stopping service serves on, in milliseconds", standard: "1500" },
  {
    name: "TIDEMARK_SMALLEST_COUNT",
    meaning: "of what another department lent for counting, no smaller number is told",
    standard: "10",
  },
  {
    name: "TIDEMARK_WEBHOOK_ALLOW_LOOPBACK",
    meaning: "yes: webhooks may be sent to this machine itself, by http too, for trying them out",
    standard: "no",
  },
  ...TOKEN_SETTINGS,
  { name: "LOG_LEVEL", meaning: "silent, error, warn, info or debug", standard: "warn" },
];

const MINIMUM_ADMIN_KEY_CHARACTERS = 16;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** Reads every setting once, refusing what cannot be meant. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>, workingDirectory: string): Config {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const host = text("HOST") ?? "127.0.0.1";
  const port = Number(text("PORT") ?? "4000");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw bad("PORT", text("PORT"), "a whole number from 0 to 65535");
  const databaseUrl = text("DATABASE_URL");
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw bad("DATABASE_URL", "(hidden)", "postgresql://user:password@host:5432/database");
  const adminKey = text("TIDEMARK_ADMIN_KEY");
  if (adminKey !== undefined && adminKey.length < MINIMUM_ADMIN_KEY_CHARACTERS)
    throw bad(
      "TIDEMARK_ADMIN_KEY",
      "(hidden)",
      `at least ${MINIMUM_ADMIN_KEY_CHARACTERS} characters, for example from: openssl rand -hex 32`,
    );
  const asOfText = text("TIDEMARK_AS_OF");
  const asOf = asOfText === undefined ? undefined : new Date(asOfText);
  if (asOf && Number.isNaN(asOf.getTime())) throw bad("TIDEMARK_AS_OF", asOfText, "an instant such as 2011-09-10T00:00:00Z");
  const logLevel = text("LOG_LEVEL") ?? "warn";
  if (!["silent", "error", "warn", "info", "debug"].includes(logLevel))
    throw bad("LOG_LEVEL", logLevel, "silent, error, warn, info or debug");
  const drainMs = Number(text("TIDEMARK_DRAIN_MS") ?? "1500");
  if (!Number.isInteger(drainMs) || drainMs < 0 || drainMs > 600_000)
    throw bad("TIDEMARK_DRAIN_MS", text("TIDEMARK_DRAIN_MS"), "a whole number of milliseconds from 0 to 600000");
  const smallestCount = Number(text("TIDEMARK_SMALLEST_COUNT") ?? "10");
  if (!Number.isInteger(smallestCount) || smallestCount < 2 || smallestCount > 10_000)
    throw bad("TIDEMARK_SMALLEST_COUNT", text("TIDEMARK_SMALLEST_COUNT"), "a whole number from 2 to 10000");
  const allowLoopback = text("TIDEMARK_WEBHOOK_ALLOW_LOOPBACK") ?? "no";
  if (!["yes", "no"].includes(allowLoopback)) throw bad("TIDEMARK_WEBHOOK_ALLOW_LOOPBACK", allowLoopback, "yes or no");
  return {
    host,
    port,
    databaseUrl,
    dataDirectory: text("TIDEMARK_DATA_DIR") ?? join(workingDirectory, ".tidemark"),
    adminKey,
    asOf,
    logLevel,
    drainMs,
    smallestCount,
    allowLoopbackWebhooks: allowLoopback === "yes",
    tokens: readTokenSettings(text),
  };
}

function bad(name: string, value: string | undefined, fits: string): TidemarkError {
  return new TidemarkError("BAD_SETTING", `${name} is ${JSON.stringify(value)}; it must be ${fits}.`);
}
