import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import type { Pool } from "../store/pool.js";
import { computedTags } from "../tags/compute.loader.js";
import { streamHistories } from "../tags/history.loader.js";
import { lifecycleStage } from "../tags/lifecycle-stage.js";
import { tagMatrix } from "../tags/metrics.step.js";
import { type Bound, bindExpression, boundNodesOf } from "./bind.js";
import { catalogueFor } from "./catalogue.loader.js";
import { type Instant, isEvaluated } from "./compile.js";
import { parseExpression, type Test } from "./expression.js";
import type { Value } from "./operand.js";
import { countStatement } from "./statement.js";

/** Expressions that were looked up, at the instant they are asked about. */
export interface Asked {
  readonly wheres: readonly Bound[];
  readonly at: Instant;
}

/**
 * Parses and looks up expressions, and evaluates what SQL cannot know at a past instant. Without `asOf` the stored state is asked.
 *
 * @param inputs JSON by the name that errors call it
 */
export async function ask(
  context: RequestContext,
  inputs: Readonly<Record<string, unknown>>,
  asOf: Date | null | undefined,
): Promise<Asked> {
  const expressions = Object.entries(inputs).map(([name, input]) => parseExpression(input, name));
  const catalogue = await catalogueFor(context, expressions);
  const wheres = expressions.map((expression) => bindExpression(expression, catalogue));
  return { wheres, at: await instantOf(context, wheres, asOf) };
}

const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

async function instantOf(context: RequestContext, wheres: readonly Bound[], asOf: Date | null | undefined): Promise<Instant> {
  if (asOf === null || asOf === undefined) return { asOf: context.now, past: false, evaluated: new Map() };
  if (!(asOf.getTime() >= EARLIEST && asOf.getTime() <= LATEST))
    throw new TidemarkError("BAD_DATE", `asOf is ${asOf.toISOString()}; it lies outside the years 1900 to 2200.`);
  const nodes = wheres.flatMap((where) => [...boundNodesOf(where)]);
  await refuseLaterScores(context.store.pool, nodes, asOf);
  return { asOf, past: true, evaluated: await evaluate(context.store.pool, nodes, asOf) };
}

/** Scores have no history yet: those of a later day must not answer for an earlier one. */
async function refuseLaterScores(pool: Pool, nodes: readonly Bound[], asOf: Date): Promise<void> {
  const node = nodes.find((each) => each.kind === "score");
  if (node === undefined || node.kind !== "score") return;
  const rows = await pool.read<{ latest: Date | null }>(
    "select max(scored_at) as latest from churn_score where definition_id = $1",
    [node.definitionId],
  );
  const latest = rows[0]?.latest;
  if (latest && latest > asOf)
    throw new TidemarkError(
      "BAD_INPUT",
      `${node.path}: the stored scores are of ${latest.toISOString()}, which is after ${asOf.toISOString()}, and earlier ones are not kept. Leave asOf out, ask for a later day, or leave churnProbability out.`,
      { at: node.path },
    );
}

/** The users who satisfy each computed leaf at an instant, from their events: one stream of histories, or two where declines are asked. */
async function evaluate(pool: Pool, nodes: readonly Bound[], asOf: Date): Promise<Map<Bound, string>> {
  const leaves = nodes.filter(isEvaluated);
  const found = new Map<Bound, string>();
  const tags = leaves.flatMap((leaf) => (leaf.kind === "tag" ? [leaf.tag.key] : []));
  const keys = [...new Set([...tags, ...(leaves.some(({ kind }) => kind === "stage") ? STAGE_KEYS : [])])];
  if (keys.length > 0) {
    const { userIds, columns } = await tagMatrix(pool, { asOf, keys });
    const column = (key: string) => columns[keys.indexOf(key)]!;
    for (const leaf of leaves) {
      if (leaf.kind === "tag") {
        const values = column(leaf.tag.key);
        const passes =
          leaf.tag.slot === null ? (row: number) => values[row] === 1 : (row: number) => passesTest(values[row]!, leaf.test);
        found.set(leaf, idsWhere(userIds, passes));
      } else if (leaf.kind === "stage") {
        const [recency, tenure] = [column(STAGE_KEYS[0]), column(STAGE_KEYS[1])];
        found.set(
          leaf,
          idsWhere(userIds, (row) => {
            const stage = lifecycleStage(recency[row]!, tenure[row]!);
            return stage !== null && leaf.in.includes(stage);
          }),
        );
      }
    }
  }
  const declines = leaves.filter((leaf) => leaf.kind === "decline");
  if (declines.length > 0) for (const [leaf, ids] of await evaluateDeclines(pool, declines, asOf)) found.set(leaf, ids);
  return found;
}

/** What a lifecycle stage is made from. */
const STAGE_KEYS = ["recency_days", "tenure_days"] as const;

async function evaluateDeclines(
  pool: Pool,
  leaves: readonly (Bound & { kind: "decline" })[],
  asOf: Date,
): Promise<Map<Bound, string>> {
  const { computeDeclines } = await computedTags(pool);
  const holders = new Map(leaves.map((leaf) => [leaf, new Set<number>()]));
  for await (const histories of streamHistories(pool, { before: asOf })) {
    const { holdings } = computeDeclines(histories, asOf.getTime());
    for (const [leaf, users] of holders)
      for (const { tagId, users: places, evidence } of holdings)
        if (leaf.tagIds.includes(tagId))
          for (const [i, place] of places.entries())
            if (evidence !== undefined && leaf.severity.includes(evidence[i]!.severity)) users.add(histories.userIds[place]!);
  }
  return new Map([...holders].map(([leaf, users]) => [leaf, `{${[...users].join(",")}}`]));
}

function idsWhere(userIds: Float64Array, passes: (row: number) => boolean): string {
  return `{${userIds.filter((_, row) => passes(row)).join(",")}}`;
}

function passesTest(number: number, test: Test): boolean {
  if (Number.isNaN(number)) return false;
  const operand = (value: Value) => (typeof value === "number" ? value : Number.NaN);
  switch (test.op) {
    case "IS_SET":
      return true;
    case "IN":
      return test.values.includes(number);
    case "BETWEEN":
      return number >= operand(test.low) && number <= operand(test.high);
    case "EQ":
      return number === operand(test.value);
    case "NE":
      return number !== operand(test.value);
    case "LT":
      return number < operand(test.value);
    case "LTE":
      return number <= operand(test.value);
    case "GT":
      return number > operand(test.value);
    case "GTE":
      return number >= operand(test.value);
  }
}

/** Exact sizes of the whole population (undefined) and of parts of it, in one statement. */
export async function countUsers(pool: Pool, wheres: readonly (Bound | undefined)[], at: Instant): Promise<number[]> {
  const { text, values } = countStatement(wheres.map((where) => ({ where, at })));
  const { rows } = await pool.run<Record<string, number>>(text, values);
  return wheres.map((_, i) => rows[0]![`c${i}`]!);
}
