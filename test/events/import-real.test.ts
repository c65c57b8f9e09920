import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedEventTypes } from "../../src/events/event-type.step.js";
import { importFile } from "../../src/events/import-file.step.js";
import { openTestStore, type TestStore } from "../database.js";
import { daysThatDiffer } from "./recount.js";

const data = join(process.cwd(), "../shared/data");
const now = new Date("2026-01-01T00:00:00Z");

interface Case {
  readonly name: string;
  readonly file: string;
  readonly map: string;
  readonly source: string;
  readonly reference: string;
  /** What the file has beside the events of the reference. */
  /** Amounts that are not 0 in the file and less than a hundredth of a cent: the remains of someone's floating point. */
  readonly belowUnit?: number;
  readonly others?: { readonly users: number; readonly rows: number; readonly rejected: number };
}

const cases: Case[] = [
  { name: "CDNOW", file: "cdnow/CDNOW_master.txt.gz", map: "cdnow-master.yaml", source: "cdnow", reference: "cdnow" },
  {
    name: "Online Retail",
    file: "online_retail/online_retail_all.csv.gz",
    map: "online-retail.yaml",
    source: "online_retail",
    reference: "online_retail",
    others: { users: 33, rows: 541_909, rejected: 40 },
  },
  {
    name: "CollegeMsg",
    file: "collegemsg/CollegeMsg.txt.gz",
    map: "college-messages.yaml",
    source: "college",
    reference: "collegemsg",
  },
  {
    name: "dunnhumby",
    file: "dunnhumby_sample/transactions_sample.csv.gz",
    map: "dunnhumby-transactions.yaml",
    source: "dunnhumby",
    reference: "dunnhumby_sample",
    belowUnit: 1,
  },
  {
    name: "retail transactions",
    file: "retail_transactions_125k/Retail_Data_Transactions.csv.gz",
    map: "retail-transactions.yaml",
    source: "retail",
    reference: "retail_transactions_125k",
  },
];

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seedEventTypes(store.pool);
});
afterAll(() => store.close());

const utc = (text: string) => new Date(`${text.replace(" ", "T")}Z`).toISOString();

async function totals(source: string) {
  const rows = await store.pool.read<any>(
    `select count(*)::int as events, count(distinct user_id)::int as users, min(occurred_at) as first, max(occurred_at) as last, round(sum(amount), 2)::text as sum,
       count(*) filter (where amount < 0)::int as negative, count(*) filter (where amount = 0)::int as zero
     from event e join event_type t on t.id = e.type_id join source s on s.id = e.source_id where s.key = $1 and t.kind in ('INTERACTION', 'TRANSACTION')`,
    [source],
  );
  return { ...rows[0], first: rows[0].first.toISOString(), last: rows[0].last.toISOString() };
}

describe.skipIf(!existsSync(data)).each(cases)("$name", ({ file, map, source, reference, others, belowUnit }) => {
  const expected = existsSync(data) ? JSON.parse(readFileSync(join(data, "reference", `${reference}.json`), "utf8")).totals : {};
  const run = () => importFile(store, { file: join(data, file), map: join("examples", map), now });

  test("its totals are those of the reference, sums to the cent", async () => {
    const summary = await run();
    expect(await totals(source)).toEqual({
      events: expected.events,
      users: expected.users,
      first: utc(expected.first_ts),
      last: utc(expected.last_ts),
      sum: expected.sum_amount === undefined ? null : expected.sum_amount.toFixed(2),
      negative: expected.negative_amounts ?? 0,
      zero: (expected.zero_amounts ?? 0) + (belowUnit ?? 0),
    });
    expect(summary.usersCreated).toBe(expected.users + (others?.users ?? 0));
    expect(summary.rows).toBe(others?.rows ?? expected.events);
    expect(summary.rejected).toBe(others?.rejected ?? 0);
    expect(summary.duplicates).toBe(0);
    const [seen] = await store.pool.read<any>(
      "select count(*)::int as users from app_user u join user_identity i on i.user_id = u.id join source s on s.id = i.source_id where s.key = $1 and u.first_seen_at is not null",
      [source],
    );
    expect(seen.users).toBe(expected.users);
  });

  test("a second import adds nothing", async () => {
    const before = await totals(source);
    const again = await run();
    expect(again).toMatchObject({ accepted: 0, usersCreated: 0, rejected: others?.rejected ?? 0 });
    expect(again.duplicates).toBeGreaterThanOrEqual(expected.events);
    expect(await totals(source)).toEqual(before);
    const kept = await store.pool.read<any>(
      "select count(*)::int as n from quarantine q join source s on s.id = q.source_id where s.key = $1",
      [source],
    );
    expect(kept[0].n).toBe(others?.rejected ?? 0);
  });
});

describe.skipIf(!existsSync(data))("all of them together", () => {
  test("the daily roll-up and the users' spans equal a recount of the events", async () => {
    expect(await daysThatDiffer(store)).toEqual([]);
  });

  test("cancelled lines are returns, and customers known by nothing else have not been seen", async () => {
    const [returns] = await store.pool.read<any>(
      `select count(*)::int as events, sum(amount)::text as sum, count(*) filter (where u.first_seen_at is null)::int as unseen, count(distinct u.id) filter (where u.first_seen_at is null)::int as users
       from event e join event_type t on t.id = e.type_id join app_user u on u.id = e.user_id where t.key = 'return'`,
    );
    // 8,905 cancelled lines with a customer in 3,654 invoices.
    expect(returns).toMatchObject({ events: 3654, sum: "-611342.0900", users: 33 });
  });

  test("an order spans the distinct products of its lines; a message's category is its recipient; a purchase's its department", async () => {
    const [retail] = await store.pool.read<any>(
      `select sum(cardinality(category_ids))::int as pairs, max(cardinality(category_ids)) as largest from event e join source s on s.id = e.source_id join event_type t on t.id = e.type_id
       where s.key = 'online_retail' and t.key = 'order'`,
    );
    expect(retail.pairs).toBe(387_841);
    const departments = await store.pool.read<any>(
      "select c.key, count(*)::int as n from event e join source s on s.id = e.source_id join category c on c.id = e.category_ids[1] where s.key = 'dunnhumby' group by 1 order by 2 desc limit 2",
    );
    expect(departments.map(({ key }) => key)).toEqual(["GROCERY", "DRUG GM"]);
  });

  test("the sample of CDNOW is part of the whole, and its own import", async () => {
    const summary = await importFile(store, {
      file: join(data, "cdnow/CDNOW_sample.txt.gz"),
      map: { ...sampleMap, source: "cdnow_sample" },
      now,
    });
    expect(summary).toMatchObject({ rows: 6_919, accepted: 6_919, rejected: 0, usersCreated: 2_357 });
  });

  test("tables of customers become users with attributes", async () => {
    const telco = await importFile(store, {
      file: join(data, "telco_ibm/Telco-Customer-Churn.csv.gz"),
      map: "examples/telco-customers.yaml",
      now,
    });
    expect(telco).toMatchObject({ kind: "users", rows: 7_043, accepted: 7_043, rejected: 0 });
    expect(
      await importFile(store, {
        file: join(data, "telco_ibm/Telco-Customer-Churn.csv.gz"),
        map: "examples/telco-customers.yaml",
        now,
      }),
    ).toMatchObject({
      accepted: 0,
      updated: 0,
      duplicates: 7_043,
    });
    const bank = await importFile(store, {
      file: join(data, "churn_modelling_bank/Churn_Modelling.csv.gz"),
      map: "examples/bank-customers.yaml",
      now,
    });
    expect(bank).toMatchObject({ rows: 10_000, accepted: 10_000 });
    const households = await importFile(store, {
      file: join(data, "dunnhumby_sample/demographics.csv.gz"),
      map: "examples/dunnhumby-households.yaml",
      now,
    });
    expect(households.rejected).toBe(0);
    const [user] = await store.pool.read<any>(
      "select attributes from app_user u join user_identity i on i.user_id = u.id where i.external_id = '7590-VHVEG'",
    );
    expect(user.attributes).toMatchObject({ gender: "Female", tenure: 1, MonthlyCharges: 29.85, Churn: "No" });
  });
});

const sampleMap = {
  format: "whitespace",
  header: false,
  columns: ["customer_id", "sample_id", "date", "number_of_cds", "dollar_value"],
  user: "customer_id",
  type: "order",
  occurredAt: { column: "date", format: "yyyyMMdd" },
  amount: "dollar_value",
  eventId: "line",
};
