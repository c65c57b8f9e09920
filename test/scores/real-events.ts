import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Pool } from "../../src/store/pool.js";

const folder = join(process.cwd(), "..", "shared", "data");
export const realDataIsAbsent = !existsSync(join(folder, "cdnow", "CDNOW_master.txt.gz"));

/** An event as it is put straight into the tables, for tests of rooms behind the import. */
export interface PlainEvent {
  readonly user: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly amount: number | null;
}

export type RealSet = "cdnow" | "online_retail" | "retail_transactions_125k";

/** The events of a real data set, cleaned as its reference says. */
export function realEvents(set: RealSet): PlainEvent[] {
  switch (set) {
    case "cdnow":
      return lines("cdnow/CDNOW_master.txt.gz")
        .map((line) => {
          const [user, date, , amount] = line.trim().split(/\s+/);
          return {
            user: user!,
            at: Date.UTC(+date!.slice(0, 4), +date!.slice(4, 6) - 1, +date!.slice(6)),
            amount: Number(amount),
          };
        })
        .filter(({ at }) => !Number.isNaN(at));
    case "retail_transactions_125k":
      return lines("retail_transactions_125k/Retail_Data_Transactions.csv.gz")
        .slice(1)
        .map((line) => {
          const [user, date, amount] = line.split(",");
          return { user: user!, at: Date.parse(`${date} UTC`), amount: Number(amount) };
        });
    case "online_retail":
      return ordersOf(lines("online_retail/online_retail_all.csv.gz"));
  }
}

/** Puts events, their daily roll-up and their users into an empty store. `type` is the key of a known event type. */
export async function insertEvents(pool: Pool, events: readonly PlainEvent[], type = "order"): Promise<Map<string, string>> {
  const users = [...new Set(events.map(({ user }) => user))].sort();
  const ids = new Map(users.map((user, i) => [user, String(i + 1)]));
  await pool.run("insert into source (key) values ('test') on conflict do nothing");
  await pool.run("insert into event_type (key, name, kind) values ($1, $1, 'TRANSACTION') on conflict do nothing", [type]);
  const columns = [
    events.map(({ user }) => ids.get(user)!),
    events.map(({ at }) => new Date(at).toISOString()),
    events.map(({ amount }) => amount?.toFixed(4) ?? null),
  ];
  await pool.run(
    `insert into event (user_id, occurred_at, id, type_id, source_id, amount, received_at)
     select e.user_id, e.at, nextval('event_number'), (select id from event_type where key = $4), (select id from source where key = 'test'), e.amount, e.at
     from unnest($1::bigint[], $2::timestamptz[], $3::numeric[]) as e (user_id, at, amount)`,
    [...columns, type],
  );
  await pool.run(
    `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
     select user_id, (occurred_at at time zone 'UTC')::date, type_id, count(*), coalesce(sum(amount), 0), min(occurred_at), max(occurred_at)
     from event group by 1, 2, 3`,
  );
  await pool.run(
    `insert into app_user (id, first_seen_at, last_seen_at, created_at, updated_at)
     select user_id, min(occurred_at), max(occurred_at), min(occurred_at), min(occurred_at) from event group by 1`,
  );
  await pool.run(
    `insert into user_identity (external_id, source_id, user_id)
     select u.key, (select id from source where key = 'test'), u.id from unnest($1::text[], $2::bigint[]) as u (key, id)`,
    [[...ids.keys()], [...ids.values()]],
  );
  await pool.run("select setval('user_number', $1)", [users.length]);
  await pool.run("analyze");
  return ids;
}

/** One order per customer and invoice: the earliest instant, the exact sum. */
function ordersOf(rows: readonly string[]): PlainEvent[] {
  const header = cells(rows[0]!);
  const place = (name: string) => header.findIndex((cell) => cell.toLowerCase() === name);
  const [invoice, quantity, date, price, customer] = ["invoiceno", "quantity", "invoicedate", "unitprice", "customerid"].map(
    place,
  );
  const orders = new Map<string, { user: string; at: number; units: number }>();
  for (const row of rows.slice(1)) {
    const cell = cells(row);
    const user = cell[customer!]!.replace(/\.0$/, "");
    const number = cell[invoice!]!;
    if (user === "" || number.startsWith("C") || !(Number(cell[quantity!]) > 0) || !(Number(cell[price!]) > 0)) continue;
    const at = Date.parse(`${cell[date!]!.replace(" ", "T")}Z`);
    // Prices have at most four decimals, so the product is a whole number of 1e-4 units.
    const units = Number(cell[quantity!]) * Math.round(Number(cell[price!]) * 10_000);
    const order = orders.get(`${user} ${number}`);
    if (!order) orders.set(`${user} ${number}`, { user, at, units });
    else {
      order.at = Math.min(order.at, at);
      order.units += units;
    }
  }
  return [...orders.values()].map(({ user, at, units }) => ({ user, at, amount: units / 10_000 }));
}

function lines(path: string): string[] {
  return gunzipSync(readFileSync(join(folder, path)))
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

function cells(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) =>
    cell!.replace(/^"|"$/g, "").replaceAll('""', '"'),
  );
}
