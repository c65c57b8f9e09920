import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

const RECORD = `mutation RecordEvents($input: RecordEventsInput!) {
  recordEvents(input: $input) { accepted duplicates rejected { index code message } }
}`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: new Date("2011-09-10T00:00:00Z") });
});
afterAll(() => app.stop());

async function record(...events: object[]) {
  return (await app.graph(RECORD, { input: { events } })).recordEvents;
}

test("events make their users, count once by event id, and show in first and last seen", async () => {
  const events = [
    {
      externalId: "ann",
      source: "shop",
      type: "order",
      occurredAt: "2011-08-01T10:00:00Z",
      eventId: "o1",
      amount: 12.5,
      category: "books",
      channel: "web",
      properties: { coupon: true },
    },
    { externalId: "ann", source: "shop", type: "login", occurredAt: "2011-09-01T10:00:00+02:00", eventId: "l1" },
    {
      externalId: 42,
      source: "shop",
      type: "order",
      occurredAt: "2011-09-01T10:00:00Z",
      eventId: 7,
      amount: "3.10",
      categories: ["toys", "books"],
    },
  ];
  expect(await record(...events)).toEqual({ accepted: 3, duplicates: 0, rejected: [] });
  expect(await record(...events)).toEqual({ accepted: 0, duplicates: 3, rejected: [] });
  const { user } = await app.graph(`{ user(externalId: "ann") { firstSeenAt lastSeenAt } }`);
  expect(user).toEqual({ firstSeenAt: "2011-08-01T10:00:00.000Z", lastSeenAt: "2011-09-01T08:00:00.000Z" });
});

test("every bad row is named with its reason; its neighbours are stored", async () => {
  const ok = { externalId: "bob", type: "visit", occurredAt: "2011-09-01T00:00:00Z" };
  const result = await record(
    ok,
    { ...ok, occurredAt: "20111-09-01T00:00:00Z" },
    { ...ok, occurredAt: 5 },
    { ...ok, type: "nonsense" },
    { ...ok, amount: "NaN" },
    { ...ok, amount: { value: 1 } },
    { ...ok, externalId: null },
    {},
    { ...ok, category: "x".repeat(500) },
    ok,
  );
  expect(result.accepted).toBe(2);
  expect(result.rejected.map(({ index, code }: any) => [index, code])).toEqual([
    [1, "BAD_DATE"],
    [2, "BAD_DATE"],
    [3, "UNKNOWN_EVENT_TYPE"],
    [4, "BAD_AMOUNT"],
    [5, "BAD_AMOUNT"],
    [6, "BAD_ROW"],
    [7, "BAD_ROW"],
    [8, "TOO_LONG"],
  ]);
});

test("inline values are taken like variables", async () => {
  const { recordEvents } = await app.graph(
    `mutation { recordEvents(input: {events: [{externalId: "inline", type: "order", occurredAt: "2011-09-01T00:00:00Z", amount: 1.25}]}) { accepted } }`,
  );
  expect(recordEvents.accepted).toBe(1);
});

test("more than 10,000 rows are refused as a whole", async () => {
  const events = Array.from({ length: 10_001 }, () => ({ externalId: "x" }));
  expect((await app.answer(RECORD, { input: { events } })).errors?.[0]?.extensions.code).toBe("TOO_MANY_ROWS");
});

test("the quarantine is paged, the latest first, and the report per source adds up", async () => {
  const bad = { source: "till", externalId: "z", type: "order", occurredAt: "never" };
  await record(
    bad,
    { ...bad, occurredAt: "2011-09-01", eventId: "1" },
    { ...bad, occurredAt: "2011-09-01", eventId: "1" },
    { ...bad, type: "nothing" },
    bad,
  );
  const page = `query ($after: String) { quarantine(source: "till", first: 2, after: $after) { nodes { source origin rowIndex code message row } pageInfo { hasNextPage endCursor } } }`;
  const first = (await app.graph(page)).quarantine;
  expect(first.nodes.map(({ rowIndex, code }: any) => [rowIndex, code])).toEqual([
    [4, "BAD_DATE"],
    [3, "UNKNOWN_EVENT_TYPE"],
  ]);
  expect(first.nodes[0]).toMatchObject({ source: "till", origin: "recordEvents", row: bad });
  const rest = (await app.graph(page, { after: first.pageInfo.endCursor })).quarantine;
  expect(rest.nodes.map(({ rowIndex }: any) => rowIndex)).toEqual([0]);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const { dataQuality } = await app.graph(
    `{ dataQuality(source: "till") { accepted duplicates rejected byCode { code rows } } }`,
  );
  expect(dataQuality).toEqual({
    accepted: 1,
    duplicates: 1,
    rejected: 3,
    byCode: [
      { code: "BAD_DATE", rows: 2 },
      { code: "UNKNOWN_EVENT_TYPE", rows: 1 },
    ],
  });
  expect((await app.answer(`{ dataQuality(source: "nowhere") { accepted } }`)).errors?.[0]?.extensions.code).toBe(
    "UNKNOWN_SOURCE",
  );
});

test("event types are declared, renamed, and never change their kind", async () => {
  const save = `mutation ($input: EventTypeInput!) { saveEventType(input: $input) { eventType { key name kind } errors { code message path } } }`;
  const input = { key: "test_drive", name: "Test drive", kind: "INTERACTION" };
  expect((await app.graph(save, { input })).saveEventType).toEqual({ eventType: input, errors: [] });
  expect((await app.graph(save, { input: { ...input, name: "Drive" } })).saveEventType.eventType.name).toBe("Drive");
  expect((await app.graph(save, { input: { ...input, kind: "SERVICE" } })).saveEventType.errors[0].code).toBe("CONFLICT");
  expect((await app.graph(save, { input: { ...input, key: "Test Drive" } })).saveEventType.errors[0].code).toBe("BAD_INPUT");
  const { eventTypes } = await app.graph("{ eventTypes { key kind } }");
  expect(eventTypes).toEqual(
    expect.arrayContaining([
      { key: "order", kind: "TRANSACTION" },
      { key: "complaint", kind: "NEGATIVE" },
      { key: "test_drive", kind: "INTERACTION" },
    ]),
  );
  expect((await record({ externalId: "driver", type: "test_drive", occurredAt: "2011-09-01" })).accepted).toBe(1);
});

test("the number of statements does not depend on the number of events", async () => {
  const batch = (from: number, count: number) => ({
    input: {
      events: Array.from({ length: count }, (_, i) => ({
        externalId: `s ${from + i}`,
        type: "order",
        occurredAt: "2011-09-01",
        eventId: `${i}`,
        category: `c ${from + i}`,
      })),
    },
  });
  const few = await app.statementsOf(() => app.graph(RECORD, batch(0, 2)));
  const many = await app.statementsOf(() => app.graph(RECORD, batch(1_000, 150)));
  expect(many).toBe(few);
});
