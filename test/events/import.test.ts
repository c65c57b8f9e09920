import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedEventTypes } from "../../src/events/event-type.step.js";
import { importFile } from "../../src/events/import-file.step.js";
import type { Pool } from "../../src/store/pool.js";
import { openTestStore, type TestStore } from "../database.js";
import { daysThatDiffer } from "./recount.js";

const now = new Date("2026-01-01T00:00:00Z");
const folder = mkdtempSync(join(tmpdir(), "tidemark-import-"));
let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
  await seedEventTypes(store.pool);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const orders = {
  user: "who",
  type: "order",
  occurredAt: { column: "when", format: "yyyy-MM-dd" },
  amount: "paid",
  category: "what",
  eventId: "id",
};
let sources = 0;
const run = (file: string, map: object, batchRows?: number, pool: Pool = store.pool) =>
  importFile(
    { ...store, pool },
    { file, map: { source: `file ${++sources}`, ...map }, now, ...(batchRows ? { batchRows } : {}) },
  );
async function eventsOf(source: string) {
  return store.pool.read<any>(
    `select i.external_id as who, e.occurred_at as at, e.amount::text as paid, e.event_id as id, e.channel,
       (select array_agg(key order by key) from category where id = any(e.category_ids)) as what, e.properties, t.key as type
     from event e join user_identity i on i.user_id = e.user_id join source s on s.id = e.source_id join event_type t on t.id = e.type_id
     where s.key = $1 order by e.event_id collate "C"`,
    [source],
  );
}

describe("one table in every format is the same events", () => {
  const rows = [
    ["1", "ann", "2011-01-02", "12.50", "a, b"],
    ["2", 'bob "the" third', "2011-01-03", "-0.05", "line\nend"],
    ["3", "zoë", "2011-01-04", "", ""],
  ];
  const names = ["id", "who", "when", "paid", "what"];
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const csv = (delimiter: string, end: string) => [names, ...rows].map((row) => row.map(quote).join(delimiter)).join(end);
  const objects = rows.map((row) =>
    Object.fromEntries(row.map((value, at) => [names[at]!, at === 3 && value ? Number(value) : value])),
  );
  const expected = [
    { id: "1", who: "ann", at: new Date("2011-01-02"), paid: "12.5000", what: ["a, b"], type: "order" },
    { id: "2", who: 'bob "the" third', at: new Date("2011-01-03"), paid: "-0.0500", what: ["line\nend"] },
    { id: "3", who: "zoë", at: new Date("2011-01-04"), paid: null, what: null },
  ];
  test.each<[string, string | Buffer, object?]>([
    ["plain.csv", csv(",", "\n")],
    ["crlf.csv", `${csv(",", "\r\n")}\r\n`],
    ["bom.csv", `\ufeff${csv(",", "\n")}\n\n`],
    ["zipped.csv.gz", gzipSync(csv(",", "\n"))],
    ["zipped-unseen.csv", gzipSync(csv(",", "\n"))],
    ["utf16.csv", Buffer.from(`\ufeff${csv(",", "\n")}`, "utf16le")],
    ["table.tsv", csv("\t", "\n")],
    ["semicolon.csv", csv(";", "\n"), { delimiter: ";" }],
    ["lines.ndjson", objects.map((row) => JSON.stringify(row)).join("\n")],
    ["array.json", JSON.stringify(objects, null, 2)],
    ["export.data", csv(",", "\n"), { format: "csv" }],
  ])("%s", async (name, content, more = {}) => {
    const summary = await run(fileOf(name, content), { ...orders, ...more });
    expect(summary).toMatchObject({ rows: 3, accepted: 3, duplicates: 0, rejected: 0 });
    expect(await eventsOf(summary.source)).toMatchObject(expected);
  });
  test("in pieces of every size", async () => {
    const { DelimitedSplitter, JsonArraySplitter } = await import("../../src/events/delimited.js");
    const text = csv(",", "\r\n");
    const json = JSON.stringify(objects);
    for (let size = 1; size <= text.length; size++) {
      const got: string[][] = [];
      const splitter = new DelimitedSplitter(",", (fields) => got.push([...fields]));
      for (let at = 0; at < text.length; at += size) splitter.push(text.slice(at, at + size));
      splitter.end();
      expect(got).toEqual([names, ...rows]);
      const elements: unknown[] = [];
      const array = new JsonArraySplitter((element) => elements.push(JSON.parse(element)));
      for (let at = 0; at < json.length; at += size) array.push(json.slice(at, at + size));
      array.end();
      expect(elements).toEqual(objects);
    }
  });
});

describe("rules, groups and ids", () => {
  test("rows are refused, skipped or given another type as the map declares; refused ones are kept with line and reason", async () => {
    const file = fileOf(
      "rules.csv",
      "id,who,when,paid,what\n1,a.0,2011-01-02,1,x\n2,,2011-01-02,1,x\nC3,a.0,2011-01-05,-2,x\n4,a.0,2011-01-02,0,x\n5,a.0,20111-01-02,1,x\n6,a.0\n7,a.0,2011-01-02,1e400,x\n8,a.0,2011-02-30,1,x\n",
    );
    const summary = await run(file, {
      ...orders,
      user: { column: "who", strip: ".0" },
      rules: [
        { when: { column: "who", empty: true }, skip: "no customer" },
        { when: { column: "id", startsWith: "C" }, type: "return" },
        {
          when: [
            { column: "paid", atMost: 0 },
            { column: "what", in: ["x", "y"] },
          ],
          reject: "Nothing was paid; mend the amount.",
        },
      ],
    });
    expect(summary).toMatchObject({
      rows: 8,
      accepted: 2,
      rejected: 5,
      skipped: { "no customer": 1 },
      usersCreated: 1,
      cleaned: { 'who: ".0" taken off': 5 },
    });
    expect((await eventsOf(summary.source)).map(({ who, type, paid }) => [who, type, paid])).toEqual([
      ["a", "order", "1.0000"],
      ["a", "return", "-2.0000"],
    ]);
    const kept = await store.pool.read<any>(
      "select row_index::int as line, code, row from quarantine q join source s on s.id = q.source_id where s.key = $1 order by line",
      [summary.source],
    );
    expect(kept.map(({ line, code }) => [line, code])).toEqual([
      [5, "BAD_ROW"],
      [6, "BAD_DATE"],
      [7, "BAD_ROW"],
      [8, "BAD_AMOUNT"],
      [9, "BAD_DATE"],
    ]);
    expect(kept[0].row).toEqual({ id: "4", who: "a.0", when: "2011-01-02", paid: "0", what: "x" });
    expect(summary.lines.join("\n")).toContain("Nothing was paid; mend the amount.");
  });

  test("rows of a group become one event: first instant, exact sum, distinct categories", async () => {
    const lines = ["id,who,when,price,count,what"];
    for (let i = 0; i < 1_000; i++)
      lines.push(`${i % 10},${i % 7},2011-01-${String(28 - (i % 20)).padStart(2, "0")},0.1,3,${i % 5}`);
    const summary = await run(fileOf("groups.csv", lines.join("\n")), {
      ...orders,
      amount: { multiply: ["price", "count"] },
      eventId: undefined,
      group: { by: ["who", "id"], occurredAt: "min", amount: "sum", categories: "distinct" },
    });
    expect(summary).toMatchObject({ rows: 1_000, accepted: 70 });
    const events = await eventsOf(summary.source);
    expect(events.reduce((sum, { paid }) => sum + Math.round(Number(paid) * 10), 0)).toBe(3_000);
    expect(events.find(({ id }) => id === "0|0")).toMatchObject({ who: "0", what: ["0"] });
  });

  test("a file in many batches is the same as in one; the line serves as an id, and another file's lines are others", async () => {
    const text = Array.from(
      { length: 50_000 },
      (_, i) => `u${i % 97} 2011-01-${String((i % 28) + 1).padStart(2, "0")} ${i % 13}`,
    ).join("\n");
    const map = {
      source: "lines",
      header: false,
      columns: ["who", "when", "paid"],
      user: "who",
      type: "order",
      occurredAt: { column: "when", format: "yyyy-MM-dd" },
      amount: "paid",
      eventId: "line",
    };
    const first = fileOf("lines-a.txt", text);
    expect(await run(first, map, 3_000)).toMatchObject({ accepted: 50_000, usersCreated: 97 });
    expect(await run(first, map)).toMatchObject({ accepted: 0, duplicates: 50_000 });
    expect(await run(fileOf("lines-b.txt", text), map)).toMatchObject({ accepted: 50_000, duplicates: 0 });
    expect(await daysThatDiffer(store)).toEqual([]);
  });

  test("an import that dies in the middle is completed by the same file, and nothing is doubled", async () => {
    const text = `id,who,when,paid,what\n${Array.from({ length: 60_000 }, (_, i) => `${i},w${i % 50},2011-03-01,1,x`).join("\n")}`;
    const file = fileOf("dies.csv", text);
    let transactions = 0;
    const dying: Pool = {
      ...store.pool,
      transaction: (work) =>
        store.pool.transaction(async (transaction) => {
          const result = await work(transaction);
          if (++transactions === 3) throw new Error("killed before the commit");
          return result;
        }),
    };
    const map = { ...orders, source: "dies" };
    await expect(run(file, map, 10_000, dying)).rejects.toThrow("killed");
    const stored = (await eventsOf("dies")).length;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(60_000);
    expect(await daysThatDiffer(store)).toEqual([]);
    expect(await run(file, map, 10_000)).toMatchObject({ accepted: 60_000 - stored, duplicates: stored });
    expect((await eventsOf("dies")).length).toBe(60_000);
    expect(await daysThatDiffer(store)).toEqual([]);
  });

  test("progress is told at most twice a second", async () => {
    let told = 0;
    const file = fileOf(
      "progress.csv",
      `id,who,when,paid,what\n${Array.from({ length: 60_000 }, (_, i) => `${i},w${i % 50},2011-03-01,1,x`).join("\n")}`,
    );
    const summary = await importFile(store, {
      file,
      map: { ...orders, source: "progress" },
      now,
      batchRows: 5_000,
      report: () => told++,
    });
    expect(told).toBeLessThanOrEqual(summary.seconds * 2 + 2);
    expect(told).toBeGreaterThan(0);
  });
});

describe("what cannot be used is said in a sentence, and nothing is written", () => {
  const good = "id,who,when,paid,what\n1,a,2011-01-01,1,x\n";
  mkdirSync(join(folder, "a directory"));
  test.each<[string, () => string, object | string, string, RegExp]>([
    ["a missing file", () => join(folder, "nowhere.csv"), orders, "BAD_FILE", /does not exist/],
    ["a directory", () => join(folder, "a directory"), orders, "BAD_FILE", /is a directory/],
    ["an empty file", () => fileOf("empty.csv", ""), orders, "BAD_FILE", /is empty/],
    ["blank lines only", () => fileOf("blank.csv", "\n\n\n"), orders, "BAD_FILE", /blank/],
    [
      "binary junk",
      () => fileOf("junk.csv", Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256))),
      orders,
      "BAD_FILE",
      /is not text/,
    ],
    [
      "a quote that never closes",
      () => fileOf("quote.csv", `${good}2,"b,2011-01-01,1,x\n3,c,2011-01-01,1,x\n`),
      orders,
      "BAD_FILE",
      /line 3.*quote/,
    ],
    [
      "a damaged gzip file",
      () => fileOf("damaged.csv.gz", gzipSync(good.repeat(500)).subarray(0, 60)),
      orders,
      "BAD_FILE",
      /gzip/,
    ],
    ["JSON that is no array", () => fileOf("object.json", '{"a": 1}'), orders, "BAD_FILE", /begin with \[/],
    ["JSON cut off", () => fileOf("cut.json", '[{"id": 1}, {"id"'), orders, "BAD_FILE", /ends before/],
    ["no format", () => fileOf("orders.xyz", good), orders, "BAD_MAP", /format/],
    [
      "a column that is not there",
      () => fileOf("column.csv", good),
      { ...orders, user: "Who" },
      "BAD_MAP",
      /user of the map names the column "Who".*it has "who"/,
    ],
    [
      "a column far from all",
      () => fileOf("column.csv", good),
      { ...orders, amount: "total" },
      "BAD_MAP",
      /its columns are id, who, when, paid, what/,
    ],
    ["an unknown field", () => fileOf("x.csv", good), { ...orders, usr: "who" }, "BAD_MAP", /field usr.*user/],
    ["no user", () => fileOf("x.csv", good), { ...orders, user: undefined }, "BAD_MAP", /names no user/],
    ["no date", () => fileOf("x.csv", good), { ...orders, occurredAt: undefined }, "BAD_MAP", /names no occurredAt/],
    [
      "a date format that is none",
      () => fileOf("x.csv", good),
      { ...orders, occurredAt: { column: "when", format: "DD.MM" } },
      "BAD_MAP",
      /occurredAt.format.*yyyy/,
    ],
    [
      "a rule without an outcome",
      () => fileOf("x.csv", good),
      { ...orders, rules: [{ when: { column: "who", empty: true } }] },
      "BAD_MAP",
      /exactly one of reject/,
    ],
    [
      "a rule with a wrong operand",
      () => fileOf("x.csv", good),
      { ...orders, rules: [{ when: { column: "paid", atMost: "0" }, skip: "x" }] },
      "BAD_MAP",
      /a number/,
    ],
    ["no columns and no header", () => fileOf("x.csv", good), { ...orders, header: false }, "BAD_MAP", /name the columns/],
    [
      "a lookup that is not there",
      () => fileOf("x.csv", good),
      { ...orders, category: { column: "what", lookup: { file: "no.csv", key: "k", value: "v" } } },
      "BAD_MAP",
      /lies neither beside/,
    ],
    ["a map that is a list", () => fileOf("x.csv", good), [1], "BAD_MAP", /not a list/],
    ["a map that is not there", () => fileOf("x.csv", good), join(folder, "no.yaml"), "BAD_MAP", /cannot be read/],
    [
      "a map that is no YAML",
      () => fileOf("x.csv", good),
      fileOf("broken.yaml", "a: [1,\nb: }"),
      "BAD_MAP",
      /neither JSON nor YAML/,
    ],
  ])("%s", async (_name, file, map, code, sentence) => {
    const before = await store.pool.read<any>("select count(*)::int as n from event");
    const failing = importFile(store, { file: file(), map, now });
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) });
    expect(await store.pool.read<any>("select count(*)::int as n from event")).toEqual(before);
  });

  test("an event type that is not declared refuses the rows that have it", async () => {
    const summary = await run(fileOf("type.csv", good), { ...orders, type: "test_ride" });
    expect(summary).toMatchObject({ accepted: 0, rejected: 1 });
    expect(Object.keys(summary.rejectedBy)[0]).toMatch(/UNKNOWN_EVENT_TYPE.*test_ride/);
  });
  test("lines that are no JSON, rows with NUL bytes, and broken UTF-8 cost only themselves", async () => {
    const line = (id: number, who: string) => JSON.stringify({ id, who, when: "2011-01-01" });
    const many = Array.from({ length: 200 }, (_, i) => line(i + 10, "a"));
    const summary = await run(fileOf("mixed.ndjson", [line(1, "a"), "{broken", "[1]", "null", ...many].join("\n")), {
      ...orders,
      amount: undefined,
      category: undefined,
    });
    expect(summary).toMatchObject({ accepted: 201, rejected: 3 });
    const bytes = Buffer.concat([
      Buffer.from(`id,who,when\n1,caf`),
      Buffer.from([0xe9]),
      Buffer.from(`,2011-01-01\n2,b\0b,2011-01-01\n${"3,c,2011-01-01\n".repeat(30)}`),
    ]);
    const mended = await run(fileOf("latin1.csv", bytes), { ...orders, amount: undefined, category: undefined });
    expect(mended).toMatchObject({
      rows: 32,
      accepted: 2,
      duplicates: 29,
      rejected: 1,
      cleaned: { "bytes that are not UTF-8 replaced": 1 },
    });
  });
});
