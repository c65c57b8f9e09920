import { seededRandom } from "../../src/math/random.js";
import { advance, refreshAll } from "../../src/pipeline.js";
import { countHoldersOfAll } from "../../src/segments/portrait.loader.js";
import { copyIn, copyOut } from "../../src/store/copy.js";
import type { Store } from "../../src/store/store.js";
import { computedTags } from "../../src/tags/compute.loader.js";
import type { Measure, TagDefinition } from "../../src/tags/definition.js";
import { withFacts } from "../../src/tags/facts.loader.js";
import { DAY_MS } from "../../src/tags/history.js";
import { readHistories, streamHistories } from "../../src/tags/history.loader.js";
import { tagMatrix } from "../../src/tags/metrics.step.js";
import { leavesOf } from "../../src/tags/operators.js";
import { refreshCoverage } from "../../src/tags/summary.step.js";
import { aggregateInDuckDb } from "./duckdb.js";
import type { Bench } from "./run.js";

const STANDARD_USERS = 100_000;
const EVENTS_A_USER = 20;
/** Up to so many what takes minutes of a million is measured as well. */
const SMALL_USERS = 200_000;
/** Computing is measured on so many batches, and taken times as many as there are. */
const COMPUTED_BATCHES = 20;
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

  const sql = users <= SMALL_USERS ? await seconds("lean SQL", () => leanSql(store)) : undefined;
  const measures = measuresIn(library.catalogue.definitions).filter(isPlain);
  const duck = await aggregateInDuckDb(pool, AS_OF, { measures, types: library.types }, users <= SMALL_USERS ? 3 : 1);
  const reading = async () => {
    for (const batch of batches) await pool.transaction((transaction) => readHistories(transaction, batch, AS_OF));
  };
  const unpacked = users <= SMALL_USERS ? await seconds("reading events in batches", reading) : undefined;

  const nextDay = new Date(AS_OF.getTime() + DAY_MS);
  const first = await seconds("first refresh", () => refreshAll(pool, AS_OF));
  const packed = await seconds("reading packed histories", reading);
  const again = await seconds("at the same instant", () => refreshAll(pool, AS_OF));
  const cpu = process.cpuUsage();
  const later = await seconds("a day later", () => refreshAll(pool, nextDay));
  const { user, system } = process.cpuUsage(cpu);
  const marked = await touch(store, "select id from app_user where id % 100 = 0", 0, nextDay);
  const onePercent = await seconds("1% of the users", () => advance(pool, marked.at));
  const someNew: number[] = [];
  let { at } = marked;
  for (const turn of [1, 2, 3]) {
    ({ at } = await touch(store, `select id from app_user where id % 100 = ${turn}`, EVENTS_A_USER, at));
    someNew.push(await seconds("20 new events of 1%", () => advance(pool, at)));
  }
  const newEvents = median(someNew);
  const many = await touch(store, "select id from app_user where id % 5 = 4", 1, at);
  const spreadEvents = await seconds("a new event of 20%", () => advance(pool, many.at));
  const coverage = await seconds("coverage", () => refreshCoverage(pool, many.at, countHoldersOfAll));
  const stream = await seconds("all histories", async () => {
    for await (const chunk of streamHistories(pool, { before: AS_OF }))
      if (chunk.userIds.length === 0) throw new Error("an empty chunk");
  });
  const matrix = await seconds("all METRIC tags", () =>
    tagMatrix(pool, { asOf: AS_OF, keys: library.catalogue.bySlot.flatMap((tag) => (tag ? [tag.key] : [])) }),
  );
  let computing = 0;
  for (const batch of batches.slice(0, COMPUTED_BATCHES)) {
    const read = await pool.transaction((transaction) => readHistories(transaction, batch, AS_OF));
    const histories = await withFacts(pool, read, library.compute.needs);
    const start = performance.now();
    library.compute(histories, AS_OF.getTime());
    computing += performance.now() - start;
  }
  computing *= batches.length / Math.min(COMPUTED_BATCHES, batches.length) / 1000;

  const onDemand: number[] = [];
  for (let turn = 0; turn < 300; turn++) {
    const start = performance.now();
    const histories = await readHistories(pool, [ids[(turn * 7919) % users]!], AS_OF);
    library.computeDeclines(await withFacts(pool, histories, library.computeDeclines.needs), AS_OF.getTime());
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
    library.computeDeclines(await withFacts(pool, histories, library.computeDeclines.needs), AS_OF.getTime());
    page.push(performance.now() - start);
  }
  const events = users * EVENTS_A_USER;
  return [
    {
      name: `Bulk tags: ${users.toLocaleString("en")} users, ${events.toLocaleString("en")} events, ${library.catalogue.definitions.size} computed tags`,
      figures: {
        "first refresh, s": first,
        "  microseconds a user": (first / users) * 1e6,
        "  microseconds an event": (first / events) * 1e6,
        "refresh at the same instant, s": again,
        "refresh a day later (every row changes), s": later,
        "  microseconds a user ": (later / users) * 1e6,
        "  microseconds an event ": (later / events) * 1e6,
        "  of them busy in this process, s": (user + system) / 1e6,
        "reading the events in batches, not packed, s": unpacked ?? "left out",
        "reading the histories in batches, packed, s": packed,
        "computing alone, s": computing,
        "  over DuckDB's windows, one thread": computing / duck.windows.oneThread,
        "  over DuckDB's plain measures of the library, one thread": computing / duck.library.oneThread,
        "refresh a day later over DuckDB's plain measures, all threads": later / duck.library.allThreads,
        "carrying 1% of the users forward, s": onePercent,
        "after 1% new events, 20 each of 1% of the users, s (median of three)": newEvents,
        "  full refresh over it": later / newEvents,
        "after 1% new events, 1 each of 20% of the users, s": spreadEvents,
        "  full refresh over it ": later / spreadEvents,
        "  full refresh over it, by user": later / users / (spreadEvents / (users / 5)),
        "  of a full one: coverage and RFM cuts, s": coverage,
        "peak memory of the process, MB": process.resourceUsage().maxRSS / 1024,
      },
    },
    {
      name: "All numbers of everybody as a matrix, nothing written",
      figures: {
        "lean SQL aggregate of some windows, s": sql ?? "left out",
        "the same in DuckDB, one thread, s": duck.windows.oneThread,
        "the same in DuckDB, all threads, s": duck.windows.allThreads,
        [`${measures.length} plain measures of the library in DuckDB, one thread, s`]: duck.library.oneThread,
        "the same in DuckDB, all threads, s ": duck.library.allThreads,
        "reading all histories, s": stream,
        "reading and all METRIC tags, s": matrix,
        "over DuckDB's windows, one thread": matrix / duck.windows.oneThread,
        "over DuckDB's plain measures, one thread": matrix / duck.library.oneThread,
        "microseconds a user": (matrix / users) * 1e6,
        "microseconds an event": (matrix / events) * 1e6,
      },
    },
    {
      name: "Decline tags on demand, at any instant",
      figures: {
        "one user, ms (median)": median(onDemand),
        "one user, ms (99 of 100)": quantile(onDemand, 0.99),
        "a page of 50 users, ms (median)": median(page),
      },
    },
  ];
};

/** Everything that the library measures. */
function measuresIn(definitions: ReadonlyMap<string, TagDefinition>): Measure[] {
  const found = new Map<string, Measure>();
  for (const { expression, decline } of definitions.values())
    for (const part of [expression, ...(decline ? [decline.current, decline.baseline] : [])])
      for (const leaf of leavesOf(part)) if ("measure" in leaf) found.set(JSON.stringify(leaf), leaf);
  return [...found.values()];
}

/** What an aggregate of SQL can say without sorting anybody's events. */
function isPlain({ measure }: Measure): boolean {
  return ["count", "sum", "activeDays", "daysSinceLast", "daysSinceFirst"].includes(measure);
}

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
  const random = seededRandom(5);
  const count = users * EVENTS_A_USER;
  const at = new Float64Array(count);
  for (let user = 0; user < users; user++) {
    const gap = 1 + 25 * random() ** 2;
    const silence = random() < 0.33 ? 400 * random() : 15 * random();
    for (let event = 0; event < EVENTS_A_USER; event++)
      at[user * EVENTS_A_USER + event] = AS_OF.getTime() - DAY_MS * (silence + gap * (event + random())) - 1;
  }
  const order = inOrderOfTime(at);
  await pool.transaction(async (transaction) => {
    await transaction.run(
      `insert into app_user (id, first_seen_at, created_at, updated_at)
       select id, '2024-01-01', now(), now() from generate_series(1, ${users}) as id`,
    );
    const [{ visit, order: bought }] = (
      await transaction.run<{ visit: number; order: number }>(
        `select min(id) filter (where key = 'visit') as visit, min(id) filter (where key = 'order') as "order" from event_type`,
      )
    ).rows as [{ visit: number; order: number }];
    // Indexes are made afterwards, which takes a third of the time.
    await transaction.run(
      "alter table event drop constraint event_pkey, drop constraint event_user_id_source_id_event_id_unique",
    );
    await copyIn(
      transaction.client,
      "event (user_id, occurred_at, id, type_id, source_id, amount, category_ids, received_at)",
      count,
      (row, place) => {
        const event = order[place]!;
        const isOrder = random() < 0.3;
        row.int8(1 + Math.floor(event / EVENTS_A_USER));
        row.epochMs(at[event]!);
        row.int8(place + 1);
        row.int4(isOrder ? bought : visit);
        row.int4(1);
        row.money(isOrder ? (5 + Math.floor(200 * random())) * 10_000 : null);
        row.int4s([1 + Math.floor(40 * random()), 1 + Math.floor(40 * random())]);
        row.epochMs(at[event]!);
      },
    );
    await transaction.run(
      "alter table event add primary key (user_id, occurred_at, id), add constraint event_user_id_source_id_event_id_unique unique (user_id, source_id, event_id)",
    );
    await transaction.run("select setval('event_number', 1 + (select max(id) / 1000 * 1000 + 1000 from event))");
  });
  await pool.run("vacuum analyze event");
}

/** Places in the order of time, by the hour. */
function inOrderOfTime(at: Float64Array): Int32Array {
  let first = Number.POSITIVE_INFINITY;
  for (const time of at) first = Math.min(first, time);
  const hourOf = (event: number) => Math.floor((at[event]! - first) / 3_600_000);
  const ends = new Int32Array(Math.ceil((AS_OF.getTime() - first) / 3_600_000) + 2);
  for (let event = 0; event < at.length; event++) ends[hourOf(event) + 1]!++;
  for (let hour = 1; hour < ends.length; hour++) ends[hour]! += ends[hour - 1]!;
  const order = new Int32Array(at.length);
  for (let event = 0; event < at.length; event++) order[ends[hourOf(event)]!++] = event;
  return order;
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

/** Told as it goes, since of a million users the whole takes minutes. */
async function seconds(name: string, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  const taken = (performance.now() - start) / 1000;
  console.error(`  ${name}: ${taken.toPrecision(3)} s`);
  return taken;
}

function median(numbers: number[]): number {
  return quantile(numbers, 0.5);
}

function quantile(numbers: number[], share: number): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length * share)]!;
}
