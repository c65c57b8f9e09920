import { afterAll, beforeAll, expect, test } from "vitest";
import { refreshAll } from "../../src/pipeline.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { populate } from "../tags/populate.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("2020-06-01T00:00:00Z");
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ asOf: NOW });
  const writer = new HistoryWriter(2);
  for (const user of [1, 2]) {
    writer.user(user);
    for (let day = 40; day > 0; day -= user * 3) writer.event(NOW.getTime() - day * DAY_MS, 1, Number.NaN);
  }
  await populate(app.store, writer.finish(), ["ann", "bob"]);
});
afterAll(() => app.stop());

const CREATE = `mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { key state revision kind valueType } errors { code message path } } }`;
const MOVE = `mutation ($key: String!, $to: TagState!, $reason: String) {
  moveTag(key: $key, to: $to, reason: $reason) { tag { key state lifecycle { from to by reason } } errors { code message path } } }`;
const create = async (input: object) =>
  (await app.graph(CREATE, { input: { name: "A tag", family: "CUSTOM", department: "marketing", ...input } })).createTag;
const move = async (key: string, to: string, reason?: string) => (await app.graph(MOVE, { key, to, reason })).moveTag;
const valuesOf = async (externalId: string) => {
  const { user } = await app.graph(
    `query ($externalId: String!) { user(externalId: $externalId) { tags(first: 200) { nodes { tag { key } value } } } }`,
    { externalId },
  );
  return new Map<string, unknown>(user.tags.nodes.map(({ tag, value }: any) => [tag.key, value]));
};

test("a MANUAL tag can be assigned at once", async () => {
  expect(await create({ key: "beta_tester", kind: "MANUAL" })).toEqual({
    tag: { key: "beta_tester", state: "ACTIVE", revision: 1, kind: "MANUAL", valueType: "BOOLEAN" },
    errors: [],
  });
  const { assignTags } = await app.graph(
    `mutation { assignTags(input: {assignments: [{externalId: "ann", tag: "beta_tester"}]}) { assigned rejected { message } } }`,
  );
  expect(assignTags).toEqual({ assigned: 1, rejected: [] });
  expect((await valuesOf("ann")).get("beta_tester")).toBe(true);
});

test("tags with an expression are drafts until they are moved to ACTIVE, and are computed for everybody then, as with the others later", async () => {
  const definition = { gt: [{ measure: "count", types: ["login"], days: 20 }, { divide: [{ tag: "fortnight" }, 0.5] }] };
  expect(
    (await create({ key: "fortnight", kind: "METRIC", definition: { measure: "count", days: 14, endingDaysAgo: 20 } })).errors,
  ).toEqual([]);
  expect((await create({ key: "busier", kind: "RULE", definition })).tag).toMatchObject({ state: "DRAFT", valueType: "BOOLEAN" });
  await refreshAll(app.store.pool, NOW);
  expect((await valuesOf("ann")).has("fortnight")).toBe(false);
  expect(await move("fortnight", "ACTIVE", "agreed")).toEqual({
    tag: {
      key: "fortnight",
      state: "ACTIVE",
      lifecycle: [
        { from: null, to: "DRAFT", by: "local owner", reason: null },
        { from: "DRAFT", to: "ACTIVE", by: "local owner", reason: "agreed" },
      ],
    },
    errors: [],
  });
  await move("busier", "ACTIVE");
  expect((await valuesOf("ann")).get("fortnight"), "at once").toBe(5);
  await refreshAll(app.store.pool, NOW);
  expect((await valuesOf("ann")).get("fortnight")).toBe(5);
  expect((await valuesOf("ann")).has("busier")).toBe(false);
  expect((await valuesOf("bob")).get("fortnight")).toBe(3);
});

test("a tag in use is deprecated before it is retired, and not retired while others need it", async () => {
  expect((await move("fortnight", "RETIRED")).errors[0]).toMatchObject({ code: "CONFLICT", path: ["to"] });
  expect((await move("fortnight", "DEPRECATED")).tag.state).toBe("DEPRECATED");
  expect((await move("fortnight", "RETIRED")).errors[0].message).toContain("Tag busier");
  await move("busier", "DEPRECATED");
  await move("busier", "RETIRED");
  expect((await move("fortnight", "RETIRED")).tag.state).toBe("RETIRED");
  expect((await move("fortnight", "ACTIVE")).errors[0].code).toBe("CONFLICT");
  await refreshAll(app.store.pool, NOW);
  expect((await valuesOf("ann")).has("fortnight")).toBe(false);
});

test.each([
  ["a key that is taken", { key: "vip", kind: "MANUAL" }, "CONFLICT", ["key"]],
  ["a key that is none", { key: "V I P", kind: "MANUAL" }, "BAD_INPUT", ["key"]],
  ["an unknown department", { key: "x", kind: "MANUAL", department: "nowhere" }, "NOT_FOUND", ["department"]],
  ["a rule without a definition", { key: "x", kind: "RULE" }, "BAD_INPUT", ["definition"]],
  [
    "a number where a condition belongs",
    { key: "x", kind: "RULE", definition: { measure: "count" } },
    "BAD_INPUT",
    ["definition"],
  ],
  [
    "an unknown tag",
    { key: "x", kind: "METRIC", definition: { add: [1, { tag: "nope" }] } },
    "BAD_INPUT",
    ["definition", "add", "1", "tag"],
  ],
  [
    "an unknown event type",
    { key: "x", kind: "METRIC", definition: { measure: "count", types: ["nope"] } },
    "BAD_INPUT",
    ["definition", "types", "0"],
  ],
  ["two operators in one place", { key: "x", kind: "METRIC", definition: { floor: 1, add: [1] } }, "BAD_INPUT", ["definition"]],
  [
    "weeks that are not whole",
    { key: "x", kind: "METRIC", definition: { measure: "weeklySlope", days: 30 } },
    "BAD_INPUT",
    ["definition", "days"],
  ],
  ["a generated kind", { key: "x", kind: "DECLINE" }, "BAD_INPUT", ["kind"]],
])("%s is refused with its place", async (_, input, code, path) => {
  const { tag, errors } = await create(input);
  expect(tag).toBeNull();
  expect(errors[0]).toMatchObject({ code, path });
});
