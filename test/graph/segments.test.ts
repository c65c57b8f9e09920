import { readFileSync } from "node:fs";
import { Kind, parse, print } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toGlobalId } from "../../src/node.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = "2011-09-10T00:00:00Z";
const USERS = 60;
const documents = ["analyst", "app"].flatMap(
  (file) => parse(readFileSync(`schema/operations/${file}.graphql`, "utf8")).definitions,
);
/** As the clients send it. */
function operation(name: string): string {
  return print(documents.find((each) => each.kind === Kind.OPERATION_DEFINITION && each.name?.value === name)!);
}
const key = (i: number) => `u${String(i).padStart(2, "0")}`;
const users = Array.from({ length: USERS }, (_, i) => i);

let app: TestApp;
let ids: Map<string, string>;

/** 60 users: all visited four times in July; two thirds went on in August. Fifty have a score, every fifth is a VIP. */
beforeAll(async () => {
  app = await startTestApp({ asOf: new Date(NOW) });
  await app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created } }`, {
    input: { users: users.map((i) => ({ externalId: key(i), channel: i % 2 ? "web" : "app", attributes: { age: 20 + i } })) },
  });
  const days = (i: number) => ["07-20", "07-22", "07-24", "07-26", ...(i % 3 === 0 ? [] : ["08-15", "08-17", "08-19", "08-21"])];
  const events = users.flatMap((i) =>
    days(i).map((day) => ({ externalId: key(i), type: "visit", occurredAt: `2011-${day}T12:00:00Z` })),
  );
  await app.graph(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }`, { input: { events } });
  const { pool } = app.store;
  const known = await pool.read<{ key: string; id: string }>("select external_id as key, user_id as id from user_identity");
  ids = new Map(known.map((row) => [row.key, row.id]));
  const [tag] = await pool.read<{ id: number }>("select id from tag where key = 'vip'");
  const vips = users.filter((i) => i % 5 === 0).map((i) => ids.get(key(i)));
  await pool.read("insert into user_tag (user_id, tag_id, since, source) select unnest($1::bigint[]), $2, '2011-08-01', 'crm'", [
    vips,
    tag!.id,
  ]);
  const [definition] = await pool.read<{ id: number }>(
    "select id from churn_definition order by is_default desc, key = 'retail' desc limit 1",
  );
  const scored = users.slice(0, 50).map((i) => ids.get(key(i)));
  await pool.read(
    "insert into churn_score (user_id, definition_id, model_id, probability, scored_at) select id, $2, 1, (n - 1) / 100.0, $3 from unnest($1::bigint[]) with ordinality as u (id, n)",
    [scored, definition!.id, NOW],
  );
  await pool.read(
    `insert into user_tier (user_id, scheme_id, tier, since, reason)
     select user_id, t.id, case when probability >= 0.4 then 'HIGH' else 'LOW' end, $1, 'score' from churn_score, tier_scheme t where t.key = 'default'`,
    [NOW],
  );
});
afterAll(() => app.stop());

const dropped = { tag: { key: "freq_drop_50" } };
const count = async (where: object, asOf?: string) =>
  (
    await app.graph(
      "query ($where: SegmentExpression!, $asOf: DateTime) { segmentPreview(where: $where, asOf: $asOf) { count } }",
      { where, asOf },
    )
  ).segmentPreview.count;

describe("users by expression", () => {
  test("AtRiskUsers answers a page by score with the total, and goes on from its cursor", async () => {
    const first = (await app.graph(operation("AtRiskUsers"), { tier: "HIGH", first: 6 })).users;
    expect(first.totalCount).toBe(10);
    expect(first.edges.map(({ node }: any) => node.identifiers[0].externalId)).toEqual([
      "u49",
      "u48",
      "u47",
      "u46",
      "u45",
      "u44",
    ]);
    expect(first.pageInfo).toEqual({ hasNextPage: true, endCursor: first.edges[5].cursor });
    const second = (await app.graph(operation("AtRiskUsers"), { tier: "HIGH", first: 6, after: first.pageInfo.endCursor })).users;
    expect(second.edges.map(({ node }: any) => node.churnScore.probability)).toEqual([0.43, 0.42, 0.41, 0.4]);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  for (const [orderBy, expected] of [
    ["CHURN_PROBABILITY_DESC", [...users.slice(0, 50).reverse(), ...users.slice(50).reverse()]],
    ["CHURN_PROBABILITY_ASC", users],
    ["ID_ASC", users],
    ["ID_DESC", [...users].reverse()],
  ] as const) {
    test(`pages of seven in the order ${orderBy} give everybody once, those without a score last`, async () => {
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const { users: page }: any = await app.graph(
          `query ($after: String) { users(orderBy: ${orderBy}, first: 7, after: $after) { nodes { identifiers { externalId } } pageInfo { hasNextPage endCursor } } }`,
          { after },
        );
        found.push(...page.nodes.map((node: any) => node.identifiers[0].externalId));
        after = page.pageInfo.endCursor;
        if (!page.pageInfo.hasNextPage) break;
      }
      expect(found).toEqual(expected.map(key));
    });
  }

  test("a page of fifty costs as many statements as a page of one", async () => {
    const page = (first: number) =>
      app.graph(
        `query ($first: Int!) { users(where: {event: {type: "visit", atLeast: 4}}, orderBy: CHURN_PROBABILITY_DESC, first: $first) { totalCount nodes { id identifiers { externalId } churnScore { probability } segments { key } } } }`,
        { first },
      );
    await page(1);
    const one = await app.statementsOf(() => page(1));
    expect(await app.statementsOf(() => page(50))).toBe(one);
    expect(one).toBeLessThanOrEqual(12);
  });

  test("a cursor of another order and a page out of bounds are refused", async () => {
    const { users: page } = await app.graph("{ users(first: 1) { pageInfo { endCursor } } }");
    const wrong = await app.answer("query ($after: String) { users(orderBy: ID_DESC, after: $after) { nodes { id } } }", {
      after: page.pageInfo.endCursor,
    });
    expect(wrong.errors![0]).toMatchObject({ extensions: { code: "BAD_INPUT" } });
    expect((await app.answer("{ users(first: 501) { nodes { id } } }")).errors![0]!.message).toContain("1 to 500");
  });
});

describe("what can be asked", () => {
  test.each([
    [{ tag: { key: "vip" } }, 12],
    [dropped, 20],
    [{ all: [dropped, { not: { tag: { key: "vip" } } }] }, 16],
    [{ any: [{ tag: { key: "vip" } }, dropped] }, 28],
    [{ tag: { key: "events_30d", op: "GTE", value: 4 } }, 40],
    [{ decline: { metric: "events_30d", severity: ["SEVERE"] } }, 20],
    [{ decline: { metric: "freq_drop_50", severity: ["MILD"] } }, 0],
    [{ riskTier: { in: ["HIGH"] } }, 10],
    [{ churnProbability: { gte: 0.1, lt: 0.2 } }, 10],
    [{ not: { churnProbability: { gte: 0 } } }, 10],
    [{ channel: { in: ["web"] } }, 30],
    [{ lifecycleStage: { in: ["AT_RISK"] } }, 20],
    [{ attribute: { name: "age", op: "BETWEEN", values: [30, 39] } }, 10],
    [{ event: { type: "visit", atMost: 0, withinDays: 30 } }, 20],
    [{ event: { atLeast: 5 } }, 40],
    [{ behaviorBreak: { direction: "DOWN" } }, 0],
  ])("%j", async (where, expected) => {
    expect(await count(where)).toBe(expected);
  });

  test("RFM layers divide everybody who was scored", async () => {
    const setting = await app.store.pool.read("select from setting where key = 'rfm'");
    if (setting.length === 0) return expect(await count({ rfm: { recency: { gte: 1 } } })).toBe(0);
    expect(await count({ rfm: { recency: { gte: 1 } } })).toBe(USERS);
  });

  test("ids are global ids", async () => {
    expect(await count({ ids: [toGlobalId("User", ids.get("u07")!), toGlobalId("User", "999999")] })).toBe(1);
  });

  test("at a past instant tags are those of then, whatever is stored now", async () => {
    expect(await count(dropped, NOW)).toBe(20);
    expect(await count(dropped, "2011-08-11T00:00:00Z")).toBe(0);
    expect(await count(dropped, "2011-08-14T00:00:00Z")).toBe(0);
    expect(await count({ tag: { key: "events_30d", op: "EQ", value: 2 } }, "2011-07-23T00:00:00Z")).toBe(60);
    expect(await count({ tag: { key: "vip" } }, "2011-07-31T00:00:00Z")).toBe(0);
    expect(await count({ tag: { key: "vip" } }, "2011-08-01T00:00:00Z")).toBe(12);
    expect(await count({ lifecycleStage: { in: ["NEW"] } }, "2011-07-23T00:00:00Z")).toBe(60);
    expect(await count({ decline: {} }, NOW)).toBe(await count({ decline: {} }));
    expect(await count({ rfm: { frequency: { gte: 4 } } }, NOW)).toBeGreaterThanOrEqual(0);
    expect(await count({ not: dropped }, "2011-07-01T00:00:00Z")).toBe(0);
  });

  test("stored scores do not answer for an earlier day", async () => {
    const { errors } = await app.answer(
      "query ($asOf: DateTime) { segmentPreview(where: {churnProbability: {gte: 0.5}}, asOf: $asOf) { count } }",
      {
        asOf: "2011-08-01T00:00:00Z",
      },
    );
    expect(errors![0]!.extensions.code).toBe("BAD_INPUT");
    expect(errors![0]!.message).toMatch(
      /^where\.churnProbability: the stored scores are of 2011-09-10T00:00:00.000Z, which is after 2011-08-01/,
    );
  });

  test("a wrong expression is refused with its path; two keys in a node by the schema itself", async () => {
    const unknown = await app.answer(
      `{ users(where: {all: [{tag: {key: "vip"}}, {not: {tag: {key: "vipp"}}}]}) { nodes { id } } }`,
    );
    expect(unknown.errors![0]).toMatchObject({
      message: 'where.all[1].not.tag.key: there is no tag "vipp"; did you mean "vip"?',
      extensions: { code: "UNKNOWN_TAG", at: "where.all[1].not.tag.key" },
    });
    const two = await app.answer(`{ users(where: {tag: {key: "vip"}, channel: {in: ["app"]}}) { nodes { id } } }`);
    expect(two.errors![0]!.message).toMatch(/exactly one key/i);
    const variable = await app.answer("query ($where: SegmentExpression!) { segmentPreview(where: $where) { count } }", {
      where: { tag: { key: "vip" }, channel: { in: ["app"] } },
    });
    expect(variable.errors![0]!.message).toMatch(/exactly one key/i);
  });
});

describe("PreviewSegment", () => {
  test("counts exactly, shows what tells them apart, and who they are", async () => {
    const { segmentPreview } = await app.graph(operation("PreviewSegment"), { where: dropped });
    expect(segmentPreview).toMatchObject({ count: 20, populationCount: 60 });
    const [clearest] = segmentPreview.portrait;
    expect(Math.abs(clearest.insideShare - clearest.outsideShare)).toBe(1);
    // Among tags that tell the two apart wholly, those held by everybody inside stand beside those held by everybody else.
    expect(segmentPreview.portrait).toContainEqual(expect.objectContaining({ insideShare: 1, outsideShare: 0, lift: null }));
    expect(segmentPreview.portrait[0].pValue).toBeLessThan(1e-9);
    const vip = segmentPreview.portrait.find(({ tag }: any) => tag.key === "vip");
    expect(vip).toMatchObject({
      tag: { key: "vip", name: "VIP", family: "CUSTOM" },
      insideShare: 0.2,
      outsideShare: 0.2,
      lift: 1,
    });
    expect(vip.pValue).toBeCloseTo(1, 9);
    expect(segmentPreview.members.nodes.slice(0, 2).map((node: any) => node.identifiers[0].externalId)).toEqual(["u48", "u45"]);
    expect(segmentPreview.members.nodes).toHaveLength(20);
    expect(segmentPreview.members.pageInfo.hasNextPage).toBe(false);
  });

  test("the portrait of a past day comes from the tags of that day, and at now equals the stored one", async () => {
    const query = `query ($where: SegmentExpression!, $asOf: DateTime) { segmentPreview(where: $where, asOf: $asOf) {
      count populationCount caution portrait(first: 50) { tag { key } insideCount outsideCount insideShare outsideShare lift pValue fewHolders } } }`;
    const where = { channel: { in: ["app"] } };
    const stored = (await app.graph(query, { where })).segmentPreview;
    expect((await app.graph(query, { where, asOf: NOW })).segmentPreview).toEqual(stored);
    expect(stored.caution).toBeNull();
    const then = (await app.graph(query, { where: { tag: { key: "vip" } }, asOf: "2011-08-14T00:00:00Z" })).segmentPreview;
    expect(then).toMatchObject({
      count: 12,
      populationCount: 60,
      caution: "The group has 12 users: fewer than 30, so shares are rough and lifts may be chance.",
    });
    expect(then.portrait.map(({ tag }: any) => tag.key)).not.toContain("freq_drop_50");
  });

  test("nobody, or everybody, leaves nothing to compare with and says so", async () => {
    const query =
      "query ($where: SegmentExpression!) { segmentPreview(where: $where) { count caution portrait { pValue lift outsideShare } } }";
    const nobody = (await app.graph(query, { where: { channel: { in: ["none"] } } })).segmentPreview;
    expect(nobody.count).toBe(0);
    expect(nobody.caution).toMatch(/^The group has 0 users/);
    expect(nobody.portrait.every(({ pValue }: any) => pValue === null)).toBe(true);
    const everybody = (await app.graph(query, { where: { event: {} } })).segmentPreview;
    expect(everybody.caution).toMatch(/^Everybody else has 0 users/);
  });

  test("costs the same statements whatever it finds", async () => {
    const ask = (where: object) => app.statementsOf(() => app.graph(operation("PreviewSegment"), { where }));
    await ask(dropped);
    expect(await ask({ channel: { in: ["web"] } })).toBe(await ask(dropped));
  });
});

test("CompareTags compares two groups, the clearest difference first", async () => {
  const { tagComparison } = await app.graph(operation("CompareTags"), {
    a: { tag: { key: "vip" } },
    b: { not: { tag: { key: "vip" } } },
  });
  expect(tagComparison[0]).toMatchObject({ tag: { key: "vip" }, shareA: 1, shareB: 0, lift: null });
  const drop = tagComparison.find(({ tag }: any) => tag.key === "freq_drop_50");
  expect(drop.shareA).toBeCloseTo(4 / 12, 12);
  expect(drop.shareB).toBeCloseTo(16 / 48, 12);
  expect(drop.lift).toBeCloseTo(1, 12);
});

test("ContributionRanking needs a champion, and says so", async () => {
  const { errors } = await app.answer(operation("ContributionRanking"), { where: { tag: { key: "vip" } } });
  expect(errors![0]!.extensions.code).toBe("NO_CHAMPION");
});

describe("saved segments", () => {
  const save = async (input: object) => (await app.graph(operation("SaveSegment"), { input })).saveSegment;

  test("are made, counted, changed by revision, and the same again changes nothing", async () => {
    const quiet = { key: "quiet", name: "Gone quiet", where: dropped, department: "marketing", visibility: "SHARED" };
    expect(await save(quiet)).toEqual({ segment: { key: "quiet", revision: 1, count: 20 }, errors: [] });
    expect(await save(quiet)).toEqual({ segment: { key: "quiet", revision: 1, count: 20 }, errors: [] });
    expect(await save({ ...quiet, where: { all: [{ segment: { key: "vips" } }] } })).toMatchObject({
      segment: null,
      errors: [{ code: "UNKNOWN_SEGMENT" }],
    });
    expect(await save({ key: "vips", where: { tag: { key: "vip" } } })).toMatchObject({ segment: { count: 12 } });
    const both = { all: [dropped, { not: { segment: { key: "vips" } } }] };
    expect(await save({ ...quiet, where: both })).toEqual({ segment: { key: "quiet", revision: 2, count: 16 }, errors: [] });
    const { segment } = await app.graph(
      `{ segment(key: "quiet") { id key name where department { key } visibility revision error } }`,
    );
    expect(segment).toMatchObject({
      key: "quiet",
      name: "Gone quiet",
      where: both,
      department: { key: "marketing" },
      visibility: "SHARED",
      error: null,
    });
    expect((await app.graph("query ($id: ID!) { node(id: $id) { ... on Segment { key } } }", { id: segment.id })).node).toEqual({
      key: "quiet",
    });
  });

  test("a circle, a bad key, an unknown department and a wrong expression are refused beside the payload", async () => {
    expect(await save({ key: "vips", where: { any: [{ segment: { key: "quiet" } }] } })).toEqual({
      segment: null,
      errors: [
        {
          code: "BAD_INPUT",
          message:
            'where.any[0].segment.segment(quiet).all[1].not.segment: the segment "vips" refers to itself (vips -> quiet -> vips); take one reference out.',
          path: ["input", "where", "any[0]", "segment", "segment(quiet)", "all[1]", "not", "segment"],
        },
      ],
    });
    expect(await save({ key: "Bad Key", where: dropped })).toMatchObject({
      errors: [{ code: "BAD_INPUT", path: ["input", "key"] }],
    });
    expect(await save({ key: "x", where: dropped, department: "nowhere" })).toMatchObject({
      errors: [{ code: "NOT_FOUND", path: ["input", "department"] }],
    });
    expect(await save({ key: "x", where: { tag: { key: "nope" } } })).toMatchObject({ errors: [{ code: "UNKNOWN_TAG" }] });
    expect(
      (await app.graph("{ segments(first: 1) { totalCount nodes { key count } pageInfo { hasNextPage } } }")).segments,
    ).toEqual({
      totalCount: 2,
      nodes: [{ key: "quiet", count: 16 }],
      pageInfo: { hasNextPage: true },
    });
  });

  test("Overlap counts every pair exactly", async () => {
    await save({ key: "web", where: { channel: { in: ["web"] } } });
    const { segmentOverlap } = await app.graph(operation("Overlap"), { segments: ["quiet", "vips", "web"] });
    expect(segmentOverlap).toEqual({
      keys: ["quiet", "vips", "web"],
      counts: [
        [16, 0, 8],
        [0, 12, 6],
        [8, 6, 30],
      ],
    });
    const { errors } = await app.answer(operation("Overlap"), { segments: ["quiet", "wbe"] });
    expect(errors![0]!.extensions.code).toBe("UNKNOWN_SEGMENT");
  });

  test("a user's segments are those they satisfy now, for a page at one statement; break conditions included", async () => {
    await save({ key: "broken_rhythm", where: { behaviorBreak: { direction: "DOWN", sinceDays: 90 } } });
    await save({ key: "busy", where: { event: { type: "visit", atLeast: 5, withinDays: 60 } } });
    const query = `query ($first: Int!) { users(first: $first) { nodes { identifiers { externalId } segments { key } } } }`;
    const { users: page } = await app.graph(query, { first: 4 });
    expect(page.nodes.map(({ segments }: any) => segments.map((each: any) => each.key))).toEqual([
      ["vips"],
      ["busy", "web"],
      ["busy"],
      ["quiet", "web"],
    ]);
    expect(await app.statementsOf(() => app.graph(query, { first: 50 }))).toBe(
      await app.statementsOf(() => app.graph(query, { first: 1 })),
    );
  });

  test("one whose tag was removed says so, is in nobody's list, and breaks nothing", async () => {
    const { pool } = app.store;
    await pool.read("update segment set expression = $1 where key = 'web'", [JSON.stringify({ tag: { key: "gone" } })]);
    await pool.read("update setting set value = $1 where key = 'segments'", [JSON.stringify({ version: "changed" })]);
    const { segment } = await app.graph(`{ segment(key: "web") { count error } }`);
    expect(segment).toEqual({ count: null, error: 'where.tag.key: there is no tag "gone"; Query.tags lists the library.' });
    const { users: page } = await app.graph("{ users(first: 2) { nodes { segments { key } } } }");
    expect(page.nodes[1].segments).toEqual([{ key: "busy" }]);
  });
});

describe("the text form", () => {
  test("counts as the JSON form does, alone and inside one, and is shown of a saved segment", async () => {
    const where = { all: [{ tag: { key: "vip" } }, { not: { riskTier: { in: ["LOW"] } } }] };
    const text = "tag.vip and not tier in (LOW)";
    expect(await count({ text })).toBe(await count(where));
    expect(await count({ not: { text } })).toBe(USERS - (await count(where)));
    expect((await app.graph("query ($where: SegmentExpression!) { segmentText(where: $where) }", { where })).segmentText).toBe(
      text,
    );
    const saved = await app.graph(
      `mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { segment { text count } errors { message } } }`,
      { input: { key: "texted", where: { text: "tag.vip and segment.also or attribute.age > 70" } } },
    );
    expect(saved.saveSegment.errors[0].message).toMatch(/^where\.text at 1:13\.segment\.key: there is no segment "also"/);
    // 12 VIPs and 9 above 70, one of whom is both.
    const written = await app.graph(
      `mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { segment { text count } errors { message } } }`,
      { input: { key: "texted", where: { text: "tag.vip  or attribute.age>70" } } },
    );
    expect(written.saveSegment).toEqual({ segment: { text: "tag.vip or attribute.age > 70", count: 20 }, errors: [] });
  });
});

describe("numbers of two groups", () => {
  const COMPARE = `query ($a: SegmentExpression!, $b: SegmentExpression, $asOf: DateTime) {
    numberComparison(a: $a, b: $b, asOf: $asOf, first: 100) { tag { key kind } definedA definedB medianA medianB quartilesA distance pValue caution }
  }`;
  const compare = async (variables: object): Promise<any[]> => (await app.graph(COMPARE, variables as any)).numberComparison;

  test("are compared by their distributions, the clearest first, and small groups are called small", async () => {
    const found = await compare({ a: dropped });
    const clearest = found[0];
    expect(clearest).toMatchObject({ definedA: 20, definedB: 40, distance: 1, tag: { kind: "METRIC" } });
    expect(clearest.pValue).toBeLessThan(1e-8);
    expect(clearest.caution).toBe("The first group has 20 users: fewer than 30, so shares are rough and lifts may be chance.");
    expect(found.find(({ tag }) => tag.key === "events_30d")).toMatchObject({
      medianA: 0,
      medianB: 4,
      quartilesA: [0, 0, 0],
      distance: 1,
    });
    expect(found.find(({ tag }) => tag.key === "events_total")).toMatchObject({ medianA: 4, medianB: 8 });
    const order = found.map(({ pValue }) => pValue ?? 1);
    expect(order).toEqual([...order].sort((x, y) => x - y));
    const same = await compare({ a: dropped, b: dropped });
    expect(same.every(({ distance, pValue }) => distance === null || (distance === 0 && pValue === 1))).toBe(true);
  });

  test("are those of then at a past instant, and the stored ones say the same of now", async () => {
    expect(await compare({ a: dropped, asOf: NOW })).toEqual(await compare({ a: dropped }));
    const before = await compare({ a: { channel: { in: ["app"] } }, asOf: "2011-08-01T00:00:00Z" });
    expect(before.find(({ tag }) => tag.key === "events_30d")).toMatchObject({ medianA: 4, medianB: 4, distance: 0, pValue: 1 });
  });
});
