import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Pool } from "../../src/store/pool.js";

/**
 * Counts, sums and recency of six windows by user, as `leanSql` asks Postgres for them, in DuckDB: the events are copied into a
 * table of its own first, in the order of users, which is not counted. Seconds, the median of three.
 */
export async function aggregateInDuckDb(
  pool: Pool,
  asOf: Date,
): Promise<{ readonly oneThread: number; readonly allThreads: number }> {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-duckdb-"));
  // The embedded server runs as nobody, and writes the file.
  await chmod(directory, 0o777);
  const file = join(directory, "event.csv");
  try {
    await pool.run(
      `copy (select user_id, occurred_at at time zone 'UTC', type_id, amount from event order by user_id, occurred_at) to '${file}' (format csv)`,
    );
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    await connection.run(
      `create table event as select * from read_csv('${file}', header = false, columns = {user_id: 'BIGINT', occurred_at: 'TIMESTAMP', type_id: 'INTEGER', amount: 'DECIMAL(19,4)'})`,
    );
    const at = asOf.toISOString().replace("T", " ").replace("Z", "");
    const windows = [7, 30, 60, 90, 180].flatMap((days) => {
      const within = `occurred_at >= timestamp '${at}' - interval ${days} day`;
      return [`count(*) filter (where ${within})`, `sum(amount) filter (where ${within})`];
    });
    const question = `create or replace table answer as select user_id, count(*), sum(amount), min(occurred_at), max(occurred_at), count(distinct occurred_at::date), ${windows
      .map((window, place) => `${window} as w${place}`)
      .join(", ")} from event where occurred_at < timestamp '${at}' group by user_id`;
    const timed = async (threads: number) => {
      await connection.run(`set threads = ${threads}`);
      const times: number[] = [];
      for (let turn = 0; turn < 3; turn++) {
        const start = performance.now();
        await connection.run(question);
        times.push((performance.now() - start) / 1000);
      }
      return times.sort((a, b) => a - b)[1]!;
    };
    return { oneThread: await timed(1), allThreads: await timed(2) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
