import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedDepartments } from "../../src/people/department.step.js";
import { compile, tagsIn } from "../../src/tags/evaluate.js";
import { DEFINITIONS, LIBRARY } from "../../src/tags/library.js";
import { seedTags } from "../../src/tags/library.step.js";
import { tagCatalogue } from "../../src/tags/tag.loader.js";
import { openTestStore, type TestStore } from "../database.js";
import { TYPES } from "./real.js";

describe("the library", () => {
  test("has each key once, a sentence for each, and a definition for each computed tag", () => {
    expect(new Set(LIBRARY.map(({ key }) => key)).size).toBe(LIBRARY.length);
    for (const { key, description, kind, definition } of LIBRARY) {
      expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(description, key).toMatch(/^[A-Z].*\.$/);
      expect(definition !== undefined, key).toBe(["METRIC", "RULE", "DECLINE"].includes(kind));
      expect(definition?.decline !== undefined, key).toBe(kind === "DECLINE");
    }
  });

  test("compiles, and refers to tags that exist", () => {
    const expressions = [...DEFINITIONS.values()].flatMap(({ expression, decline }) =>
      decline ? [expression, decline.current, decline.baseline] : [expression],
    );
    compile(expressions, TYPES, DEFINITIONS);
    for (const key of expressions.flatMap(tagsIn)) expect(DEFINITIONS.has(key), key).toBe(true);
  });

  test("a circle of tags, and an unknown tag, are refused", () => {
    const circle = new Map([
      ["a", { expression: { add: [{ tag: "b" }, 1] } }],
      ["b", { expression: { tag: "a" } }],
    ]);
    expect(() => compile([{ tag: "a" }], TYPES, circle)).toThrow("defined by itself");
    expect(() => compile([{ tag: "c" }], TYPES, circle)).toThrow("no computed tag");
  });
});

describe("seeding the library", () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
    await seedDepartments(store.pool);
  });
  afterAll(() => store.close());

  test("makes every tag with a slot of its own for each number, once", async () => {
    await seedTags(store.pool);
    const first = await tagCatalogue(store.pool);
    expect(first.tags.length).toBe(LIBRARY.length);
    const metrics = LIBRARY.filter(({ kind }) => kind === "METRIC");
    expect(first.bySlot.map((tag) => tag?.key)).toEqual(metrics.map(({ key }) => key));
    expect(first.definitions.get("freq_drop_50")).toEqual(DEFINITIONS.get("freq_drop_50"));

    await seedTags(store.pool);
    expect(await tagCatalogue(store.pool)).toBe(first);
  });

  test("brings a changed definition up to date as a new revision, and appends a slot that was never used", async () => {
    await store.pool.read("update tag set definition = '{\"expression\": 1}' where key = 'events_7d'");
    await store.pool.read("delete from tag_lifecycle where tag_id = (select id from tag where key = 'recency_days')");
    await store.pool.read("delete from tag where key = 'recency_days'");
    await seedTags(store.pool);
    const { byKey, bySlot } = await tagCatalogue(store.pool);
    expect(byKey.get("events_7d")).toMatchObject({ revision: 2, definition: DEFINITIONS.get("events_7d") });
    expect(byKey.get("recency_days")!.slot).toBe(bySlot.length - 1);
    expect(bySlot[0]).toBeUndefined();
  });
});
