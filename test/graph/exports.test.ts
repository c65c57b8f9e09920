import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

const ADMIN = "an-admin-key-of-many-characters";
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ adminKey: ADMIN });
  const events = [
    { externalId: "=1+1", type: "no_such_type", occurredAt: "2020-01-01" },
    { externalId: "b", type: "order", occurredAt: "never" },
  ];
  await post(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }`, {
    input: { events: events.map((each) => ({ ...each, source: "shop" })) },
  });
});
afterAll(() => app.stop());

const headers = { authorization: `Bearer ${ADMIN}` };
const post = async (query: string, variables: object = {}) =>
  (
    await fetch(app.url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    })
  ).json() as Promise<any>;
const get = (path: string, given: Record<string, string> = headers) =>
  fetch(new URL(`/exports/${path}`, app.url), { headers: given });

test("refused rows can be had as a file, the latest first, with nothing that a spreadsheet would run", async () => {
  const response = await get("quarantine?source=shop");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="quarantine.csv"');
  const lines = (await response.text()).split("\r\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe("source,origin,rowIndex,code,message,receivedAt,row");
  expect(lines[1]).toMatch(/^shop,recordEvents,1,BAD_DATE,/);
  expect(lines[2]).toMatch(/^shop,recordEvents,0,UNKNOWN_EVENT_TYPE,/);
  const rows = (await (await get("quarantine?format=ndjson")).text()).trim().split("\n");
  expect(rows.map((row) => JSON.parse(row).code)).toEqual(["BAD_DATE", "UNKNOWN_EVENT_TYPE"]);
});

test.each([
  ["no key", "quarantine", {}, 401, "UNAUTHENTICATED"],
  ["another name", "passwords", headers, 404, "NOT_FOUND"],
  ["a format that there is not", "quarantine?format=xls", headers, 400, "BAD_INPUT"],
  ["a source that nothing came from", "quarantine?source=nobody", headers, 400, "UNKNOWN_SOURCE"],
])("%s is refused with the code and the remedy", async (_, path, given, status, code) => {
  const response = await get(path, given);
  const { errors } = (await response.json()) as any;
  expect([response.status, errors[0].extensions.code]).toEqual([status, code]);
});

test("a key of a role that may not have it is refused by the same table as the graph's", async () => {
  const made = await post(`mutation { createApiKey(input: {name: "app", role: APP}) { secret } }`);
  const response = await get("quarantine", { authorization: `Bearer ${made.data.createApiKey.secret}` });
  expect(response.status).toBe(403);
});
