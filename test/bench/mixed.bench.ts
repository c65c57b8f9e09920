import { fillWhenEmpty } from "../../src/first-start.js";
import { progressOn } from "../../src/progress.js";
import type { Store } from "../../src/store/store.js";
import { apply, type LoadResult, riskProfile, serviceOn } from "./apply.js";
import type { Result } from "./run.js";

const ANALYSTS = 50;
/** An analyst reads an answer before the next question. */
const THINK_MS = 1_000;
const PROFILES_PER_SECOND = 500;
const SECONDS = 20;

const PREVIEW = `query ($where: SegmentExpression!) { segmentPreview(where: $where) { count populationCount
  portrait(first: 10) { tag { key } insideShare outsideShare lift pValue } members(first: 20) { nodes { id churnScore { probability } } } } }`;
const QUESTIONS = [
  "tag.dormant_30_in_90 or tag.freq_drop_50",
  "tier in (HIGH) and not tag.gap_break_2x_mean",
  "probability in [0.5, 1) and tag.orders_90d >= 1",
  "event(type: login, atMost: 0, withinDays: 14) and stage = AT_RISK",
  "rfm(recency: 1..2, monetary: 4..5)",
  "not tier in (LOW) and tag.events_90d >= 10",
].map((text) => JSON.stringify({ query: PREVIEW, variables: { where: { text } } }));
const OTHERS = [
  "{ contributionRanking(first: 20) { rank tag { key } meanAbsoluteContribution direction } }",
  "{ scoreDistribution(bins: 20) { count mean bins { from to count } naturalBreaks(classes: 3) } }",
  "{ tags(first: 100) { nodes { key coverage valueDistribution(bins: 10) { label count } } } }",
  '{ users(where: {riskTier: {in: ["HIGH"]}}, orderBy: CHURN_PROBABILITY_DESC, first: 50) { totalCount nodes { id churnScore { probability } tags(first: 5) { nodes { tag { key } value } } } } }',
].map((query) => JSON.stringify({ query }));

/** 50 analysts at work and 500 profiles a second at once, each also alone in the same run. */
export async function run(store: Store): Promise<readonly Result[]> {
  await fillWhenEmpty(store, new Date(), progressOn(process.stderr));
  const ids = await store.pool.read<{ id: string }>(
    "select external_id as id from user_identity order by external_id limit 1000",
  );
  const service = await serviceOn(store);
  const { url } = service;
  const query = riskProfile();
  const profiles = {
    url,
    bodies: ids.map(({ id: externalId }) => JSON.stringify({ query, variables: { externalId } })),
    connections: 64,
    seconds: SECONDS,
    perSecond: PROFILES_PER_SECOND,
  };
  const analysts = { url, bodies: [...QUESTIONS, ...OTHERS], connections: ANALYSTS, seconds: SECONDS, thinkMs: THINK_MS };
  await apply({ ...profiles, seconds: 3 });
  const alone = { profiles: await apply({ ...profiles, seconds: SECONDS / 2 }), analysts: await apply(analysts) };
  const [p, a] = await Promise.all([apply(profiles), apply(analysts)]);
  await service.stop();
  return [
    {
      name: `${PROFILES_PER_SECOND} profiles a second, with ${ANALYSTS} analysts at work`,
      figures: figuresOf(p, alone.profiles),
    },
    { name: `${ANALYSTS} analysts, with ${PROFILES_PER_SECOND} profiles a second`, figures: figuresOf(a, alone.analysts) },
  ];
}

function figuresOf(together: LoadResult, alone: LoadResult): Result["figures"] {
  return {
    "answered/s": together.requestsPerSecond,
    failed: together.failed,
    "p50 ms": together.p50Ms,
    "p99 ms": together.p99Ms,
    "alone: answered/s": alone.requestsPerSecond,
    "alone: failed": alone.failed,
    "alone: p50 ms": alone.p50Ms,
    "alone: p99 ms": alone.p99Ms,
    "p99, together over alone": together.p99Ms / alone.p99Ms,
  };
}
