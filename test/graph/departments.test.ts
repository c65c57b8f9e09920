import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromGlobalId, toGlobalId } from "../../src/node.js";
import { raiseAlert } from "../../src/people/alert.step.js";
import { EXPORT_PERMISSIONS, PERMISSIONS } from "../../src/people/permission.js";
import type { Role } from "../../src/request.js";
import {
  ADMIN,
  DEPARTMENTS,
  type Department,
  LEVELS,
  OWN,
  READ,
  startViewers,
  THINGS,
  type Thing,
  USE,
  type Viewers,
  visibilityOf,
} from "./viewers.js";

/*
 * Viewers of departments x things of departments x everything that can be asked about a thing, over HTTP. What is expected follows from two small
 * tables here (who has which right on what, and which right an operation takes) and from the table of permissions.
 */

const USERS = 60;
const HOLDERS = 30;

let viewers: Viewers;
const ids = new Map<string, string>();
const { send, own, keyOf } = {
  send: (key: string, query: string, variables: object = {}) => viewers.send(key, query, variables),
  own: (query: string, variables: object = {}) => viewers.own(query, variables),
  keyOf: (department: Department, role: string) => viewers.keyOf(department, role),
};

const tagOf = (thing: Thing) => `tag_${thing.toLowerCase()}`;
const segmentOf = (thing: Thing) => `segment_${thing.toLowerCase()}`;
/** The value that stands in a tag of a thing: nothing that is answered to whoever may not read it may hold it. */
const canary = (thing: Thing) => `canary ${thing.toLowerCase()}`;

beforeAll(async () => {
  viewers = await startViewers();
  const { pool } = viewers.app.store;
  const users = Array.from({ length: USERS }, (_, i) => ({ externalId: `u${i}`, firstSeenAt: "2020-01-01T00:00:00Z" }));
  await own("mutation ($users: [UpsertUserInput!]!) { upsertUsers(input: {users: $users}) { created } }", { users });
  for (const thing of THINGS) {
    const visibility = visibilityOf(thing);
    const made = await own("mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { id } errors { message } } }", {
      input: {
        key: tagOf(thing),
        name: thing,
        family: "CUSTOM",
        kind: "MANUAL",
        valueType: "TEXT",
        department: "sales",
        visibility,
      },
    });
    ids.set(tagOf(thing), made.createTag.tag.id);
    const assignments = users
      .slice(0, HOLDERS)
      .map(({ externalId }) => ({ externalId, tag: tagOf(thing), value: canary(thing) }));
    await own("mutation ($a: [TagAssignmentInput!]!) { assignTags(input: {assignments: $a}) { assigned } }", { a: assignments });
    const saved = await own(
      "mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { segment { id } errors { message } } }",
      { input: { key: segmentOf(thing), where: { tag: { key: tagOf(thing) } }, department: "sales", visibility } },
    );
    ids.set(segmentOf(thing), saved.saveSegment.segment.id);
    await own(
      `mutation { saveSegment(input: {key: "needs_${thing.toLowerCase()}", where: {segment: {key: "${segmentOf(thing)}"}}, department: "sales", visibility: PRIVATE}) { errors { message } } }`,
    );
    await raiseAlert(pool, {
      kind: "SEGMENT_SIZE_JUMP",
      subjectType: "SEGMENT",
      subjectKey: segmentOf(thing),
      message: canary(thing),
      at: new Date(),
    });
  }
  const numbers = (keyOfThing: (thing: Thing) => string) =>
    new Map(THINGS.map((thing) => [thing, Number(fromGlobalId(ids.get(keyOfThing(thing))!).id)]));
  await viewers.grant("TAG", numbers(tagOf));
  await viewers.grant("SEGMENT", numbers(segmentOf));
});
afterAll(() => viewers.app.stop());

interface Probe {
  readonly name: string;
  /** The root field by which it is asked, whose roles count too. */
  readonly root: string;
  /** The right it takes. */
  readonly takes: number;
  readonly ask: (thing: Thing) => string;
  /** Whether the answer has what was asked for. */
  readonly told: (data: any, thing: Thing) => boolean;
}

const TAG_PROBES: readonly Probe[] = [
  { name: "tag", root: "tag", takes: READ, ask: (t) => `{ tag(key: "${tagOf(t)}") { key } }`, told: (d) => d?.tag != null },
  {
    name: "tags",
    root: "tags",
    takes: READ,
    ask: () => '{ tags(first: 500, department: "sales") { nodes { key valueDistribution { label } } } }',
    told: (d, t) => d?.tags.nodes.some(({ key }: any) => key === tagOf(t)),
  },
  {
    name: "tags of others that depend on it",
    root: "segment",
    takes: READ,
    ask: (t) => `{ segment(key: "${segmentOf(t)}") { key where text count } }`,
    told: (d) => d?.segment != null,
  },
  {
    name: "node",
    root: "tags",
    takes: READ,
    ask: (t) => `{ nodes(ids: ["${ids.get(tagOf(t))}"]) { id ... on Tag { key valueDistribution { label count } } } }`,
    told: (d) => d?.nodes?.[0] != null,
  },
  {
    name: "User.tags",
    root: "user",
    takes: READ,
    ask: () => '{ user(externalId: "u0") { tags(first: 500) { nodes { tag { key } value } } } }',
    told: (d, t) => d?.user?.tags.nodes.some(({ tag, value }: any) => tag.key === tagOf(t) && value === canary(t)),
  },
  {
    name: "User.tags at a day",
    root: "user",
    takes: READ,
    ask: () =>
      '{ user(externalId: "u0") { tags(first: 500, asOf: "2999-01-01T00:00:00Z") { nodes { tag { key } value } } } }'.replace(
        "2999",
        "2199",
      ),
    told: (d, t) => d?.user?.tags.nodes.some(({ tag, value }: any) => tag.key === tagOf(t) && value === canary(t)),
  },
  {
    name: "User.tagHistory",
    root: "user",
    takes: READ,
    ask: () => '{ user(externalId: "u0") { tagHistory(first: 500) { nodes { tag { key } value } } } }',
    told: (d, t) => d?.user?.tagHistory.nodes.some(({ tag, value }: any) => tag.key === tagOf(t) && value === canary(t)),
  },
  {
    name: "User.tagHistory of it",
    root: "user",
    takes: READ,
    ask: (t) => `{ user(externalId: "u0") { tagHistory(tag: "${tagOf(t)}") { nodes { value } } } }`,
    told: (d, t) => d?.user?.tagHistory.nodes[0]?.value === canary(t),
  },
  {
    name: "User.segments",
    root: "user",
    takes: READ,
    ask: () => '{ user(externalId: "u0") { segments { key count } } }',
    told: (d, t) => d?.user?.segments.some(({ key }: any) => key === segmentOf(t)),
  },
  {
    name: "users by it",
    root: "users",
    takes: READ,
    ask: (t) => `{ users(where: {tag: {key: "${tagOf(t)}"}}) { totalCount nodes { id } } }`,
    told: (d) => d?.users?.totalCount === HOLDERS,
  },
  {
    name: "users by its segment",
    root: "users",
    takes: READ,
    ask: (t) => `{ users(where: {not: {segment: {key: "${segmentOf(t)}"}}}) { nodes { id } } }`,
    told: (d) => d?.users?.nodes.length === USERS - HOLDERS,
  },
  {
    name: "a count by it",
    root: "segmentPreview",
    takes: USE,
    ask: (t) => `{ segmentPreview(where: {tag: {key: "${tagOf(t)}"}}) { count populationCount } }`,
    told: (d) => d?.segmentPreview?.count === HOLDERS,
  },
  {
    name: "a count by its segment",
    root: "segmentPreview",
    takes: USE,
    ask: (t) => `{ segmentPreview(where: {text: "segment.${segmentOf(t)}"}) { count } }`,
    told: (d) => d?.segmentPreview?.count === HOLDERS,
  },
  {
    name: "a count at a past day",
    root: "segmentPreview",
    takes: USE,
    ask: (t) => `{ segmentPreview(where: {not: {segment: {key: "${segmentOf(t)}"}}}, asOf: "2025-01-01T00:00:00Z") { count } }`,
    told: (d) => d?.segmentPreview?.count === USERS,
  },
  {
    name: "members by it",
    root: "segmentPreview",
    takes: READ,
    ask: (t) => `{ segmentPreview(where: {tag: {key: "${tagOf(t)}"}}) { members { nodes { id } } } }`,
    told: (d) => d?.segmentPreview?.members.nodes.length > 0,
  },
  {
    name: "the portrait of others",
    root: "segmentPreview",
    takes: READ,
    ask: () =>
      `{ segmentPreview(where: {ids: ["${toGlobalId("User", 1)}"]}) { portrait(first: 500) { tag { key } insideShare } } }`,
    told: (d, t) => d?.segmentPreview?.portrait.some(({ tag }: any) => tag.key === tagOf(t)),
  },
  {
    name: "a comparison",
    root: "tagComparison",
    takes: READ,
    ask: () =>
      `{ tagComparison(a: {lifecycleStage: {in: ["NEW"]}}, b: {not: {ids: []}}, first: 500) { tag { key } shareB } }`.replace(
        "ids: []",
        `ids: ["${toGlobalId("User", 1)}"]`,
      ),
    told: (d, t) => d?.tagComparison?.some(({ tag }: any) => tag.key === tagOf(t)),
  },
  {
    name: "an overlap",
    root: "segmentOverlap",
    takes: USE,
    ask: (t) => `{ segmentOverlap(keys: ["${segmentOf(t)}", "segment_public"]) { counts } }`,
    told: (d) => d?.segmentOverlap?.counts[0][1] === HOLDERS,
  },
  {
    name: "an estimate",
    root: "segmentEstimate",
    takes: USE,
    ask: (t) => `{ segmentEstimate(input: {key: "new_one", where: {tag: {key: "${tagOf(t)}"}}}) { count } }`,
    told: (d) => d?.segmentEstimate?.count === HOLDERS,
  },
  {
    name: "an estimate of a change of its segment",
    root: "segmentEstimate",
    takes: OWN,
    ask: (t) => `{ segmentEstimate(input: {key: "${segmentOf(t)}", where: {tag: {key: "${tagOf(t)}"}}}) { leaving } }`,
    told: (d) => d?.segmentEstimate?.leaving === 0,
  },
  {
    name: "segments",
    root: "segments",
    takes: READ,
    ask: () => "{ segments(first: 500) { nodes { key count where } } }",
    told: (d, t) => d?.segments.nodes.some(({ key }: any) => key === segmentOf(t)),
  },
  {
    name: "the node of its segment",
    root: "segments",
    takes: READ,
    ask: (t) => `{ node(id: "${ids.get(segmentOf(t))}") { ... on Segment { key count } } }`,
    told: (d) => d?.node != null,
  },
  {
    name: "changes",
    root: "changes",
    takes: READ,
    ask: () => "{ changes(first: 500) { nodes { ... on TagChange { tag { key } after } } } }",
    told: (d, t) => d?.changes.nodes.some(({ tag, after }: any) => tag?.key === tagOf(t) && after === canary(t)),
  },
  {
    name: "the members of its segment",
    root: "segment",
    takes: READ,
    ask: (t) =>
      `{ segment(key: "${segmentOf(t)}") { members { nodes { since } } entries { nodes { since } } sizeHistory { nodes { count } } storedCount } }`,
    told: (d) => d?.segment?.members.nodes.length === HOLDERS && d.segment.storedCount === HOLDERS,
  },
  {
    name: "alerts about its segment",
    root: "alerts",
    takes: READ,
    ask: () => "{ alerts(first: 500) { nodes { subjectKey message } } }",
    told: (d, t) => d?.alerts.nodes.some(({ subjectKey, message }: any) => subjectKey === segmentOf(t) && message === canary(t)),
  },
  {
    name: "what is made from it",
    root: "tag",
    takes: READ,
    ask: (t) => `{ tag(key: "${tagOf(t)}") { dependants { key } lifecycle { by } revisions { revision } health { coverage } } }`,
    told: (d, t) => d?.tag?.dependants.some(({ key }: any) => key === segmentOf(t)),
  },
  {
    name: "numbers of its holders",
    root: "numberComparison",
    takes: USE,
    ask: (t) => `{ numberComparison(a: {segment: {key: "${segmentOf(t)}"}}) { definedA } }`,
    told: (d) => Array.isArray(d?.numberComparison),
  },
  {
    name: "taking its values",
    root: "removeTags",
    takes: OWN,
    ask: (t) =>
      `mutation { removeTags(input: {assignments: [{externalId: "u59", tag: "${tagOf(t)}"}]}) { unchanged rejected { code } } }`,
    told: (d) => d?.removeTags?.rejected.length === 0,
  },
  {
    name: "deleting its segment",
    root: "deleteSegment",
    takes: OWN,
    // Another one stands in its way, so that it can be asked for once more.
    ask: (t) => `mutation { deleteSegment(key: "${segmentOf(t)}") { deleted errors { code } } }`,
    told: (d) => d?.deleteSegment?.errors[0]?.code === "CONFLICT",
  },
  {
    name: "changing it",
    root: "updateTag",
    takes: OWN,
    ask: (t) => `mutation { updateTag(input: {key: "${tagOf(t)}", description: "changed"}) { tag { key } errors { code } } }`,
    told: (d) => d?.updateTag?.errors.length === 0,
  },
  {
    name: "sharing it",
    root: "shareTag",
    takes: OWN,
    ask: (t) =>
      `mutation { shareTag(key: "${tagOf(t)}", with: "marketing", right: USE_IN_SEGMENTS) { tag { key } errors { code } } }`,
    told: (d) => d?.shareTag?.errors.length === 0,
  },
  {
    name: "changing its segment",
    root: "saveSegment",
    takes: OWN,
    ask: (t) =>
      `mutation { saveSegment(input: {key: "${segmentOf(t)}", where: {tag: {key: "${tagOf(t)}"}}}) { errors { code } } }`,
    told: (d) => d?.saveSegment?.errors.length === 0,
  },
  {
    name: "giving its values",
    root: "assignTags",
    takes: OWN,
    ask: (t) =>
      `mutation { assignTags(input: {assignments: [{externalId: "u0", tag: "${tagOf(t)}", value: "${canary(t)}"}]}) { assigned unchanged rejected { code } } }`,
    told: (d) => d?.assignTags?.rejected.length === 0,
  },
];

describe.each(DEPARTMENTS)("viewers of %s", (department) => {
  test.each(["ANALYST", "CRM", "APP"] as const)("%s: nothing that is not shared, everything that is", async (role) => {
    const key = keyOf(department, role);
    // Values of a PUBLIC tag are given by everybody.
    const asked = TAG_PROBES.flatMap((probe) => THINGS.map((thing) => ({ ...probe, thing }))).filter(
      ({ root, takes, thing }) => !(root.endsWith("Tags") && takes === OWN && thing === "PUBLIC"),
    );
    const wrong = await Promise.all(
      asked.map(async ({ name, root, takes, ask, told, thing }) => {
        const roles: readonly Role[] = (PERMISSIONS as any).Query[root] ?? (PERMISSIONS as any).Mutation[root];
        const { data, text } = await send(key, ask(thing));
        const answered = told(data, thing) === true;
        const expected = roles.includes(role) && LEVELS[thing][department] >= takes;
        const leaks = THINGS.filter((other) => LEVELS[other][department] < READ && text.includes(canary(other)));
        return [
          ...(answered === expected ? [] : [`${name} of ${thing}: ${answered ? "told" : "not told"}: ${text.slice(0, 300)}`]),
          ...leaks.map((other) => `${name} of ${thing} gives away ${other}: ${text.slice(0, 200)}`),
        ];
      }),
    );
    expect(wrong.flat()).toEqual([]);
  });
});

describe.each(DEPARTMENTS)("viewers of %s", (department) => {
  test.each(["ANALYST", "CRM", "APP"] as const)("%s: in files and in what is followed live as well", async (role) => {
    const key = keyOf(department, role);
    const roles: readonly Role[] = EXPORT_PERMISSIONS.segment!;
    const wrong = await Promise.all(
      THINGS.map(async (thing) => {
        const level = LEVELS[thing][department];
        const reads = roles.includes(role) && level >= READ;
        const file = await fetch(new URL(`/exports/segment?key=${segmentOf(thing)}&tags=${tagOf(thing)}`, viewers.app.url), {
          headers: { authorization: `Bearer ${key}` },
        });
        const text = await file.text();
        const got = {
          file: file.status === 200 && text.split("\n").length > HOLDERS && text.includes(canary(thing)),
          leak: !reads && text.includes(canary(thing)),
          tag: await isFollowed(key, `subscription { tagChanged(tags: ["${tagOf(thing)}"]) { at } }`),
          segment: await isFollowed(key, `subscription { segmentChanged(key: "${segmentOf(thing)}") { at } }`),
        };
        return { thing, ...got, expected: reads };
      }),
    );
    for (const { thing, expected, ...got } of wrong)
      expect(got, thing).toEqual({ file: expected, leak: false, tag: expected, segment: expected });
  });
});

/** Whether a subscription goes on, rather than ending with an error. */
async function isFollowed(key: string, query: string): Promise<boolean> {
  const leave = new AbortController();
  const response = await fetch(viewers.app.url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
    signal: leave.signal,
  });
  const reader = response.body!.getReader();
  const said = async () => {
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      text += value ? Buffer.from(value).toString() : "";
      if (done || text.includes("errors")) return "refused";
    }
  };
  const quiet = new Promise<string>((done) => setTimeout(() => done("goes on"), 300));
  const found = await Promise.race([said().catch(() => "cut off"), quiet]);
  leave.abort();
  return response.status === 200 && found === "goes on";
}

describe("what is not shared", () => {
  const ask = (department: Department, role: string, query: string) => send(keyOf(department, role), query);

  test("is refused by name, all of it at once, with the department to ask", async () => {
    const { errors } = await ask(
      "product",
      "ANALYST",
      '{ segmentPreview(where: {any: [{tag: {key: "tag_private"}}, {not: {segment: {key: "segment_lent"}}}, {tag: {key: "tag_public"}}]}) { count } }',
    );
    expect(errors![0].extensions).toMatchObject({
      code: "FORBIDDEN",
      withheld: [
        { kind: "TAG", key: "tag_private", department: "sales" },
        { kind: "SEGMENT", key: "segment_lent", department: "sales" },
      ],
    });
    expect(errors![0].message).toBe(
      "where.any[0].tag: the tag tag_private of the department sales and the segment segment_lent of the department sales are not shared with your department. Ask for it with requestGrant.",
    );
  });

  test("is listed by name, with whom to ask, and what may be done with it", async () => {
    const listed = async (department: Department) => {
      const { data } = await ask(
        department,
        "ANALYST",
        "{ unsharedThings(kind: TAG, first: 500) { nodes { kind key department { key } access } } }",
      );
      return data.unsharedThings.nodes.map(({ key, access }: any) => [key, access]);
    };
    expect(await listed("sales")).toEqual([]);
    expect(await listed("service")).toEqual([
      ["tag_expired", "NONE"],
      ["tag_lent", "USE_IN_SEGMENTS"],
      ["tag_private", "NONE"],
    ]);
    expect(await listed("product")).toEqual(["expired", "lent", "private", "shown"].map((name) => [`tag_${name}`, "NONE"]));
    const page = await ask(
      "product",
      "ANALYST",
      "{ unsharedThings(first: 1) { nodes { key } pageInfo { hasNextPage endCursor } } }",
    );
    expect(page.data.unsharedThings).toMatchObject({ nodes: [{ key: "needs_expired" }], pageInfo: { hasNextPage: true } });
  });

  test("is to a frontend as unknown as what is not there", async () => {
    const code = async (key: string) =>
      (await ask("product", "APP", `{ users(where: {tag: {key: "${key}"}}) { totalCount } }`)).errors!.map(
        ({ extensions, message }) => [extensions.code, message.replaceAll(key, "KEY")],
      );
    expect(await code("tag_private")).toEqual(await code("xyz_unheard"));
  });

  test("stands in a segment that is shown to everybody by its members alone, the same ones for each of them", async () => {
    await own(
      'mutation { saveSegment(input: {key: "made_of_private", where: {all: [{tag: {key: "tag_private"}}, {segment: {key: "segment_private"}}]}, department: "sales"}) { errors { message } } }',
    );
    for (const [department, role] of [
      ["sales", "ANALYST"],
      ["service", "CRM"],
      ["product", "ANALYST"],
      ["product", "APP"],
    ] as const) {
      const { data, errors } = await ask(
        department,
        role,
        '{ users(where: {segment: {key: "made_of_private"}}) { totalCount } }',
      );
      expect(errors, `${role} of ${department}`).toBe(undefined);
      expect(data.users.totalCount).toBe(HOLDERS);
    }
    const { data } = await ask("product", "APP", '{ user(externalId: "u0") { segments { key } } }');
    expect(data.user.segments).toContainEqual({ key: "made_of_private" });
    expect(data.user.segments).not.toContainEqual({ key: "segment_private" });
  });

  test("stays hidden in the decline that is generated from it", async () => {
    await own(
      'mutation { createTag(input: {key: "quiet_sum", name: "Sum", family: CUSTOM, kind: METRIC, department: "sales", definition: {measure: "count", days: 30}}) { tag { key } errors { message } } }',
    );
    const generated = async () =>
      (
        await own('{ tags(first: 500, department: "sales") { nodes { key visibility generatedFrom { key } } } }')
      ).tags.nodes.filter(({ generatedFrom }: any) => generatedFrom?.key === "quiet_sum");
    expect((await generated()).map(({ visibility }: any) => visibility)).toContain("PUBLIC");
    await own('mutation { setVisibility(kind: TAG, key: "quiet_sum", visibility: PRIVATE) { errors { message } } }');
    expect(new Set((await generated()).map(({ visibility }: any) => visibility))).toEqual(new Set(["PRIVATE"]));
  });

  test("cannot be built into a tag, and whose department's tags are made is asked for", async () => {
    await own(
      'mutation { createTag(input: {key: "sales_rule", name: "Rule", family: CUSTOM, kind: RULE, department: "sales", visibility: PRIVATE, definition: {gt: [{measure: "count", days: 30}, 1]}}) { errors { message } } }',
    );
    const definition = 'definition: {gt: [{if: [{tag: "sales_rule"}, 1, 0]}, 0]}';
    const { data } = await ask(
      "service",
      "ANALYST",
      `mutation { createTag(input: {key: "mine", name: "Mine", family: CUSTOM, kind: RULE, department: "service", ${definition}}) { errors { code path message } } }`,
    );
    expect(data.createTag.errors).toEqual([
      { code: "FORBIDDEN", path: ["definition"], message: expect.stringContaining("sales_rule belongs to the department sales") },
    ]);
    const foreign = await ask(
      "service",
      "ANALYST",
      'mutation { createTag(input: {key: "theirs", name: "Theirs", family: CUSTOM, kind: MANUAL, department: "sales"}) { errors { code path } } }',
    );
    expect(foreign.data.createTag.errors).toEqual([{ code: "FORBIDDEN", path: ["department"] }]);
    const preview = await ask("service", "ANALYST", `{ previewTag(${definition}) { count } }`);
    expect(preview.errors!.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
  });
});

describe("what is lent for counting", () => {
  const count = async (where: string, asOf = "") => {
    const { data, errors } = await send(keyOf("service", "ANALYST"), `{ segmentPreview(where: ${where}${asOf}) { count } }`);
    return errors ? errors[0].extensions.code : data.segmentPreview.count;
  };
  const users = (from: number, to: number) =>
    `{ids: [${Array.from({ length: to - from }, (_, i) => `"${toGlobalId("User", Number(userIds[from + i]))}"`).join(", ")}]}`;
  let userIds: string[];
  beforeAll(async () => {
    userIds = (
      await viewers.app.store.pool.read<{ id: string }>(
        "select user_id as id from user_identity order by substr(external_id, 2)::int",
      )
    ).map(({ id }) => id);
  });

  test("is told in multiples of ten, never more than there are", async () => {
    expect(await count(`{all: [{tag: {key: "tag_lent"}}, ${users(5, 60)}]}`)).toBe(20);
    expect(await count(`{all: [{tag: {key: "tag_lent"}}, ${users(25, 60)}]}`)).toBe(0);
    expect(await count(`{all: [{tag: {key: "tag_shown"}}, ${users(5, 60)}]}`), "what may be read is exact").toBe(25);
  });

  test("is not told of fewer than ten, however they are padded or turned about", async () => {
    const one = users(0, 1);
    for (const where of [
      `{all: [{tag: {key: "tag_lent"}}, ${one}]}`,
      `{any: [{all: [{tag: {key: "tag_lent"}}, ${one}]}, ${users(40, 49)}]}`,
      `{not: {all: [{not: {tag: {key: "tag_lent"}}}, ${one}]}}`,
      `{any: [{segment: {key: "segment_lent"}}, {not: ${users(0, 9)}}]}`,
    ])
      expect(await count(where), where).toBe("TOO_FEW");
  });

  test("two questions that differ in one user are both multiples of ten", async () => {
    for (let to = 31; to <= 60; to++) {
      const both = await Promise.all(
        [users(10, to), users(10, to - 1)].map((some) => count(`{all: [{tag: {key: "tag_lent"}}, ${some}]}`)),
      );
      for (const each of both) expect(each % 10).toBe(0);
    }
  });

  test("is not told of one of them by a tag of one's own either, in no comparison", async () => {
    const analyst = keyOf("service", "ANALYST");
    for (const [key, holders] of [
      ["service_few", [0, 40, 41, 42, 43, 44, 45, 46, 47, 48]],
      ["service_many", Array.from({ length: 40 }, (_, i) => i)],
    ] as const) {
      await send(
        analyst,
        `mutation { createTag(input: {key: "${key}", name: "x", family: CUSTOM, kind: MANUAL, department: "service"}) { errors { message } } }`,
      );
      const assignments = holders.map((i) => ({ externalId: `u${i}`, tag: key }));
      await send(
        keyOf("service", "CRM"),
        "mutation ($a: [TagAssignmentInput!]!) { assignTags(input: {assignments: $a}) { assigned } }",
        { a: assignments },
      );
    }
    const a = `{any: [{segment: {key: "segment_lent"}}, ${users(40, 49)}]}`;
    const { data } = await send(
      analyst,
      `{ tagComparison(a: ${a}, b: {not: ${a}}, first: 500) { tag { key } countA countB }
         segmentPreview(where: ${a}) { portrait(first: 500) { tag { key } insideCount outsideCount } } }`,
    );
    const ofA = new Map(data.tagComparison.map(({ tag, countA }: any) => [tag.key, countA]));
    const inside = new Map(data.segmentPreview.portrait.map(({ tag, insideCount }: any) => [tag.key, insideCount]));
    for (const found of [ofA, inside]) {
      expect(found.has("service_few"), "u0 alone would decide between nine and ten").toBe(false);
      expect(found.get("service_many")).toBe(30);
    }
  });

  test("is not lent on: a segment that is made with it counts for others too, and lists nobody", async () => {
    const saved = await send(
      keyOf("service", "ANALYST"),
      'mutation { saveSegment(input: {key: "made_with_lent", where: {tag: {key: "tag_lent"}}}) { segment { department { key } count error } errors { message } } }',
    );
    expect(saved.data.saveSegment).toEqual({ segment: { department: { key: "service" }, count: 30, error: null }, errors: [] });
    for (const department of ["service", "product"] as const) {
      const key = keyOf(department, "ANALYST");
      const counted = await send(key, '{ segmentPreview(where: {segment: {key: "made_with_lent"}}) { count } }');
      expect(counted.data.segmentPreview.count, department).toBe(30);
      const listed = await send(key, '{ users(where: {segment: {key: "made_with_lent"}}) { nodes { id } } }');
      expect(
        listed.errors!.map(({ extensions }) => extensions.code),
        department,
      ).toEqual(["FORBIDDEN"]);
      const of = await send(key, '{ user(externalId: "u0") { segments { key } } }');
      expect(of.text, department).not.toContain("made_with_lent");
    }
    const sales = await send(
      keyOf("sales", "ANALYST"),
      '{ users(where: {segment: {key: "made_with_lent"}}, first: 500) { nodes { id } } }',
    );
    expect(sales.data.users.nodes).toHaveLength(30);
  });

  test("a segment that loses its grant says so to everybody, and comes back with it", async () => {
    const service = keyOf("service", "ANALYST");
    const list = "{ grants(direction: INCOMING) { nodes { id key kind right state } } }";
    const grant = (await send(service, list)).data.grants.nodes.find(({ key }: any) => key === "tag_lent");
    expect(grant).toMatchObject({ kind: "TAG", right: "USE_IN_SEGMENTS", state: "GRANTED" });
    const revoke = "mutation ($id: ID!) { revokeGrant(id: $id) { grant { state decidedBy } errors { code } } }";
    expect((await send(keyOf("product", "ANALYST"), revoke, { id: grant.id })).data.revokeGrant.errors).toEqual([
      { code: "NOT_FOUND" },
    ]);
    const revoked = await send(keyOf("sales", "ANALYST"), revoke, { id: grant.id });
    expect(revoked.data.revokeGrant).toEqual({ grant: { state: "REVOKED", decidedBy: "ANALYST of sales" }, errors: [] });
    for (const key of [service, ADMIN]) {
      const { data } = await send(key, '{ segment(key: "made_with_lent") { count error } }');
      expect(data.segment).toEqual({
        count: null,
        error: expect.stringContaining("the tag tag_lent of the department sales is not shared with the department service"),
      });
    }
    const asked = await send(
      service,
      'mutation { requestGrant(input: {kind: TAG, key: "tag_lent", reason: "for the win-back"}) { grant { id state owner { key } department { key } } errors { message } } }',
    );
    expect(asked.data.requestGrant).toMatchObject({
      errors: [],
      grant: { state: "REQUESTED", owner: { key: "sales" }, department: { key: "service" } },
    });
    const approve =
      'mutation ($id: ID!) { approveGrant(id: $id, expiresAt: "2190-01-01T00:00:00Z") { grant { state } errors { code } } }';
    const { id } = asked.data.requestGrant.grant;
    expect((await send(service, approve, { id })).data.approveGrant.errors).toEqual([{ code: "FORBIDDEN" }]);
    expect((await send(keyOf("sales", "ANALYST"), approve, { id })).data.approveGrant).toEqual({
      grant: { state: "GRANTED" },
      errors: [],
    });
    const { data } = await send(service, '{ segment(key: "made_with_lent") { count error } }');
    expect(data.segment).toEqual({ count: 30, error: null });
  });
});

test("a thing of a department is made visible and hidden by it alone, and what ships with Tidemark stays public", async () => {
  const set = async (department: Department, key: string, visibility: string) =>
    (
      await send(
        keyOf(department, "ANALYST"),
        `mutation { setVisibility(kind: TAG, key: "${key}", visibility: ${visibility}) { visibility errors { code } } }`,
      )
    ).data.setVisibility;
  expect(await set("service", "tag_private", "PUBLIC")).toEqual({ visibility: null, errors: [{ code: "FORBIDDEN" }] });
  expect(await set("sales", "tag_private", "PUBLIC")).toEqual({ visibility: "PUBLIC", errors: [] });
  expect((await send(keyOf("product", "ANALYST"), '{ tag(key: "tag_private") { key } }')).data.tag).toEqual({
    key: "tag_private",
  });
  expect(await set("sales", "tag_private", "PRIVATE")).toEqual({ visibility: "PRIVATE", errors: [] });
  const { setVisibility } = await own(
    'mutation { setVisibility(kind: TAG, key: "recency_days", visibility: PRIVATE) { visibility errors { code } } }',
  );
  expect(setVisibility).toEqual({ visibility: null, errors: [{ code: "CONFLICT" }] });
});

test("a tag that is made from a granted one warns when the grant has ended", async () => {
  const service = keyOf("service", "ANALYST");
  const { data } = await send(
    service,
    'mutation { createTag(input: {key: "service_rule", name: "x", family: CUSTOM, kind: RULE, department: "service", definition: {eq: [{tag: "tag_shown"}, "a text"]}}) { tag { health { warning } } errors { message } } }',
  );
  expect(data.createTag).toEqual({ tag: { health: { warning: null } }, errors: [] });
  const { grants } = (await send(service, "{ grants(direction: INCOMING) { nodes { id key kind } } }")).data;
  const { id } = grants.nodes.find(({ key, kind }: any) => key === "tag_shown" && kind === "TAG");
  // Given back by the department that has it.
  const revoked = await send(service, "mutation ($id: ID!) { revokeGrant(id: $id) { grant { state } errors { code } } }", { id });
  expect(revoked.data.revokeGrant).toEqual({ grant: { state: "REVOKED" }, errors: [] });
  const tag = (await send(service, '{ tag(key: "service_rule") { health { warning lastError } } }')).data.tag;
  expect(tag.health).toEqual({
    warning: expect.stringContaining("made from tag_shown of the department sales"),
    lastError: null,
  });
});
