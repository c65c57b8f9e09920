import { isActivity } from "../events/event-kind.js";
import type { RequestContext } from "../request.js";
import { behaviorBreaks } from "../tags/breaks.js";
import { computedTags, type Library } from "../tags/compute.loader.js";
import { NO_NEEDS } from "../tags/facts.js";
import { withFacts } from "../tags/facts.loader.js";
import { DAY_MS, type Histories } from "../tags/history.js";
import { readHistories, streamHistories } from "../tags/history.loader.js";
import { lifecycleStage } from "../tags/lifecycle-stage.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { rfmLayer, rfmScores, rfmThresholds } from "../tags/rfm.js";
import { rfmColumnsAt } from "../tags/rfm.loader.js";
import type { Texts } from "../tags/texts.js";
import type { Bound, BoundRfm } from "./bind.js";
import type { Test } from "./expression.js";

/**
 * The users who satisfy each leaf that SQL cannot know at an instant, from their events, as a Postgres bigint[]. Tags, stages and
 * RFM take one stream of all histories together, declines and breaks a second.
 *
 * @param userIds the only users that are asked about, for declines and breaks
 */
export async function evaluate(
  context: RequestContext,
  leaves: readonly Bound[],
  asOf: Date,
  userIds?: readonly string[],
): Promise<ReadonlyMap<Bound, string>> {
  const found = new Map<Bound, string>();
  if (leaves.length === 0) return found;
  for (const [leaf, ids] of await evaluateNumbers(context, leaves, asOf)) found.set(leaf, ids);
  for (const [leaf, ids] of await evaluateHistories(context, leaves, asOf, userIds)) found.set(leaf, ids);
  return found;
}

/** Whether the user in a row passes, and the columns it is read from. */
interface RowTest {
  readonly leaf: Bound;
  readonly keys: readonly string[];
  readonly passes: (values: readonly number[], texts: Texts) => boolean;
}

async function evaluateNumbers(context: RequestContext, leaves: readonly Bound[], asOf: Date): Promise<Map<Bound, string>> {
  const tests: RowTest[] = [];
  for (const leaf of leaves) {
    if (leaf.kind === "tag") {
      tests.push({ leaf, keys: [leaf.tag.key], passes: ([value], texts) => passesTag(leaf, value!, texts) });
    } else if (leaf.kind === "stage") {
      const passes = ([recency, tenure]: readonly number[]) => {
        const stage = lifecycleStage(recency!, tenure!);
        return stage !== null && leaf.in.includes(stage);
      };
      tests.push({ leaf, keys: ["recency_days", "tenure_days"], passes });
    } else if (leaf.kind === "rfm") tests.push(await rfmTest(context, leaf, asOf));
  }
  const keys = [...new Set(tests.flatMap((test) => test.keys))];
  if (keys.length === 0) return new Map();
  // A tag says something of users without an activity as well.
  const everybody = tests.some(({ leaf }) => leaf.kind === "tag");
  const { userIds, columns, texts } = await tagMatrix(context.store.pool, { asOf, keys, everybody });
  return new Map(
    tests.map((test) => {
      const read = test.keys.map((key) => columns[keys.indexOf(key)]!);
      const holders = userIds.filter((_, row) =>
        test.passes(
          read.map((column) => column[row]!),
          texts,
        ),
      );
      return [test.leaf, `{${holders.join(",")}}`];
    }),
  );
}

async function rfmTest(context: RequestContext, leaf: BoundRfm, asOf: Date): Promise<RowTest> {
  const thresholds = rfmThresholds(await rfmColumnsAt(context, asOf));
  const { rfm, ranges, layers } = leaf;
  return {
    leaf,
    keys: [rfm.recency, rfm.frequency, rfm.monetary],
    passes: ([recencyDays, frequency, monetary]) => {
      if (!(frequency! > 0)) return false;
      const scores = rfmScores({ recencyDays: recencyDays!, frequency: frequency!, monetary: monetary! }, thresholds);
      const within = [scores.recency, scores.frequency, scores.monetary].every(
        (score, i) => score >= ranges[i]![0] && score <= ranges[i]![1],
      );
      return within && layers.includes(rfmLayer(scores));
    },
  };
}

async function evaluateHistories(
  context: RequestContext,
  leaves: readonly Bound[],
  asOf: Date,
  userIds: readonly string[] | undefined,
): Promise<Map<Bound, string>> {
  const { pool } = context.store;
  const holders = new Map(
    leaves.flatMap((leaf) => (leaf.kind === "decline" || leaf.kind === "break" ? [[leaf, new Set<number>()] as const] : [])),
  );
  if (holders.size === 0) return new Map();
  const library = await computedTags(pool);
  const declines = [...holders.keys()].some(({ kind }) => kind === "decline");
  const needs = declines ? library.computeDeclines.needs : NO_NEEDS;
  const chunks =
    userIds === undefined
      ? streamHistories(pool, { before: asOf, needs })
      : [await withFacts(pool, await readHistories(pool, userIds, asOf), needs)];
  for await (const histories of chunks) {
    const computed = declines ? library.computeDeclines(histories, asOf.getTime()) : undefined;
    for (const [leaf, users] of holders) {
      if (leaf.kind === "break") addBroken(leaf, histories, library, asOf.getTime(), users);
      else
        for (const { tagId, users: places, evidence } of computed?.holdings ?? [])
          if (leaf.tagIds.includes(tagId))
            for (const [i, place] of places.entries())
              if (evidence !== undefined && leaf.severity.includes(evidence[i]!.severity)) users.add(histories.userIds[place]!);
    }
  }
  return new Map([...holders].map(([leaf, users]) => [leaf, `{${[...users].join(",")}}`]));
}

function addBroken(
  leaf: Bound & { kind: "break" },
  histories: Histories,
  { types }: Library,
  asOf: number,
  users: Set<number>,
): void {
  const activity = new Set(types.filter(({ kind }) => isActivity(kind)).map(({ id }) => id));
  const since = leaf.sinceDays === undefined ? Number.NEGATIVE_INFINITY : asOf - leaf.sinceDays * DAY_MS;
  for (let user = 0; user < histories.userIds.length; user++) {
    const [from, to] = [histories.offsets[user]!, histories.offsets[user + 1]!];
    const at = histories.at.subarray(from, to).filter((_, event) => activity.has(histories.typeIds[from + event]!));
    const fits = behaviorBreaks(at, asOf).some(
      (found) => (leaf.direction === undefined || found.direction === leaf.direction) && found.at.getTime() >= since,
    );
    if (fits) users.add(histories.userIds[user]!);
  }
}

/** Whether a computed value passes what an expression asks of its tag. */
export function passesTag({ tag, test }: Bound & { kind: "tag" }, value: number, texts: Texts): boolean {
  if (Number.isNaN(value)) return false;
  if (tag.valueType === "TEXT") return passesTest(texts.textOf(value), test);
  return tag.slot === null ? value === 1 : passesTest(value, test);
}

/** Values of one type, as the test's were bound; texts by their code units. */
function passesTest(value: number | string, test: Test): boolean {
  switch (test.op) {
    case "IS_SET":
      return true;
    case "IN":
      return test.values.includes(value);
    case "BETWEEN":
      return value >= test.low && value <= test.high;
    case "EQ":
      return value === test.value;
    case "NE":
      return value !== test.value;
    case "LT":
      return value < test.value;
    case "LTE":
      return value <= test.value;
    case "GT":
      return value > test.value;
    case "GTE":
      return value >= test.value;
  }
}
