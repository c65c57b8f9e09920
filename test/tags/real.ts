import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Histories, HistoryWriter } from "../../src/tags/history.js";
import type { TypeOfEvent } from "../../src/tags/measure.js";

const folder = join(process.cwd(), "..", "shared", "data");

/** The data lies beside the repository; where it is absent, the tests that need it are skipped by name. */
export const dataIsAbsent = !existsSync(join(folder, "reference", "cdnow.json"));

export const SETS = ["cdnow", "online_retail", "collegemsg", "dunnhumby_sample", "retail_transactions_125k"] as const;
export type RealSet = (typeof SETS)[number];

/** The catalogue the events below refer to: purchases are transactions, messages interactions. */
export const TYPES: readonly TypeOfEvent[] = [
  { id: 1, key: "login", kind: "INTERACTION" },
  { id: 2, key: "order", kind: "TRANSACTION" },
  { id: 3, key: "complaint", kind: "NEGATIVE" },
  { id: 4, key: "support", kind: "SERVICE" },
];

export interface RealEvent {
  readonly user: string;
  readonly at: number;
  /** In units of 1e-4; NaN: none. */
  readonly amount: number;
  readonly categories: readonly number[];
}

export interface RealData {
  readonly histories: Histories;
  /** The external id of each user of the histories. */
  readonly users: readonly string[];
  readonly events: readonly RealEvent[];
}

/** Reads a real file straight into histories, as the reference's description of the set says. */
export function readReal(set: RealSet): RealData {
  const events = READERS[set]();
  const byUser = Map.groupBy(events, ({ user }) => user);
  const users = [...byUser.keys()].sort();
  const writer = new HistoryWriter(users.length);
  const typeId = set === "collegemsg" ? 1 : 2;
  for (const [place, user] of users.entries()) {
    writer.user(place + 1);
    for (const event of byUser.get(user)!.sort((a, b) => a.at - b.at)) {
      writer.event(event.at, typeId, event.amount);
      for (const category of event.categories) writer.category(category);
    }
  }
  return { histories: writer.finish(), users, events };
}

const READERS: Record<RealSet, () => RealEvent[]> = {
  cdnow: () =>
    linesOf("cdnow/CDNOW_master.txt.gz")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, date]) => /^\d{8}$/.test(date!))
      .map(([user, date, , amount]) => ({
        user: user!,
        at: Date.UTC(Number(date!.slice(0, 4)), Number(date!.slice(4, 6)) - 1, Number(date!.slice(6))),
        amount: units(amount!),
        categories: [],
      })),
  online_retail() {
    const orders = new Map<string, { user: string; at: number; amount: number; categories: Set<number> }>();
    const category = dictionary();
    for (const line of linesOf("online_retail/online_retail_all.csv.gz").slice(1)) {
      const [invoice, stock, , quantity, date, price, customer] = cellsOf(line);
      if (!customer || invoice!.startsWith("C") || !(Number(quantity) > 0) || !(Number(price) > 0)) continue;
      const user = customer.replace(/\.0$/, "");
      const at = Date.parse(`${date!.replace(" ", "T")}Z`);
      const amount = Number(quantity) * units(price!);
      const order = orders.get(`${user} ${invoice}`);
      if (order) {
        order.at = Math.min(order.at, at);
        order.amount += amount;
        order.categories.add(category(stock!));
      } else orders.set(`${user} ${invoice}`, { user, at, amount, categories: new Set([category(stock!)]) });
    }
    return [...orders.values()].map((order) => ({ ...order, categories: [...order.categories] }));
  },
  collegemsg: () =>
    linesOf("collegemsg/CollegeMsg.txt.gz").map((line) => {
      const [user, to, seconds] = line.split(" ");
      return { user: user!, at: Number(seconds) * 1000, amount: Number.NaN, categories: [Number(to)] };
    }),
  dunnhumby_sample() {
    const departments = new Map<string, string>();
    for (const line of linesOf("dunnhumby_sample/products.csv.gz").slice(1)) {
      const [product, , department] = cellsOf(line);
      departments.set(product!, department!);
    }
    const category = dictionary();
    return linesOf("dunnhumby_sample/transactions_sample.csv.gz")
      .slice(1)
      .map((line) => {
        const cells = cellsOf(line);
        const department = departments.get(cells[3]!);
        return {
          user: cells[0]!,
          at: Date.parse(`${cells[10]!.replace(" ", "T")}Z`),
          amount: units(cells[5]!),
          categories: department === undefined || department === "NA" ? [] : [category(department)],
        };
      });
  },
  retail_transactions_125k: () =>
    linesOf("retail_transactions_125k/Retail_Data_Transactions.csv.gz")
      .slice(1)
      .map((line) => {
        const [user, date, amount] = line.split(",");
        const [month, day, year] = date!.split("/").map(Number);
        return { user: user!, at: Date.UTC(year!, month! - 1, day), amount: units(amount!), categories: [] };
      }),
};

/** Decimal text to whole units of 1e-4. */
function units(text: string): number {
  return Math.round(Number(text) * 10_000);
}

function dictionary(): (key: string) => number {
  const places = new Map<string, number>();
  return (key) => {
    const place = places.get(key) ?? places.size + 1;
    places.set(key, place);
    return place;
  };
}

function linesOf(path: string): string[] {
  return gunzipSync(readFileSync(join(folder, path)))
    .toString("utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => match[1] ?? match[2] ?? "");
}

export interface ReferenceValues {
  readonly exact: Readonly<Record<string, number>> & {
    readonly tag_counts_all_users: Readonly<Record<string, number>>;
    readonly tag_counts_eligible: Readonly<Record<string, number>>;
    readonly rfm: {
      readonly n_users: number;
      readonly value_quintiles: {
        readonly thresholds: Readonly<Record<"R" | "F" | "M", readonly number[]>>;
        readonly score_counts: Readonly<Record<"R" | "F" | "M", Readonly<Record<string, number>>>>;
        readonly cells: Readonly<Record<string, number>>;
      };
    };
  };
}

export interface Reference {
  readonly lookback_days: number;
  readonly at: Readonly<Record<string, ReferenceValues>>;
}

export function readReference(set: RealSet): Reference {
  return JSON.parse(readFileSync(join(folder, "reference", `${set}.json`), "utf8")) as Reference;
}

/** One row per eligible user: the column's name to its value; True is 1, an empty cell NaN. */
export function readFeatures(set: RealSet, asOf: string): { users: string[]; columns: Map<string, Float64Array> } {
  const [header, ...lines] = linesOf(join("reference", `features_${set}_${asOf}.csv.gz`));
  const names = header!.split(",");
  const rows = lines.map((line) => line.split(","));
  const columns = new Map(
    names
      .slice(1)
      .map((name, place) => [
        name,
        Float64Array.from(rows, (row) =>
          row[place + 1] === ""
            ? Number.NaN
            : row[place + 1] === "True"
              ? 1
              : row[place + 1] === "False"
                ? 0
                : Number(row[place + 1]),
        ),
      ]),
  );
  return { users: rows.map((row) => row[0]!), columns };
}
