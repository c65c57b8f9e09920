import { fromGlobalId } from "../../src/node.js";

/** One user with everything an expression can ask about, as plain data: the other side of the property tests. */
export interface Person {
  readonly id: number;
  readonly firstSeenAt: number | null;
  readonly channel: string | null;
  readonly lifecycleStage: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Held in [since, until); `until` of a current one is its expiry. `ended`: it was moved to the history. */
  readonly assignments: readonly {
    tag: string;
    since: number;
    until: number;
    value: true | number | string;
    ended: boolean;
    severity?: string;
  }[];
  /** The stored numbers of metrics, by tag. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly tiers: readonly { scheme: string; since: number; tier: string | null }[];
  readonly probability: number | null;
  readonly events: readonly { type: string; at: number; amount: number | null; categories: readonly string[] }[];
}

export interface Question {
  readonly asOf: number;
  /** At a past instant: what the tags engine says of computed tags then; absent: no value. */
  readonly computed?: (person: Person, tag: string) => number | undefined;
  /** The same of decline's severity and of lifecycle stages. */
  readonly severityThen?: (person: Person) => string | undefined;
  readonly stageThen?: (person: Person) => string | null;
  /** Of RFM: the cuts of then, against the values of then. */
  readonly rfmThen?: (person: Person) => { recency: number; frequency: number; monetary: number; layer: string } | null;
  /** Breaks are computed at any instant. */
  readonly breaks: (person: Person) => readonly { direction: string; daysAgo: number }[];
  readonly rfmNow: (person: Person) => { recency: number; frequency: number; monetary: number; layer: string } | null;
  readonly computedTags: ReadonlySet<string>;
  readonly metricTags: ReadonlySet<string>;
  readonly activityTypes: ReadonlySet<string>;
  readonly segments: Readonly<Record<string, any>>;
}

const DAY = 86_400_000;

/** Says the same as the compiled SQL, in the plainest way that could be thought of. */
export function satisfies(person: Person, node: any, question: Question): boolean {
  if (node.all) return node.all.every((each: any) => satisfies(person, each, question));
  if (node.any) return node.any.some((each: any) => satisfies(person, each, question));
  if (node.not) return !satisfies(person, node.not, question);
  if (node.segment) return satisfies(person, question.segments[node.segment.key], question);
  if (node.tag) return tagValues(person, node.tag.key, question).some((value) => passes(value, node.tag));
  if (node.riskTier) {
    const scheme = node.riskTier.scheme ?? "default";
    const known = person.tiers.filter((tier) => tier.scheme === scheme && (!question.computed || tier.since <= question.asOf));
    const latest = [...known].sort((a, b) => b.since - a.since)[0];
    return latest?.tier != null && node.riskTier.in.includes(latest.tier);
  }
  if (node.churnProbability) {
    const { gte, lt } = node.churnProbability;
    const p = person.probability;
    return p !== null && (gte == null || p >= gte) && (lt == null || p < lt);
  }
  if (node.channel) return person.channel !== null && node.channel.in.includes(person.channel);
  if (node.lifecycleStage) {
    const stage = question.computed ? question.stageThen?.(person) : person.lifecycleStage;
    return stage != null && node.lifecycleStage.in.includes(stage);
  }
  if (node.decline) {
    const found = question.computed
      ? [question.severityThen?.(person)]
      : holding(person, "freq_drop_50", question).map(({ severity }) => severity);
    return found.some((severity) => severity !== undefined && (node.decline.severity ?? [severity]).includes(severity));
  }
  if (node.rfm) {
    const scores = question.computed ? question.rfmThen?.(person) : question.rfmNow(person);
    if (scores == null) return false;
    const fits = (name: "recency" | "frequency" | "monetary") =>
      scores[name] >= (node.rfm[name]?.gte ?? 1) && scores[name] <= (node.rfm[name]?.lte ?? 5);
    return fits("recency") && fits("frequency") && fits("monetary") && (node.rfm.layer ?? [scores.layer]).includes(scores.layer);
  }
  if (node.behaviorBreak) {
    const { direction, sinceDays } = node.behaviorBreak;
    return question
      .breaks(person)
      .some((found) => (direction == null || found.direction === direction) && (sinceDays == null || found.daysAgo <= sinceDays));
  }
  if (node.attribute) return passes(person.attributes[node.attribute.name] ?? undefined, node.attribute);
  if (node.ids) return node.ids.some((id: string) => Number(fromGlobalId(id).id) === person.id);
  if (node.event) {
    const { type, atLeast, atMost, withinDays, endingDaysAgo, category, minAmount } = node.event;
    const end = question.asOf - (endingDaysAgo ?? 0) * DAY;
    const count = person.events.filter(
      (event) =>
        (type == null ? question.activityTypes.has(event.type) : event.type === type) &&
        event.at < end &&
        (withinDays == null || event.at >= end - withinDays * DAY) &&
        (category == null || event.categories.includes(category)) &&
        (minAmount == null || (event.amount !== null && event.amount >= minAmount)),
    ).length;
    return count >= (atLeast ?? (atMost == null ? 1 : 0)) && count <= (atMost ?? Number.POSITIVE_INFINITY);
  }
  throw new Error(`unknown node ${JSON.stringify(node)}`);
}

function holding(person: Person, tag: string, { asOf, computed }: Question) {
  return person.assignments.filter(
    (held) => held.tag === tag && held.since <= asOf && held.until > asOf && (computed || !held.ended),
  );
}

function tagValues(person: Person, tag: string, question: Question): unknown[] {
  const { computed, computedTags, metricTags } = question;
  if (computed && computedTags.has(tag)) {
    const value = computed(person, tag);
    if (value === undefined) return [];
    return metricTags.has(tag) ? [value] : value === 0 ? [] : [true];
  }
  if (metricTags.has(tag)) return [person.metrics[tag] ?? undefined];
  return holding(person, tag, question).map(({ value }) => value);
}

function passes(value: unknown, { op = "IS_SET", value: operand, values }: any): boolean {
  if (value === undefined) return false;
  const order = typeof value === typeof operand ? compare(value, operand) : undefined;
  switch (op) {
    case "IS_SET":
      return true;
    case "EQ":
      return value === operand;
    case "NE":
      return value !== operand;
    case "LT":
      return order !== undefined && order < 0;
    case "LTE":
      return order !== undefined && order <= 0;
    case "GT":
      return order !== undefined && order > 0;
    case "GTE":
      return order !== undefined && order >= 0;
    case "IN":
      return values.includes(value);
    case "BETWEEN":
      return typeof value === typeof values[0] && compare(value, values[0]) >= 0 && compare(value, values[1]) <= 0;
    default:
      throw new Error(op);
  }
}

/** Numbers by size, texts by code point (the bytes of UTF-8 keep that order). */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
