import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countHoldersOfAll } from "../../src/segments/portrait.loader.js";
import { refreshTags } from "../../src/tags/metrics.step.js";
import { refreshCoverage } from "../../src/tags/summary.step.js";
import { populate } from "../tags/populate.js";
import { dataIsAbsent, readReal, readReference } from "../tags/real.js";
import { startTestApp, type TestApp } from "./harness.js";

const NOW = new Date("1997-10-01T00:00:00Z");
const PAST = "1997-07-01T00:00:00Z";

let app: TestApp;
const globalId = (id: number | string) => Buffer.from(`User:${id}`).toString("base64url");

async function refresh(asOf: Date): Promise<void> {
  const users = await app.store.pool.read<{ id: string }>("select id from app_user order by id");
  await app.store.pool.transaction((transaction) =>
    refreshTags(
      transaction,
      users.map(({ id }) => id),
      asOf,
    ),
  );
  await refreshCoverage(app.store.pool, asOf, countHoldersOfAll);
}

describe.skipIf(dataIsAbsent)("tags of CDNOW's customers through the graph", () => {
  let ids: string[];
  let declinesAtPast: Map<string, unknown[]>;

  beforeAll(async () => {
    app = await startTestApp({ asOf: NOW });
    const { histories, users } = readReal("cdnow");
    await populate(app.store, histories, users);
    // What the bulk step writes for the past day is kept aside; then the store moves on.
    await refresh(new Date(PAST));
    const rows = await app.store.pool.read<{ userId: string; key: string; since: Date; evidence: Record<string, unknown> }>(
      `select t.user_id as "userId", g.key, t.since, t.evidence from user_tag t join tag g on g.id = t.tag_id where g.kind = 'DECLINE' order by t.since desc, g.id`,
    );
    declinesAtPast = new Map(
      [...Map.groupBy(rows, ({ userId }) => userId)].map(([userId, declines]) => [
        globalId(userId),
        declines.map(({ key, since, evidence }) => ({
          tag: { key },
          since: since.toISOString(),
          currentValue: evidence.current,
          baselineValue: evidence.baseline,
          changeRatio: evidence.ratio,
          severity: evidence.severity,
        })),
      ]),
    );
    await refresh(NOW);
    ids = Array.from(histories.userIds, (id) => globalId(id));
  });
  afterAll(() => app.stop());

  const DECLINES = `query ($ids: [ID!]!, $asOf: DateTime) {
    nodes(ids: $ids) { id ... on User { declineTags(asOf: $asOf) { tag { key } since currentValue baselineValue changeRatio severity } } }
  }`;

  test("decline tags asked for at a past day equal what the bulk step wrote for that day, for every customer", async () => {
    let held = 0;
    for (let from = 0; from < ids.length; from += 500) {
      const { nodes } = await app.graph(DECLINES, { ids: ids.slice(from, from + 500), asOf: PAST });
      for (const { id, declineTags } of nodes) {
        expect(declineTags).toEqual(declinesAtPast.get(id) ?? []);
        held += declineTags.length;
      }
    }
    expect(held).toBeGreaterThan(5_000);
  });

  test("and at the day of the store equal the stored ones", async () => {
    const { nodes: stored } = await app.graph(DECLINES, { ids: ids.slice(0, 500) });
    const { nodes: computed } = await app.graph(DECLINES, { ids: ids.slice(0, 500), asOf: NOW });
    expect(computed).toEqual(stored);
  });

  test("a decline says in words what its numbers are, and how users of like frequency fared, in as many statements for a page as for one", async () => {
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { declineTags { tag { key } sentence changeRatio
      peers { frequencyFrom frequencyTo users medianRatio shareFallenAsFar } } } } }`;
    const one = await app.statementsOf(() => app.graph(document, { ids: ids.slice(0, 1) }));
    let nodes: any[] = [];
    expect(
      await app.statementsOf(async () => ({ nodes } = await app.graph(document, { ids: ids.slice(0, 500) }))),
    ).toBeLessThanOrEqual(one + 5);
    const declines = nodes.flatMap(({ declineTags }: any) => declineTags);
    expect(declines.length).toBeGreaterThan(50);
    let compared = 0;
    for (const { tag, sentence, peers } of declines) {
      expect(sentence, tag.key).toMatch(/^[A-Z0-9].*\d.*\.$/);
      if (!peers) continue;
      compared++;
      expect(peers.users).toBeGreaterThan(0);
      expect(peers.frequencyTo).toBe(2 * peers.frequencyFrom);
      expect(peers.shareFallenAsFar).toBeGreaterThanOrEqual(0);
      expect(peers.shareFallenAsFar).toBeLessThanOrEqual(1);
    }
    expect(compared).toBeGreaterThan(0);
  });

  test("all tags asked for at the day of the store equal the stored ones", async () => {
    const document = `query ($ids: [ID!]!, $asOf: DateTime) {
      nodes(ids: $ids) { ... on User { id tags(first: 100, asOf: $asOf) { nodes { tag { key } value since expiresAt source } } } }
    }`;
    const { nodes: stored } = await app.graph(document, { ids: ids.slice(0, 100) });
    const { nodes: computed } = await app.graph(document, { ids: ids.slice(0, 100), asOf: NOW });
    expect(computed).toEqual(stored);
    expect(stored[0].tags.nodes.length).toBeGreaterThan(20);
  });

  test("the distribution of RFM scores is the reference's, at two days", async () => {
    const reference = readReference("cdnow");
    for (const day of Object.keys(reference.at)) {
      const { n_users, value_quintiles: wanted } = reference.at[day]!.exact.rfm;
      const { rfmDistribution: found } = await app.graph(
        `query ($asOf: DateTime) { rfmDistribution(asOf: $asOf) {
           users thresholds { recency frequency monetary } scoreCounts { recency frequency monetary } cells { recency frequency monetary count } } }`,
        { asOf: new Date(day) },
      );
      expect(found.users).toBe(n_users);
      expect(found.thresholds.recency).toEqual(wanted.thresholds.R);
      expect(found.thresholds.frequency).toEqual(wanted.thresholds.F);
      for (const [place, cut] of wanted.thresholds.M.entries()) expect(found.thresholds.monetary[place]).toBeCloseTo(cut, 9);
      const counts = (name: "R" | "F" | "M") => [1, 2, 3, 4, 5].map((score) => wanted.score_counts[name][score] ?? 0);
      expect(found.scoreCounts).toEqual({ recency: counts("R"), frequency: counts("F"), monetary: counts("M") });
      expect(
        Object.fromEntries(found.cells.map((cell: any) => [`${cell.recency}${cell.frequency}${cell.monetary}`, cell.count])),
      ).toEqual(Object.fromEntries(Object.entries(wanted.cells).filter(([, count]) => count > 0)));
    }
  });

  test("RFM by cuts of one's own, and what is no set of cuts is refused", async () => {
    const document = `query ($method: RfmMethod!, $cuts: RfmCutsInput) { rfmDistribution(method: $method, cuts: $cuts) {
      method thresholds { frequency monetary } scoreCounts { frequency } emptyScores { frequency } } }`;
    const { rfmDistribution: found } = await app.graph(document, { method: "VALUE", cuts: { frequency: [1, 1, 5, 1000] } });
    expect(found.thresholds.frequency).toEqual([1, 1, 5, 1000]);
    expect(found.thresholds.monetary.length).toBe(4);
    expect(found.emptyScores.frequency).toEqual([2, 5]);
    expect(found.scoreCounts.frequency.reduce((sum: number, count: number) => sum + count, 0)).toBe(23_570);
    for (const [method, cuts] of [
      ["VALUE", { recency: [1, 2, 3] }],
      ["VALUE", { monetary: [4, 3, 2, 1] }],
      ["NTILE", { frequency: [1, 2, 3, 4] }],
    ]) {
      const { errors } = await app.answer(document, { method, cuts });
      expect(errors![0]!.extensions.code).toBe("BAD_INPUT");
    }
  });

  test("a user's RFM as it stands equals the one computed for the same day", async () => {
    const document = `query ($ids: [ID!]!, $asOf: DateTime) {
      nodes(ids: $ids) { ... on User { rfm(asOf: $asOf) { recencyDays frequency monetary recencyScore frequencyScore monetaryScore layer } } }
    }`;
    const { nodes: stored } = await app.graph(document, { ids: ids.slice(0, 300) });
    const { nodes: computed } = await app.graph(document, { ids: ids.slice(0, 300), asOf: NOW });
    expect(computed).toEqual(stored);
    const cells = new Set(stored.map(({ rfm }: any) => rfm.layer));
    expect(cells.size).toBeGreaterThan(6);
  });

  test("a user's RFM by NTILE and by cuts of one's own", async () => {
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User {
      tile: rfm(method: NTILE) { recencyDays frequency monetary recencyScore frequencyScore monetaryScore }
      cut: rfm(cuts: {frequency: [1, 1, 5, 1000]}) { frequency frequencyScore monetaryScore } value: rfm { monetaryScore } } } }`;
    const { nodes } = await app.graph(document, { ids: ids.filter((_, place) => place % 48 === 0) });
    for (const { cut, value } of nodes) {
      expect(cut.frequencyScore).toBe([1, 1, 5, 1000].reduce((score, at) => score + (cut.frequency > at ? 1 : 0), 1));
      expect(cut.monetaryScore).toBe(value.monetaryScore);
    }
    for (const [name, by] of [
      ["frequencyScore", "frequency"],
      ["monetaryScore", "monetary"],
    ] as const) {
      const sorted = nodes.map(({ tile }: any) => tile).sort((a: any, b: any) => a[by] - b[by] || a[name] - b[name]);
      for (const [place, tile] of sorted.entries())
        if (place > 0) expect(tile[name], `of more ${by}`).toBeGreaterThanOrEqual(sorted[place - 1][name]);
      expect(new Set(sorted.map((tile: any) => tile[name])), "where frequency by value leaves a score empty").toEqual(
        new Set([1, 2, 3, 4, 5]),
      );
    }
  });

  test("breaks in behaviour are found by each method, within the 26 weeks before, and the first is what is asked for by default", async () => {
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { standard: behaviorBreaks { at }
      ratio: behaviorBreaks(method: LIKELIHOOD_RATIO) { at } counts: behaviorBreaks(method: PELT_COUNTS) { at before after direction }
      gaps: behaviorBreaks(method: PELT_GAPS) { at before after direction } } } }`;
    const { nodes } = await app.graph(document, { ids: ids.slice(0, 500) });
    expect(nodes.map(({ standard }: any) => standard)).toEqual(nodes.map(({ ratio }: any) => ratio));
    for (const method of ["counts", "gaps"]) {
      const found = nodes.flatMap((node: any) => node[method]);
      expect(found.length, method).toBeGreaterThan(0);
      for (const { at, before, after, direction } of found) {
        expect(Date.parse(at)).toBeGreaterThanOrEqual(NOW.getTime() - 182 * 86_400_000);
        expect(Date.parse(at)).toBeLessThan(NOW.getTime());
        expect(direction).toBe(after < before ? "DOWN" : "UP");
      }
    }
  });

  test("breaks in behaviour are dated, directed, and the more certain the clearer", async () => {
    const { nodes } = await app.graph(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { behaviorBreaks { at direction before after confidence } } } }`,
      { ids: ids.slice(0, 500) },
    );
    const breaks = nodes.flatMap(({ behaviorBreaks }: any) => behaviorBreaks);
    expect(breaks.length).toBeGreaterThan(0);
    for (const { at, direction, before, after, confidence } of breaks) {
      expect(direction).toBe(after < before ? "DOWN" : "UP");
      expect(confidence).toBeGreaterThan(0.95);
      expect(confidence).toBeLessThanOrEqual(1);
      expect(new Date(at) < NOW).toBe(true);
    }
  });

  test.each([
    [
      "stored tags, declines and RFM",
      "tags(first: 50) { nodes { tag { key name family } value since } } declineTags { tag { key } severity } rfm { recencyDays recencyScore layer }",
    ],
    ["declines of a past day", `declineTags(asOf: "${PAST}") { tag { key } severity }`],
    [
      "tags, RFM and breaks of a past day",
      `tags(asOf: "${PAST}") { nodes { tag { key } value } } rfm(asOf: "${PAST}") { frequency } behaviorBreaks(asOf: "${PAST}") { at }`,
    ],
  ])("%s cost as many statements for 50 users as for one", async (_, fields) => {
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { ${fields} } } }`;
    await app.graph(document, { ids: ids.slice(0, 1) });
    const one = await app.statementsOf(() => app.graph(document, { ids: ids.slice(0, 1) }));
    expect(await app.statementsOf(() => app.graph(document, { ids: ids.slice(100, 150) }))).toBe(one);
    // Of a past day the last of them reads given tags with their history, which computed ones are made from.
    expect(one).toBeLessThanOrEqual(8);
  });

  test("a user's tags come in pages that join without a gap", async () => {
    const document = `query ($id: ID!, $first: Int!, $after: String) {
      node(id: $id) { ... on User { tags(first: $first, after: $after) { edges { cursor node { tag { key } } } pageInfo { hasNextPage endCursor } } } }
    }`;
    const whole = await app.graph(document, { id: ids[3], first: 200 });
    const keys: string[] = [];
    let after: string | null = null;
    do {
      const { node }: any = await app.graph(document, { id: ids[3], first: 7, after });
      keys.push(...node.tags.edges.map((edge: any) => edge.node.tag.key));
      after = node.tags.pageInfo.hasNextPage ? node.tags.pageInfo.endCursor : null;
    } while (after);
    expect(keys).toEqual(whole.node.tags.edges.map((edge: any) => edge.node.tag.key));
    const { errors } = await app.answer(document, { id: ids[3], first: 7, after: "bm9wZQ" });
    expect(errors![0]!.extensions.code).toBe("BAD_INPUT");
  });

  test("the library tells a tag's state, coverage, dependants and distribution, in as many statements for all as for one", async () => {
    const document = `query ($first: Int!) { tags(first: $first) { totalCount nodes {
      key name family kind state revision hasUnpublishedChanges department { key } coverage refreshedAt
      dependants { __typename key } valueDistribution(bins: 10) { label count } lifecycle { from to by reason } } } }`;
    const { tags } = await app.graph(document, { first: 200 });
    expect(tags.nodes.length).toBe(tags.totalCount);
    const byKey = new Map<string, any>(tags.nodes.map((tag: any) => [tag.key, tag]));
    const events = byKey.get("events_total");
    expect(events).toMatchObject({
      kind: "METRIC",
      state: "ACTIVE",
      revision: 1,
      coverage: 1,
      refreshedAt: NOW.toISOString(),
      hasUnpublishedChanges: false,
    });
    expect(events.valueDistribution.reduce((sum: number, { count }: any) => sum + count, 0)).toBe(23_570);
    expect(byKey.get("gap_mean_days").coverage).toBeLessThan(0.6);
    expect(byKey.get("gap_mean_days").dependants).toEqual(
      expect.arrayContaining([
        { __typename: "Tag", key: "gap_break_2x_mean" },
        { __typename: "Tag", key: "recency_over_gap" },
      ]),
    );
    expect(byKey.get("freq_drop_50").valueDistribution).toEqual([{ label: "true", count: 1205 }]);
    expect(byKey.get("freq_drop_50").coverage).toBeCloseTo(1205 / 23_570, 12);
    expect(byKey.get("vip")).toMatchObject({
      coverage: 0,
      department: { key: "marketing" },
      lifecycle: [{ from: null, to: "ACTIVE" }],
    });
    const one = await app.statementsOf(() => app.graph(document, { first: 1 }));
    expect(await app.statementsOf(() => app.graph(document, { first: 100 }))).toBeLessThanOrEqual(one + 2);
  });

  test("lifecycle stages follow from the same numbers", async () => {
    const rows = await app.store.pool.read<{ stage: string; count: number }>(
      "select lifecycle_stage as stage, count(*)::int as count from app_user group by 1 order by 1",
    );
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(23_570);
    const { exact } = readReference("cdnow").at["1997-10-01"]!;
    const active = rows.find(({ stage }) => stage === "ACTIVE")!.count;
    expect(active).toBe(exact.users_active_last_30d);
    const lost = rows.find(({ stage }) => stage === "LOST")!.count;
    expect(lost).toBe(23_570 - exact.eligible!);
  });
});
