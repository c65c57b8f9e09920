import { advance, refreshAll } from "../../src/pipeline.js";
import { copyOut } from "../../src/store/copy.js";
import type { Store } from "../../src/store/store.js";
import { computedTags } from "../../src/tags/compute.loader.js";
import { DAY_MS } from "../../src/tags/history.js";
import { readHistories, streamHistories } from "../../src/tags/history.loader.js";
import { tagMatrix } from "../../src/tags/metrics.step.js";
import { refreshCoverage } from "../../src/tags/summary.step.js";
import { aggregateInDuckDb } from "./duckdb.js";
import type { Bench } from "./run.js";

const STANDARD_USERS = 100_000;
const EVENTS_A_USER = 20;
/** As in the pipeline. */
const BATCH_USERS = 10_000;
const AS_OF = new Date("2026-01-01T00:00:00Z");

/** Bulk refresh of the whole library, against one lean SQL aggregate of the same windows in the same run; and one user on demand. */
export const run: Bench = async (store, options) => {
  const users = options.users ?? STANDARD_USERS;
  await populate(store, users);
  const { pool } = store;
  const library = await computedTags(pool);
  const ids = Array.from({ length: users }, (_, place) => String(place + 1));
  const batches = Array.from({ length: Math.ceil(users / BATCH_USERS) }, (_, batch) =>
    ids.slice(batch * BATCH_USERS, (batch + 1) * BATCH_USERS),
  );

  const sql = await seconds(() => leanSql(store));
  const duck = await aggregateInDuckDb(pool, AS_OF);
  const stream = await seconds(async () => {
    for await (const chunk of streamHistories(pool, { before: AS_OF }))
      if (chunk.userIds.length === 0) throw new Error("an empty chunk");
  });
  const matrix = await seconds(() =>
    tagMatrix(pool, { asOf: AS_OF, keys: library.catalogue.bySlot.flatMap((tag) => (tag ? [tag.key] : [])) }),
  );

  let reading = 0;
  let computing = 0;
  for (const batch of batches) {
    let start = performance.now();
    const histories = await pool.transaction((transaction) => readHistories(transaction, batch, AS_OF));
    reading += performance.now() - start;
    start = performance.now();
    library.compute(histories, AS_OF.getTime());
    computing += performance.now() - start;
  }
  const nextDay = new Date(AS_OF.getTime() + DAY_MS);
  const first = await seconds(() => refreshAll(pool, AS_OF));
  const again = await seconds(() => refreshAll(pool, AS_OF));
  const later = await seconds(() => refreshAll(pool, nextDay));
  const marked = await touch(store, "select id from app_user where id % 100 = 0", 0, nextDay);
  const onePercent = await seconds(() => advance(pool, marked.at));
  const few = await touch(store, "select id from app_user where id % 100 = 1", EVENTS_A_USER, marked.at);
  const newEvents = await seconds(() => advance(pool, few.at));
  const many = await touch(store, "select id from app_user where id % 5 = 2", 1, few.at);
  const spreadEvents = await seconds(() => advance(pool, many.at));
  const coverage = await seconds(() => refreshCoverage(pool, many.at));

  const onDemand: number[] = [];
  for (let turn = 0; turn < 300; turn++) {
    const start = performance.now();
    const histories = await readHistories(pool, [ids[(turn * 7919) % users]!], AS_OF);
    library.computeDeclines(histories, AS_OF.getTime());
    onDemand.push(performance.now() - start);
  }
  const page: number[] = [];
  for (let turn = 0; turn < 50; turn++) {
    const start = performance.now();
    const histories = await readHistories(
      pool,
      Array.from({ length: 50 }, (_, place) => ids[(turn * 7919 + place * 1301) % users]!),
      AS_OF,
    );
    library.computeDeclines(histories, AS_OF.getTime());
    page.push(performance.now() - start);
  }
  const events = users * EVENTS_A_USER;
  return [
    {
      name: `Bulk tags: ${users.toLocaleString("en")} users, ${events.toLocaleString("en")} events, ${library.catalogue.definitions.size} computed tags`,
      figures: {
        "first refresh, s": first,
        "users/s": users / first,
        "events/s": events / first,
        "reading their events alone, s": reading / 1000,
        "computing alone, s": computing / 1000,
        "first refresh over reading alone": first / (reading / 1000),
        "refresh at the same instant, s": again,
        "refresh a day later (every row changes), s": later,
        "carrying 1% of the users forward, s": onePercent,
        "after 1% new events, 20 each of 1% of the users, s": newEvents,
        "  full refresh over it": later / newEvents,
        "after 1% new events, 1 each of 20% of the users, s": spreadEvents,
        "  full refresh over it ": later / spreadEvents,
        "  of a full one: coverage and RFM cuts, s": coverage,
      },
    },
    {
      name: "All numbers of everybody as a matrix, nothing written",
      figures: {
        "lean SQL aggregate of some windows, s": sql,
        "the same in DuckDB, one thread, s": duck.oneThread,
        "the same in DuckDB, all threads, s": duck.allThreads,
        "reading all histories, s": stream,
        "reading and all METRIC tags, s": matrix,
        "over lean SQL": matrix / sql,
        "all METRIC tags, computing alone, over DuckDB's windows, one thread": computing / 1000 / duck.oneThread,
        "reading and all METRIC tags over DuckDB's windows, one thread": matrix / duck.oneThread,
        "microseconds a user": (matrix / users) * 1e6,
        "microseconds an event": (matrix / events) * 1e6,
        "peak memory of the process, MB": process.resourceUsage().maxRSS / 1024,
      },
    },
    {
      name: "Decline tags on demand, at any instant",
      figures: { "one user, ms (median)": median(onDemand), "a page of 50 users, ms (median)": median(page) },
    },
  ];
};

/** New events of some users within the hour that follows, `each` of them, whereupon these users are marked. */
async function touch({ pool }: Store, users: string, each: number, after: Date): Promise<{ at: Date }> {
  const at = new Date(after.getTime() + 3_600_000);
  await pool.transaction(async (transaction) => {
    await transaction.run(
      `insert into event (user_id, occurred_at, id, type_id, source_id, received_at)
       select u.id, $1::timestamptz + make_interval(secs => e), nextval('event_number'), t.id, 1, $2
       from (${users}) as u, generate_series(1, $3::int) as e, event_type t where t.key = 'visit'`,
      [after, at, each],
    );
    await transaction.run(
      `insert into user_change (user_id, marked_at) ${users.replace("select id", "select id, $1::timestamptz")}`,
      [at],
    );
  });
  return { at };
}

/** Users of all habits, a third of whom stop long before: 20 events each, in the order of time, as they come in. */
async function populate({ pool }: Store, users: number): Promise<void> {
  await pool.transaction(async (transaction) => {
    await transaction.run("select setseed(0.5)");
    await transaction.run(
      `insert into app_user (id, first_seen_at, created_at, updated_at)
       select id, '2024-01-01', now(), now() from generate_series(1, ${users}) as id`,
    );
    await transaction.run(
      `with habits as materialized (
         select u, 1 + 25 * random() ^ 2 as gap, case when random() < 0.33 then 400 * random() else 15 * random() end as silence
         from generate_series(1, ${users}) as u
       )
       insert into event (user_id, occurred_at, id, type_id, source_id, amount, category_ids, received_at)
       select u, at, row_number() over (order by at), t.id, 1, case when t.key = 'order' then 5 + floor(200 * random()) end, categories, at
       from (
         select u, case when random() < 0.3 then 'order' else 'visit' end as key, array[1 + floor(40 * random()), 1 + floor(40 * random())]::int[] as categories,
           timestamptz '${AS_OF.toISOString()}' - make_interval(secs => 86400 * (silence + gap * (e - random()))) as at
         from habits, generate_series(1, ${EVENTS_A_USER}) as e
       ) as made join event_type t using (key) order by at`,
    );
    await transaction.run("select setval('event_number', 1 + (select max(id) / 1000 * 1000 + 1000 from event))");
  });
  await pool.run("vacuum analyze event");
}

/** Counts, sums and recency of six windows: what a careful analyst would write by hand; without gaps, breadth, weeks and conditions. */
function leanSql({ pool }: Store): Promise<number> {
  const at = AS_OF.toISOString();
  const since = (days: number) => `occurred_at >= timestamptz '${at}' - interval '${days} days'`;
  const windows = [7, 30, 60, 90, 180].flatMap((days) => [
    `count(*) filter (where ${since(days)})`,
    `sum(amount) filter (where ${since(days)})`,
  ]);
  return pool.transaction(({ client }) =>
    copyOut(
      client,
      `select user_id, count(*), sum(amount), min(occurred_at), max(occurred_at), count(distinct occurred_at::date), ${windows.join(", ")}
       from event where occurred_at < timestamptz '${at}' group by user_id`,
      () => {},
    ),
  );
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
