import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Pool } from "../../src/store/pool.js";
import type { Measure } from "../../src/tags/definition.js";
import { type TypeOfEvent, typesOf } from "../../src/tags/measure.js";

export interface Timed {
  readonly oneThread: number;
  readonly allThreads: number;
}

/**
 * Counts, sums and recency of six windows by user, as `leanSql` asks Postgres for them, in DuckDB: the events are copied into a
 * table of its own first, in the order of users, which is not counted; and the plain measures of the library (counts, sums, days and
 * recency by kinds of events). Seconds, the median of the turns.
 */
export async function aggregateInDuckDb(
  pool: Pool,
  asOf: Date,
  library: { readonly measures: readonly Measure[]; readonly types: readonly TypeOfEvent[] },
  turns: number,
): Promise<{ readonly windows: Timed; readonly library: Timed }> {
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
    const answer = (columns: readonly string[]) =>
      `create or replace table answer as select user_id, ${columns.map((column, place) => `${column} as w${place}`).join(", ")} from event where occurred_at < timestamp '${at}' group by user_id`;
    const plain = library.measures.map((measure) => plainMeasure(measure, library.types, at));
    const timed = async (question: string): Promise<Timed> => {
      const seconds: number[] = [];
      for (const threads of [1, 2]) {
        await connection.run(`set threads = ${threads}`);
        const times: number[] = [];
        for (let turn = 0; turn < turns; turn++) {
          const start = performance.now();
          await connection.run(question);
          times.push((performance.now() - start) / 1000);
        }
        seconds.push(times.sort((a, b) => a - b)[times.length >> 1]!);
      }
      return { oneThread: seconds[0]!, allThreads: seconds[1]! };
    };
    const totals = ["count(*)", "sum(amount)", "min(occurred_at)", "max(occurred_at)", "count(distinct occurred_at::date)"];
    return { windows: await timed(answer([...totals, ...windows])), library: await timed(answer(plain)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function plainMeasure(measure: Measure, types: readonly TypeOfEvent[], at: string): string {
  const { days, endingDaysAgo = 0 } = measure;
  const within = [
    `type_id in (${[...typesOf(measure, types), -1].join(", ")})`,
    ...(endingDaysAgo > 0 ? [`occurred_at < timestamp '${at}' - interval ${endingDaysAgo} day`] : []),
    ...(days === undefined ? [] : [`occurred_at >= timestamp '${at}' - interval ${endingDaysAgo + days} day`]),
  ].join(" and ");
  const value = {
    count: "count(*)",
    sum: "sum(amount)",
    activeDays: "count(distinct occurred_at::date)",
    daysSinceLast: "max(occurred_at)",
    daysSinceFirst: "min(occurred_at)",
  }[measure.measure as "count"];
  return `${value} filter (where ${within})`;
}
