import { Writable } from "node:stream";
import { createClient } from "graphql-sse";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportTo } from "../../src/export-command.js";
import { advance, carryDue, refreshAll } from "../../src/pipeline.js";
import { contextOfWork, ownerCalled } from "../../src/request.js";
import { moveMembers } from "../../src/segments/member.step.js";
import { beginDueRuns, runSegments } from "../../src/segments/run.step.js";
import { toldReason } from "../../src/segments/told.loader.js";
import { DAY_MS } from "../../src/tags/history.js";
import { startTestApp, type TestApp } from "./harness.js";

/** Moved on by the tests. A Monday. */
const clock = new Date("2020-06-01T12:00:00Z");
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ asOf: clock });
  await upsert(
    ...["ann", "bob", "cyd"].map((externalId, place) => ({
      externalId,
      source: "crm",
      firstSeenAt: "2020-01-01T00:00:00Z",
      attributes: { age: 30 + 10 * place },
    })),
  );
});
afterAll(() => app.stop());

const upsert = (...users: object[]) =>
  app.graph(`mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created rejected { message } } }`, {
    input: { users },
  });
const visit = (externalId: string, at: Date = new Date(clock.getTime() - 1_000)) =>
  app.graph(`mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted rejected { message } } }`, {
    input: { events: [{ externalId, source: "crm", type: "visit", occurredAt: at.toISOString() }] },
  });
const assign = (externalId: string, tag: string, more: object = {}) =>
  app.graph(`mutation ($input: AssignTagsInput!) { assignTags(input: $input) { assigned rejected { message } } }`, {
    input: { assignments: [{ externalId, source: "crm", tag, value: true, ...more }] },
  });
const save = async (key: string, text: string, more: object = {}) =>
  (
    await app.graph(
      `mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { segment { key revision count mode } errors { code message path } } }`,
      { input: { key, where: { text }, ...more } },
    )
  ).saveSegment;
const pass = (ms: number) => clock.setTime(clock.getTime() + ms);
const SECOND = 1_000;

const STAY =
  "nodes { user { identifiers { externalId } } since until reason conditions { text holds } exitReason exitConditions { text holds } } pageInfo { hasNextPage endCursor }";
async function segment(key: string, asOf?: Date): Promise<any> {
  const found = (
    await app.graph(
      `query ($key: String!, $asOf: DateTime) { segment(key: $key) {
        key mode schedule count storedCount isRunning nextRunAt refreshedAt lastError lastErrorAt
        members(first: 50, asOf: $asOf) { ${STAY} } entries(first: 50) { ${STAY} } exits(first: 50) { ${STAY} }
        sizeHistory(first: 10) { nodes { at count revision } }
      } }`,
      { key, asOf },
    )
  ).segment;
  const who = (list: any) => list.nodes.map(({ user, ...stay }: any) => ({ ...stay, user: user.identifiers[0].externalId }));
  return { ...found, members: who(found.members), entries: who(found.entries), exits: who(found.exits) };
}
const names = (stays: any[]) => stays.map(({ user }) => user).sort();

let cursor: string | null = null;
/** Entries and exits since the last call. */
async function news(): Promise<any[]> {
  const found: any[] = [];
  for (let more = true; more; ) {
    const { changes } = await app.graph(
      `query ($after: String) { changes(after: $after, first: 100) { nodes { __typename at
         ... on SegmentEntered { user { identifiers { externalId } } segment { key } reason conditions { text holds } }
         ... on SegmentExited { user { identifiers { externalId } } segment { key } reason conditions { text holds } } }
         pageInfo { hasNextPage endCursor } } }`,
      { after: cursor },
    );
    found.push(...changes.nodes);
    cursor = changes.pageInfo.endCursor;
    more = changes.pageInfo.hasNextPage;
  }
  return found
    .filter(({ __typename }) => __typename.startsWith("Segment"))
    .map(({ __typename, at, user, segment: of, reason, conditions }) => ({
      kind: __typename.slice("Segment".length),
      ...{ at, reason, conditions },
      user: user.identifiers[0].externalId,
      segment: of.key,
    }));
}

test("a new segment has its members at once, and says that it began", async () => {
  expect(await save("grown", "attribute.age >= 40")).toMatchObject({
    segment: { count: 2, mode: "LIVE", revision: 1 },
    errors: [],
  });
  const grown = await segment("grown");
  expect(grown).toMatchObject({ storedCount: 2, isRunning: false, refreshedAt: clock.toISOString(), lastError: null });
  expect(names(grown.members)).toEqual(["bob", "cyd"]);
  expect(grown.members[0]).toMatchObject({
    since: clock.toISOString(),
    until: null,
    reason: "the segment was made",
    conditions: [],
  });
  expect(grown.sizeHistory.nodes).toEqual([{ at: clock.toISOString(), count: 2, revision: 1 }]);
  expect(await news(), "who is in it from the beginning did not change").toEqual([]);
});

test("14 days without an event: the exit is at that second, with the condition that flipped", async () => {
  await save("awake", "event(type: visit, withinDays: 14) and attribute.age < 50");
  const last = new Date(clock.getTime() - SECOND);
  await visit("ann", new Date(clock.getTime() - 3 * DAY_MS));
  await visit("ann", last);
  expect(await news()).toEqual([
    {
      ...{ kind: "Entered", user: "ann", segment: "awake", at: clock.toISOString() },
      reason: "event(type: visit, withinDays: 14) holds now",
      conditions: [{ text: "event(type: visit, withinDays: 14)", holds: true }],
    },
  ]);
  const end = new Date(last.getTime() + 14 * DAY_MS);
  clock.setTime(end.getTime() - 5 * SECOND);
  expect((await carryDue(app.store.pool, clock))?.getTime(), "the next instant is known").toBe(end.getTime() + 1);
  expect(names((await segment("awake")).members)).toEqual(["ann"]);
  expect(await news()).toEqual([]);
  pass(6 * SECOND);
  expect((await segment("awake")).count, "asked on demand it is so at once").toBe(0);
  expect(await carryDue(app.store.pool, clock)).toBe(null);
  expect(await carryDue(app.store.pool, clock), "once").toBe(null);
  const [exit, ...more] = await news();
  expect(more).toEqual([]);
  expect(exit).toMatchObject({
    ...{ kind: "Exited", user: "ann", segment: "awake", reason: "event(type: visit, withinDays: 14) holds no more" },
    conditions: [{ text: "event(type: visit, withinDays: 14)", holds: false }],
  });
  expect(new Date(exit.at).getTime() - end.getTime()).toBe(SECOND);
  expect((await segment("awake")).exits).toMatchObject([{ user: "ann", until: exit.at, exitReason: exit.reason }]);
});

test("after an outage everybody is moved at their own second", async () => {
  const start = new Date(clock);
  for (const [place, who] of ["ann", "bob"].entries()) await visit(who, new Date(clock.getTime() - (place + 1) * 3_600_000));
  await news();
  pass(16 * DAY_MS);
  await carryDue(app.store.pool, clock);
  const exits = await news();
  expect(exits.map(({ user }) => user)).toEqual(["bob", "ann"]);
  for (const [place, { at }] of exits.entries()) {
    const left = start.getTime() - (2 - place) * 3_600_000 + 14 * DAY_MS;
    expect(new Date(at).getTime() - left).toBe(SECOND);
  }
});

test("a tag that runs out, or begins, lets users out and in at its instant", async () => {
  await save("vips", "tag.vip");
  const ends = new Date(clock.getTime() + 2 * DAY_MS);
  await assign("cyd", "vip", { since: "2020-06-01", expiresAt: ends.toISOString() });
  expect((await news()).map(({ kind, user }) => [kind, user])).toEqual([["Entered", "cyd"]]);
  clock.setTime(ends.getTime() - 1);
  await carryDue(app.store.pool, clock);
  expect(await news()).toEqual([]);
  pass(1);
  await carryDue(app.store.pool, clock);
  expect(await news()).toMatchObject([{ kind: "Exited", user: "cyd", at: ends.toISOString(), reason: "tag.vip holds no more" }]);
});

test("of several conditions the one is named that made the difference", async () => {
  await save("either", "tag.vip or event(type: visit, atLeast: 2, withinDays: 7)");
  await visit("bob", new Date(clock.getTime() - DAY_MS));
  await visit("bob");
  await assign("bob", "vip", { since: "2020-06-01" });
  await assign("ann", "vip", { since: "2020-06-01" });
  const told = (await news()).filter(({ segment: of }) => of === "either");
  expect(told.map(({ user, kind, conditions }) => [user, kind, conditions.map(({ text }: any) => text)])).toEqual([
    ["bob", "Entered", ["event(type: visit, atLeast: 2, withinDays: 7)"]],
    ["ann", "Entered", ["tag.vip"]],
  ]);
  pass(8 * DAY_MS);
  await carryDue(app.store.pool, clock);
  expect(
    (await news()).filter(({ segment: of }) => of === "either"),
    "bob is still a vip",
  ).toEqual([]);
});

test("a computed tag that time alone moves lets users in and out at its second: a count, and days since", async () => {
  await upsert({ externalId: "eve", source: "crm", firstSeenAt: "2020-01-01T00:00:00Z" });
  const first = new Date(clock.getTime() - 5 * DAY_MS - 3_600_000);
  for (const hours of [0, 7, 30]) await visit("eve", new Date(first.getTime() + hours * 3_600_000));
  const last = first.getTime() + 30 * 3_600_000;
  await refreshAll(app.store.pool, clock);
  await save("thrice", "tag.events_7d >= 3");
  await save("silent_week", "tag.days_since_last_event >= 7");
  const moves = async () =>
    (await news())
      .filter(({ user, segment: of }) => user === "eve" && ["thrice", "silent_week"].includes(of))
      .map(({ kind, segment: of, at }) => [kind, of, at]);
  await moves();
  const second = (at: number) => new Date(Math.ceil((at + 1) / SECOND) * SECOND).toISOString();
  /** Day by day, as the service does. */
  const told: unknown[] = [];
  for (let day = 0; day < 8; day++) {
    for (let hour = 0; hour < 24; hour += 6) {
      pass(6 * 3_600_000);
      await carryDue(app.store.pool, clock);
    }
    await refreshAll(app.store.pool, clock);
    told.push(...(await moves()));
  }
  expect(told).toEqual([
    ["Exited", "thrice", second(first.getTime() + 7 * DAY_MS)],
    ["Entered", "silent_week", new Date(last + 7 * DAY_MS).toISOString()],
  ]);
});

test("whoever subscribes is told of entries and exits as they happen, and of no other segment's", async () => {
  const client = createClient({ url: app.url, retryAttempts: 0 });
  const told: any[] = [];
  const done = client.subscribe(
    {
      query:
        'subscription { segmentChanged(key: "vips") { __typename at reason segment { key } user { identifiers { externalId } } conditions { text holds } } }',
    },
    { next: ({ data }: any) => told.push(data.segmentChanged), error: () => {}, complete: () => {} },
  );
  await new Promise((go) => setTimeout(go, 300));
  await assign("cyd", "vip", { since: "2020-06-01" });
  await visit("cyd");
  await app.graph(`mutation { removeTags(input: {assignments: [{externalId: "cyd", source: "crm", tag: "vip"}]}) { removed } }`);
  for (let turn = 0; turn < 200 && told.length < 2; turn++) await new Promise((go) => setTimeout(go, 50));
  done();
  client.dispose();
  expect(told.map(({ __typename, reason, segment: of }) => [__typename, of.key, reason])).toEqual([
    ["SegmentEntered", "vips", "tag.vip holds now"],
    ["SegmentExited", "vips", "tag.vip holds no more"],
  ]);
  expect(told[1]).toMatchObject({
    user: { identifiers: [{ externalId: "cyd" }] },
    conditions: [{ text: "tag.vip", holds: false }],
  });
  await news();
});

test("another expression moves whom it must, and says that the segment was changed", async () => {
  await save("grown", "attribute.age >= 50");
  expect(await news()).toMatchObject([
    { kind: "Exited", user: "bob", segment: "grown", reason: "what the segment says was changed (revision 2)", conditions: [] },
  ]);
  const grown = await segment("grown");
  expect(grown.sizeHistory.nodes.slice(0, 2).map(({ count, revision }: any) => [count, revision])).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test("a SNAPSHOT stays as it was, wherever it is asked, until it is refreshed; earlier ones stay readable", async () => {
  await save("frozen", "attribute.age < 50", { mode: "SNAPSHOT" });
  const first = new Date(clock);
  expect(names((await segment("frozen")).members)).toEqual(["ann", "bob"]);
  await news();
  await save("frozen_vips", "segment.frozen and tag.vip");
  pass(DAY_MS);
  await upsert({ externalId: "ann", source: "crm", attributes: { age: 60 } });
  await upsert({ externalId: "dan", source: "crm", firstSeenAt: "2020-01-01T00:00:00Z", attributes: { age: 20 } });
  await refreshAll(app.store.pool, clock);
  const counted = await app.graph(
    `{ users(where: {segment: {key: "frozen"}}) { totalCount } user(externalId: "ann") { segments { key } }
       segmentPreview(where: {text: "segment.frozen"}) { count } earlier: users(where: {segment: {key: "frozen"}}, asOf: "2020-06-02T00:00:00Z") { totalCount } }`,
  );
  expect(counted).toMatchObject({ users: { totalCount: 2 }, segmentPreview: { count: 2 }, earlier: { totalCount: 0 } });
  expect(counted.user.segments.map(({ key }: any) => key)).toContain("frozen");
  expect((await segment("frozen")).count).toBe(2);
  expect((await news()).filter(({ segment: of }) => of === "frozen")).toEqual([]);

  const { refreshSegment } = await app.graph(
    `mutation { refreshSegment(key: "frozen") { segment { isRunning storedCount refreshedAt } errors { message } } }`,
  );
  expect(refreshSegment).toEqual({
    segment: { isRunning: false, storedCount: 2, refreshedAt: clock.toISOString() },
    errors: [],
  });
  expect((await news()).map(({ kind, user, segment: of, reason }) => [kind, user, of, reason])).toEqual([
    ["Exited", "ann", "frozen", "attribute.age < 50 holds no more"],
    ["Entered", "dan", "frozen", "attribute.age < 50 holds now"],
    ["Exited", "ann", "frozen_vips", "segment.frozen holds no more"],
  ]);
  expect(names((await segment("frozen", first)).members), "as it was").toEqual(["ann", "bob"]);
  expect(names((await segment("frozen")).members)).toEqual(["bob", "dan"]);
  const missing = await app.graph(`mutation { refreshSegment(key: "nothing") { segment { key } errors { code path } } }`);
  expect(missing.refreshSegment).toEqual({ segment: null, errors: [{ code: "NOT_FOUND", path: ["key"] }] });
});

test("a SCHEDULED one runs when its time has come, once, and says when the next is", async () => {
  const { errors } = await save("nightly", "tag.vip", { mode: "SCHEDULED", schedule: "0 3 * * *" });
  expect(errors).toEqual([]);
  const { nextRunAt, members } = await segment("nightly");
  expect(names(members)).toEqual(["ann", "bob"]);
  expect(new Date(nextRunAt).getUTCHours()).toBe(3);
  await assign("cyd", "vip", { since: "2020-06-01" });
  expect((await segment("nightly")).storedCount, "not yet").toBe(2);
  expect(await beginDueRuns(app.store.pool, clock)).toEqual([]);
  clock.setTime(new Date(nextRunAt).getTime());
  const begun = await Promise.all([beginDueRuns(app.store.pool, clock), beginDueRuns(app.store.pool, clock)]);
  expect(begun.flat()).toEqual(["nightly"]);
  expect((await segment("nightly")).isRunning).toBe(true);
  await Promise.all([runSegments(app.store.pool, clock), runSegments(app.store.pool, clock)]);
  await runSegments(app.store.pool, clock);
  const after = await segment("nightly");
  expect(after).toMatchObject({ storedCount: 3, isRunning: false, refreshedAt: nextRunAt });
  expect(new Date(after.nextRunAt).getTime() - new Date(nextRunAt).getTime()).toBe(DAY_MS);
  expect(after.entries.filter(({ user }: any) => user === "cyd")).toMatchObject([
    { since: nextRunAt, reason: "tag.vip holds now" },
  ]);
});

test("what cannot be a schedule is refused with the remedy, and a circle through kept members as well", async () => {
  for (const [more, path] of [
    [{ mode: "SCHEDULED" }, "schedule"],
    [{ mode: "SCHEDULED", schedule: "every monday" }, "schedule"],
    [{ mode: "LIVE", schedule: "0 3 * * *" }, "schedule"],
    [{ alertShare: 0 }, "alertShare"],
  ] as const)
    expect(await save("odd", "tag.vip", more)).toMatchObject({
      segment: null,
      errors: [{ code: "BAD_INPUT", path: ["input", path] }],
    });
  expect((await save("frozen", "segment.frozen_vips")).errors[0].message).toContain("refers to itself");
});

test("merged users are one member, parted ones two again, and an erased one is none", async () => {
  await save("kept", "attribute.age < 30", { mode: "SNAPSHOT" });
  expect(names((await segment("kept")).members)).toEqual(["dan"]);
  const { mergeUsers } = await app.graph(
    `mutation { mergeUsers(input: {into: {externalId: "cyd", source: "crm"}, from: [{externalId: "dan", source: "crm"}]}) { user { mergedUsers { id } } errors { message } } }`,
  );
  expect(mergeUsers.errors).toEqual([]);
  expect((await segment("kept")).members).toHaveLength(1);
  expect(names((await segment("grown")).members)).toEqual(["ann", "cyd"]);
  const parted = await app.graph(`mutation ($id: ID!) { unmergeUser(id: $id) { errors { message } } }`, {
    id: mergeUsers.user.mergedUsers[0].id,
  });
  expect(parted.unmergeUser.errors).toEqual([]);
  expect(names((await segment("kept")).members)).toEqual(["dan"]);
  await app.graph(`mutation { eraseUser(input: {externalId: "dan", source: "crm"}) { erased } }`);
  expect((await segment("kept")).storedCount).toBe(0);
  for (const table of ["segment_member", "segment_member_history", "segment_truth"])
    expect(await app.store.pool.read(`select from ${table} where user_id not in (select id from app_user)`), table).toEqual([]);
});

test("a segment whose tag is retired says so, raises an alert and keeps its members", async () => {
  await app.graph(
    `mutation { createTag(input: {key: "fleeting", name: "Fleeting", family: CUSTOM, kind: MANUAL, department: "marketing"}) { errors { message } } }`,
  );
  await app.graph(`mutation { moveTag(key: "fleeting", to: ACTIVE) { errors { message } } }`);
  await assign("ann", "fleeting", { since: "2020-06-01" });
  await save("passing", "tag.fleeting");
  expect((await segment("passing")).storedCount).toBe(1);
  await app.store.pool.read("update tag set state = 'RETIRED' where key = 'fleeting'");
  await app.store.pool.read("update setting set value = jsonb_build_object('version', gen_random_uuid()) where key = 'tags'");
  pass(SECOND);
  await runSegments(app.store.pool, clock);
  await advance(app.store.pool, clock);
  expect(await segment("passing")).toMatchObject({
    lastError: expect.stringContaining("fleeting"),
    lastErrorAt: clock.toISOString(),
    storedCount: 1,
    count: null,
  });
  const { alerts } = await app.graph(`{ alerts(subjectType: SEGMENT, subjectKey: "passing") { nodes { kind message } } }`);
  expect(alerts.nodes).toMatchObject([{ kind: "SEGMENT_FAILED", message: expect.stringContaining("fleeting") }]);
  await save("passing", "tag.vip");
  expect((await segment("passing")).lastError).toBe(null);
});

test("a jump of the size is told once, by the share that the segment declares", async () => {
  await save("crowd", "attribute.crowd = true", { alertShare: 0.5 });
  const crowd = (from: number, to: number) =>
    upsert(
      ...Array.from({ length: to - from }, (_, place) => ({
        ...{ externalId: `c${from + place}`, source: "crm", firstSeenAt: "2020-01-01T00:00:00Z", attributes: { crowd: true } },
      })),
    );
  for (const [from, to] of [
    [0, 20],
    [20, 29],
    [29, 60],
  ] as const) {
    await crowd(from, to);
    pass(DAY_MS);
    await refreshAll(app.store.pool, clock);
  }
  const { alerts } = await app.graph(`{ alerts(subjectType: SEGMENT, subjectKey: "crowd") { nodes { kind message at } } }`);
  expect(alerts.nodes.map(({ message }: any) => message.slice(0, message.indexOf(";")))).toEqual([
    "The segment crowd has 60 members, up from 29 the time before",
    "The segment crowd has 20 members, up from 0 the time before",
  ]);
  expect((await segment("crowd")).sizeHistory.nodes.map(({ count }: any) => count)).toEqual([60, 29, 20, 0]);
});

test("pages of members go on where they stood, and all segments cost no more statements than one", async () => {
  const seen: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const { segment: page }: any = await app.graph(
      `query ($after: String) { segment(key: "crowd") { members(first: 25, after: $after) { ${STAY} } } }`,
      { after },
    );
    seen.push(...page.members.nodes.map(({ user }: any) => user.identifiers[0].externalId));
    after = page.members.pageInfo.endCursor;
    more = page.members.pageInfo.hasNextPage;
  }
  expect(new Set(seen).size).toBe(60);
  expect(seen).toHaveLength(60);
  const document = `{ segments { nodes { key storedCount members(first: 3) { nodes { user { id } } } exits(first: 3) { nodes { since } } sizeHistory(first: 2) { nodes { count } } } } }`;
  // The catalogue is read once for each change.
  await app.graph(document);
  const statements = await app.statementsOf(() => app.graph(document));
  await save("one_more", "tag.vip");
  await app.graph(document);
  expect(await app.statementsOf(() => app.graph(document))).toBe(statements);
});

test("what was cut short is done once: a transaction that dies leaves nothing, and the next one all", async () => {
  await news();
  await assign("c1", "vip", { since: "2020-06-01" });
  expect((await news()).filter(({ user, segment: of }) => user === "c1" && of === "vips")).toHaveLength(1);
  const { pool } = app.store;
  await pool.read(
    "insert into user_change (user_id, marked_at) select user_id, now() from user_identity where external_id = 'c2'",
  );
  await pool.read(
    "insert into user_tag (user_id, tag_id, since, source) select user_id, g.id, '2020-06-01', 'crm' from user_identity, tag g where external_id = 'c2' and g.key = 'vip'",
  );
  const dying = pool.transaction(async (transaction) => {
    const ids = await transaction.read<{ id: string }>("select user_id as id from user_identity where external_id = 'c2'");
    await moveMembers(
      transaction,
      ids.map(({ id }) => id),
      clock,
    );
    throw new Error("killed");
  });
  await expect(dying).rejects.toThrow("killed");
  expect(await news()).toEqual([]);
  await Promise.all([advance(pool, clock), advance(pool, clock)]);
  const told = (await news()).filter(({ user, segment: of }) => user === "c2" && of === "vips");
  expect(told).toHaveLength(1);
});

test("a run is over once everybody was looked at: whoever is held by somebody else is waited for, not passed over", async () => {
  const { pool } = app.store;
  await pool.read(
    "insert into user_change (user_id, marked_at) select user_id, now() from user_identity where external_id in ('c1', 'c2') on conflict do nothing",
  );
  await save("snapped", "attribute.crowd = true", { mode: "SNAPSHOT" });
  const before = await segment("snapped");
  expect(before).toMatchObject({ isRunning: true, refreshedAt: null });
  expect(names(before.members)).not.toContain("c1");
  await runSegments(pool, clock);
  expect((await segment("snapped")).isRunning).toBe(true);
  await advance(pool, clock);
  await runSegments(pool, clock);
  const after = await segment("snapped");
  expect(after).toMatchObject({ isRunning: false, refreshedAt: clock.toISOString(), storedCount: before.storedCount + 2 });
  expect(after.sizeHistory.nodes).toMatchObject([{ count: after.storedCount }]);
});

test("a change of the tier scheme moves the members of segments over tiers", async () => {
  const { pool } = app.store;
  await save("risky", "tier in (HIGH)");
  await pool.read("update churn_definition set is_default = key = 'retail'");
  await pool.read(
    `insert into churn_score (user_id, definition_id, model_id, probability, scored_at)
     select i.user_id, d.id, 1, 0.7, $1 from user_identity i, churn_definition d where d.is_default and i.external_id in ('ann', 'bob')`,
    [clock],
  );
  const scheme = async (cuts: number[]) => {
    const { saveTierScheme } = await app.graph(
      `mutation ($input: TierSchemeInput!) { saveTierScheme(input: $input) { errors { message } } }`,
      { input: { key: "default", cuts, tiers: ["LOW", "MEDIUM", "HIGH"].map((key) => ({ key, name: key })) } },
    );
    expect(saveTierScheme.errors).toEqual([]);
    return names((await segment("risky")).members);
  };
  expect(await scheme([0.4, 0.8])).toEqual([]);
  await scheme([0.4, 0.6]);
  expect((await segment("risky")).count).toBe(2);
  const marked = await pool.read<{ id: string }>("select user_id as id from user_change");
  expect(marked, "whoever moved is carried forward").toHaveLength(2);
  await pool.transaction((transaction) =>
    moveMembers(
      transaction,
      marked.map(({ id }) => id),
      clock,
    ),
  );
  expect(names((await segment("risky")).members)).toEqual(["ann", "bob"]);
});

test("an analyst is not told by a reason what a personal attribute says", async () => {
  const analyst = { ...ownerCalled("an analyst"), role: "ANALYST" as const };
  const conditions = [{ text: 'attribute.city = "Oslo"', holds: true }];
  const reason = { reason: 'attribute.city = "Oslo" holds now', conditions };
  const told = { reason: "tag.vip holds now", conditions: [{ text: "tag.vip", holds: true }] };
  const { id } = (await app.store.pool.read<{ id: number }>("select id from segment where key = 'vips'"))[0]!;
  await save("olsos", 'attribute.city = "Oslo" or tag.vip');
  const of = (await app.store.pool.read<{ id: number }>("select id from segment where key = 'olsos'"))[0]!.id;
  const owner = contextOfWork(app.store.pool, clock);
  const viewer = () => ({ ...owner, viewer: analyst });
  expect(await toldReason(owner, of, reason)).toEqual(reason);
  expect((await toldReason(viewer(), of, reason)).conditions).toEqual([]);
  expect((await toldReason(viewer(), of, told)).conditions, "nor by its being another one").toEqual([]);
  expect(await toldReason(viewer(), id, told)).toEqual(told);
  await app.graph(
    `mutation { saveAttribute(input: {key: "city", type: TEXT, personal: false, department: "company"}) { errors { message } } }`,
  );
  expect(await toldReason(viewer(), of, reason), "declared not to be personal").toEqual(reason);
});

const exported = (query: string) => fetch(new URL(`/exports/segment?${query}`, app.url));

test("members can be had as a file: CSV that no spreadsheet runs, NDJSON, with chosen tags and attributes", async () => {
  await upsert({
    externalId: "=cmd()",
    source: "crm",
    firstSeenAt: "2020-01-01T00:00:00Z",
    attributes: { crowd: true, note: "=1+1" },
  });
  const response = await exported("key=crowd&tags=vip,events_30d&attributes=note");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="segment-crowd.csv"');
  const lines = (await response.text()).trimEnd().split("\r\n");
  expect(lines[0]).toBe(
    "id,identifiers,churnProbability,riskTier,lifecycleStage,lastSeenAt,tag.vip,tag.events_30d,attribute.note",
  );
  expect(lines).toHaveLength(62);
  expect(lines.at(-1)).toMatch(/^\S+,crm:=cmd\(\),,,,,,0?,'=1\+1$/);
  const rows = (await (await exported("key=crowd&format=ndjson&tags=vip")).text()).trimEnd().split("\n");
  const parsed = rows.map((row) => JSON.parse(row));
  expect(parsed).toHaveLength(61);
  expect(parsed.filter((row) => row["tag.vip"] === true).map(({ identifiers }) => identifiers)).toEqual(["crm:c1", "crm:c2"]);
  const written: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      setImmediate(done);
    },
  });
  const order = { name: "segment", format: "ndjson", parameters: new Map([["key", "crowd"]]), now: clock } as const;
  await exportTo(output, app.store.pool, order);
  expect(written.join("").trimEnd().split("\n"), "the same from the command line").toHaveLength(61);
});

test.each([
  ["no segment", "", 400, "BAD_INPUT"],
  ["another segment", "key=nothing", 400, "UNKNOWN_SEGMENT"],
  ["a tag that there is not", "key=crowd&tags=nothing", 400, "UNKNOWN_TAG"],
])("of %s no file is begun", async (_, query, status, code) => {
  const response = await exported(query);
  expect([response.status, ((await response.json()) as any).errors[0].extensions.code]).toEqual([status, code]);
});

test("with a segment go the entries and exits that were told of it: nobody could be kept from them any more", async () => {
  await save("fresh", "attribute.fresh = true");
  await news();
  await upsert({ externalId: "newcomer", source: "crm", firstSeenAt: "2020-01-01T00:00:00Z", attributes: { fresh: true } });
  const from = cursor;
  expect((await news()).map(({ kind, user }) => [kind, user])).toContainEqual(["Entered", "newcomer"]);
  await app.graph(`mutation { deleteSegment(key: "fresh") { deleted } }`);
  cursor = from;
  expect((await news()).map(({ user }) => user)).not.toContain("newcomer");
});
