import { seededRandom } from "../../src/math/random.js";
import type { Catalogue } from "../../src/segments/catalogue.js";
import type { Pool } from "../../src/store/pool.js";
import type { Person } from "./naive.js";

export const NOW = Date.UTC(2026, 5, 15, 12);
export const PAST = Date.UTC(2026, 3, 2, 6, 30);
const DAY = 86_400_000;

const COMPUTED = new Set<string>(["RULE", "DECLINE", "METRIC"]);
const manual = ["vip", "allergic", "plan", "seats"];
export const CATALOGUE: Catalogue = {
  tags: new Map(
    (
      [
        { id: 1, key: "vip", kind: "MANUAL", valueType: "BOOLEAN", slot: null },
        { id: 2, key: "allergic", kind: "IMPORTED", valueType: "BOOLEAN", slot: null },
        { id: 3, key: "plan", kind: "MANUAL", valueType: "TEXT", slot: null },
        { id: 4, key: "seats", kind: "MANUAL", valueType: "NUMBER", slot: null },
        { id: 5, key: "dormant", kind: "RULE", valueType: "BOOLEAN", slot: null },
        { id: 6, key: "freq_drop_50", kind: "DECLINE", valueType: "BOOLEAN", slot: null },
        { id: 7, key: "events_30d", kind: "METRIC", valueType: "NUMBER", slot: 0 },
        { id: 8, key: "recency_days", kind: "METRIC", valueType: "NUMBER", slot: 3 },
        { id: 9, key: "amount", kind: "METRIC", valueType: "NUMBER", slot: 1 },
      ] as const
    ).map((tag) => [
      tag.key,
      { ...tag, computed: COMPUTED.has(tag.kind), declineOf: tag.key === "freq_drop_50" ? ["events_30d"] : [] },
    ]),
  ),
  eventTypes: new Map([
    ["login", { id: 1, kind: "INTERACTION" }],
    ["order", { id: 2, kind: "TRANSACTION" }],
    ["complaint", { id: 3, kind: "NEGATIVE" }],
  ]),
  categories: new Map([
    ["shoes", 1],
    ["hats", 2],
  ]),
  segments: new Map<string, unknown>([
    ["quiet", { all: [{ tag: { key: "dormant" } }, { not: { event: { type: "order", withinDays: 30 } } }] }],
    ["nested", { any: [{ segment: { key: "quiet" } }, { channel: { in: ["app"] } }] }],
  ]),
  schemes: new Map([
    ["default", { id: 1, tiers: ["LOW", "MEDIUM", "HIGH"] }],
    ["sales", { id: 2, tiers: ["COLD", "WARM"] }],
  ]),
  rfm: {
    recency: "recency_days",
    frequency: "events_30d",
    monetary: "amount",
    thresholds: { recency: [0, 0.5, 29.999, 30], frequency: [1, 2, 3, 4], monetary: [0, 1, 1, 2.5] },
  },
  held: new Map(),
  definitionId: 1,
};

/** A small population with histories, gaps, expiries, nulls, values on the very bounds, and attributes of mixed types. */
export function makePeople(count: number, seed: number): Person[] {
  const random = seededRandom(seed);
  const chance = (p: number) => random() < p;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const edges = [NOW, PAST, NOW - 30 * DAY, PAST - 30 * DAY, NOW - 7 * DAY, PAST - 7 * DAY];
  const instant = () => (chance(0.1) ? pick(edges) : NOW - Math.floor(random() * 150 * 86_400) * 1000 + 2 * DAY);
  const plans = ["basic", "pro", "Pro", "", "pró", "\u{1F600}", "ﬀ"];
  return Array.from({ length: count }, (_, i) => ({
    id: idOf(i),
    firstSeenAt: chance(0.06) ? null : instant(),
    channel: chance(0.2) ? null : pick(["app", "web", "shop"]),
    lifecycleStage: chance(0.3) ? null : pick(["NEW", "ACTIVE", "AT_RISK"]),
    attributes: {
      ...(chance(0.7) ? { city: pick(["Xi'an", "Köln", "Köln", null, 5, true, plans[5]]) } : {}),
      ...(chance(0.7) ? { age: pick([18, 30, 30.5, 64, "30", null, false, [30], { years: 30 }]) } : {}),
      ...(chance(0.5) ? { 'odd "name": $1': pick([true, false, "yes"]) } : {}),
    },
    assignments: [...manual, "dormant", "freq_drop_50"].flatMap((tag) => {
      const value = () => (tag === "plan" ? pick(plans) : tag === "seats" ? pick([0, 1, 2.5, 10, -3]) : (true as const));
      const cuts = [instant(), instant(), instant()].sort((a, b) => a - b);
      const severity = tag === "freq_drop_50" ? { severity: pick(["MILD", "MODERATE", "SEVERE"]) } : {};
      const found: Person["assignments"][number][] = [];
      if (chance(0.4) && cuts[0]! < cuts[1]!)
        found.push({ tag, since: cuts[0]!, until: cuts[1]!, value: value(), ended: true, ...severity });
      if (chance(0.5))
        found.push({
          tag,
          since: cuts[1]!,
          until: chance(0.5) ? Number.POSITIVE_INFINITY : cuts[2]!,
          value: value(),
          ended: false,
        });
      return found;
    }),
    metrics: {
      events_30d: chance(0.2) || !hasMetrics({ id: idOf(i) }) ? null : Math.floor(random() * 6),
      recency_days: chance(0.2) || !hasMetrics({ id: idOf(i) }) ? null : pick([0, 0.5, 29.999, 30, 90]),
      amount: chance(0.2) || !hasMetrics({ id: idOf(i) }) ? null : pick([-1, 0, 1, 1.5, 2.5, 7]),
    },
    tiers: ["default", "sales"].flatMap((scheme) => {
      const tiers = scheme === "default" ? ["LOW", "MEDIUM", "HIGH", null] : ["COLD", "WARM", null];
      const times = [...new Set(Array.from({ length: Math.floor(random() * 4) }, instant))].sort((a, b) => a - b);
      return times.map((since) => ({ scheme, since, tier: pick(tiers) }));
    }),
    probability: chance(0.3) ? null : pick([0, 0.5, 0.8, 1, random(), random()]),
    events: Array.from({ length: Math.floor(random() * 9) }, () => ({
      type: pick(["login", "order", "complaint"]),
      at: instant(),
      amount: chance(0.5) ? null : pick([0, 10, 10.0001, 99.99, -5]),
      categories: pick([[], ["shoes"], ["hats"], ["shoes", "hats"]] as const),
    })),
  }));
}

/** Writes the population as the rooms would have stored it. */
export async function storePeople(pool: Pool, people: readonly Person[]): Promise<void> {
  const time = (at: number | null) => (at === null || at === Number.POSITIVE_INFINITY ? null : new Date(at).toISOString());
  async function fill(table: string, columns: Readonly<Record<string, string>>, rows: readonly object[]) {
    const typed = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
    await pool.run(
      `insert into ${table} (${Object.keys(columns).join(", ")}) select * from jsonb_to_recordset($1::jsonb) as r(${typed.join(", ")})`,
      [JSON.stringify(rows)],
    );
  }
  await fill(
    "app_user",
    {
      id: "bigint",
      first_seen_at: "timestamptz",
      channel: "text",
      lifecycle_stage: "text",
      attributes: "jsonb",
      created_at: "timestamptz",
      updated_at: "timestamptz",
    },
    people.map((p) => ({
      id: p.id,
      first_seen_at: time(p.firstSeenAt),
      channel: p.channel,
      lifecycle_stage: p.lifecycleStage,
      attributes: p.attributes,
      created_at: time(NOW),
      updated_at: time(NOW),
    })),
  );
  const assignments = (ended: boolean) =>
    people.flatMap((p) =>
      p.assignments
        .filter((held) => held.ended === ended)
        .map((held) => ({
          user_id: p.id,
          tag_id: CATALOGUE.tags.get(held.tag)!.id,
          number_value: typeof held.value === "number" ? held.value : null,
          text_value: typeof held.value === "string" ? held.value : null,
          since: time(held.since),
          expires_at: time(held.until),
          until: time(held.until),
          source: "test",
          evidence: held.severity === undefined ? null : { severity: held.severity },
        })),
    );
  const assignment = {
    user_id: "bigint",
    tag_id: "int",
    number_value: "float8",
    text_value: "text",
    since: "timestamptz",
    source: "text",
  };
  await fill("user_tag", { ...assignment, expires_at: "timestamptz" }, assignments(false));
  await fill("user_tag_history", { ...assignment, until: "timestamptz" }, assignments(true));
  await fill(
    "user_metric",
    { user_id: "bigint", as_of: "timestamptz", numbers: "float8[]" },
    people.filter(hasMetrics).map((p) => ({
      user_id: p.id,
      as_of: time(NOW),
      numbers: [p.metrics.events_30d, p.metrics.amount, null, p.metrics.recency_days],
    })),
  );
  const tiers = people.flatMap((p) =>
    p.tiers.map((t) => ({
      ...t,
      user_id: p.id,
      scheme_id: CATALOGUE.schemes.get(t.scheme)!.id,
      since: time(t.since),
      reason: "score",
    })),
  );
  const tier = { user_id: "bigint", scheme_id: "int", since: "timestamptz", tier: "text", reason: "text" };
  await fill("tier_history", tier, tiers);
  const isLatest = (t: (typeof tiers)[number]) =>
    !tiers.some((l) => l.user_id === t.user_id && l.scheme_id === t.scheme_id && l.since! > t.since!);
  await fill(
    "user_tier",
    tier,
    tiers.filter((t) => t.tier !== null && isLatest(t)),
  );
  await fill(
    "churn_score",
    { user_id: "bigint", definition_id: "int", model_id: "int", probability: "float8", scored_at: "timestamptz" },
    people
      .filter((p) => p.probability !== null)
      .map((p) => ({ user_id: p.id, definition_id: 1, model_id: 1, probability: p.probability, scored_at: time(PAST) })),
  );
  await fill(
    "event",
    {
      user_id: "bigint",
      occurred_at: "timestamptz",
      id: "bigint",
      type_id: "int",
      source_id: "int",
      amount: "numeric(19,4)",
      category_ids: "int[]",
      received_at: "timestamptz",
    },
    people.flatMap((p) =>
      p.events.map((event, i) => ({
        user_id: p.id,
        occurred_at: time(event.at),
        id: p.id * 100 + i,
        type_id: CATALOGUE.eventTypes.get(event.type)!.id,
        source_id: 1,
        amount: event.amount,
        category_ids: event.categories.map((each) => CATALOGUE.categories.get(each)),
        received_at: time(event.at),
      })),
    ),
  );
}

/** Users lie in several chunks of the bitmaps, the last and the first of neighbours among them; most numbers are of nobody. */
const idOf = (i: number) => (i < 150 ? i + 1 : i < 250 ? 8_091 + i - 150 : 30_000 + i);

/** Some users have no row of metrics at all. */
const hasMetrics = (person: { readonly id: number }) => person.id % 7 !== 0;
