import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./harness.js";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: new Date("2026-01-01T00:00:00Z") });
});
afterAll(() => app.stop());

const cursorOf = (keyset: unknown) => Buffer.from(JSON.stringify(keyset)).toString("base64url");
/** By arguments that they cannot do without. */
const LISTS = new Map([["changes", "first: 5, "]]);
/** Their cursors are words, of which any may be the last of a page. */
const BY_WORDS = ["segments", "tags", "unsharedThings"];

async function listsOfQuery(): Promise<string[]> {
  const { __type } = await app.graph(`{ __type(name: "Query") { fields { name args { name type { kind } defaultValue } } } }`);
  return __type.fields
    .filter(({ name, args }: any) => {
      const isNeeded = (arg: any) => arg.type.kind === "NON_NULL" && arg.defaultValue === null;
      return args.some((arg: any) => arg.name === "after") && (LISTS.has(name) || !args.some(isNeeded));
    })
    .map(({ name }: any) => name);
}

test("a cursor that no list gave is refused with a sentence, whatever it holds", async () => {
  const lists = await listsOfQuery();
  expect(lists.length).toBeGreaterThanOrEqual(12);
  const hostile = ["!", "%00", cursorOf({}), cursorOf([]), cursorOf([1, 2, 3, 4]), cursorOf(null)];
  const ids = [["x"], [1.5], [-1], [null], [{}], ["1' or '1'='1"], ["9".repeat(40)], [true]].map(cursorOf);
  for (const list of lists)
    for (const cursor of [...hostile, ...(BY_WORDS.includes(list) ? [] : ids)]) {
      const { errors } = await app.answer(
        `query ($after: String) { ${list}(${LISTS.get(list) ?? ""}after: $after) { pageInfo { hasNextPage } } }`,
        { after: cursor },
      );
      expect(errors?.[0]?.extensions?.code, `${list} after ${Buffer.from(cursor, "base64url")}`).toBe("BAD_INPUT");
    }
});

test("an id beyond all ids ends a list rather than breaking it", async () => {
  const { members, apiKeys, alerts } = await app.graph(
    `query ($after: String) { members(after: $after) { nodes { __typename } } apiKeys(after: $after) { nodes { __typename } } alerts(after: $after) { nodes { __typename } } }`,
    { after: cursorOf(["999999999999999999"]) },
  );
  for (const { nodes } of [members, apiKeys, alerts]) expect(nodes.length).toBeLessThan(50);
});
