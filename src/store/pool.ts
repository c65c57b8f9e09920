import { createHash } from "node:crypto";
import pg from "pg";
import { TidemarkError } from "../errors.js";
import { type Lanes, openLanes } from "./lanes.js";

/** Where the store is: a unix socket directory of the embedded server, or a URL. */
export type ConnectionTarget =
  | { readonly url?: undefined; readonly socketDirectory: string; readonly user: string; readonly database: string }
  | { readonly url: string; readonly database?: string };

/** One connection, or the pool: the way every statement goes, so that tests can count them. */
export interface Session {
  /** A statement of fixed text: prepared once per connection, parameters bound. */
  read<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The same for a page of rows by their keys: outside a transaction it shares a connection with other lookups, so it has to be short. */
  lookup<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** A statement whose text varies (a compiled segment): bound, not kept prepared. Gives the rows and how many were touched. */
  run<Row extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[]; count: number }>;
}

/** A session inside a transaction; the raw client is there for COPY. */
export interface Transaction extends Session {
  readonly client: pg.PoolClient;
}

export interface Pool extends Session {
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

const POOL_CONNECTIONS = 24;
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 600_000;
/** A lookup takes milliseconds; one that is stuck must not hold up those behind it for long. */
const LOOKUP_TIMEOUT_MS = 20_000;

export function openPool(target: ConnectionTarget, onStatement: () => void = () => {}): Pool {
  const connection = {
    ...(target.url === undefined
      ? { host: target.socketDirectory, user: target.user, database: target.database }
      : { connectionString: target.url, ...(target.database === undefined ? {} : { database: target.database }) }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max: POOL_CONNECTIONS,
    options: `-c statement_timeout=${STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=${STATEMENT_TIMEOUT_MS} -c timezone=UTC`,
  });
  const lanes = openLanes({ ...connection, options: `-c statement_timeout=${LOOKUP_TIMEOUT_MS} -c timezone=UTC` });
  // Without a listener the loss of an idle connection ends the process.
  pool.on("error", () => {});
  return {
    ...sessionOf(pool, onStatement),
    lookup: reading(lanes, onStatement),
    async transaction(work) {
      const client = await connect(pool);
      let failure: Error | undefined;
      // The pool listens to idle connections only: one that is lost between two statements of a transaction would end the process.
      const lost = (error: Error) => {
        failure = error;
      };
      client.on("error", lost);
      try {
        await client.query("BEGIN");
        const result = await work({ client, ...sessionOf(client, onStatement) });
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK").catch((lost: Error) => {
          failure = lost;
        });
        throw error;
      } finally {
        client.off("error", lost);
        // A connection that cannot even roll back is thrown away, not handed to the next caller.
        client.release(failure);
      }
    },
    async end() {
      await Promise.all([lanes.end(), pool.end()]);
    },
  };
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    throw unreachable(cause);
  }
}

/** Turns a lost or refused connection into the sentence a caller can act on; anything else stays as it is. */
export function unreachable(cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const text = cause instanceof Error ? cause.message : String(cause);
  const lost =
    /^(ECONN|ENOTFOUND|EAI_AGAIN|ENOENT|EPIPE|ETIMEDOUT|EHOST|57P0|08|53300|28|3D000)/.test(code) ||
    /timeout exceeded|terminated|Connection ended/i.test(text);
  if (!lost) return cause;
  return new TidemarkError(
    "STORE_UNAVAILABLE",
    `The database cannot be reached (${text || code}). Check that Postgres runs and that DATABASE_URL is right.`,
  );
}

const statementNames = new Map<string, string>();

function nameOf(text: string): string {
  let name = statementNames.get(text);
  if (name === undefined) {
    name = createHash("sha1").update(text).digest("base64url");
    statementNames.set(text, name);
  }
  return name;
}

function sessionOf(queryable: pg.Pool | pg.PoolClient, onStatement: () => void): Session {
  const read = reading(queryable, onStatement);
  return {
    read,
    lookup: read,
    async run<Row extends object>(text: string, values: readonly unknown[] = []) {
      onStatement();
      try {
        const result = await queryable.query<Row>(text, [...values]);
        return { rows: result.rows, count: result.rowCount ?? 0 };
      } catch (cause) {
        throw unreachable(cause);
      }
    },
  };
}

function reading(queryable: Pick<Lanes, "query">, onStatement: () => void): Session["read"] {
  return async <Row extends object>(text: string, values: readonly unknown[] = []) => {
    onStatement();
    try {
      return (await queryable.query<Row>({ name: nameOf(text), text, values: [...values] })).rows;
    } catch (cause) {
      throw unreachable(cause);
    }
  };
}
