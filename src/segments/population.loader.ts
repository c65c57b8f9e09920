import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import type { Pool } from "../store/pool.js";
import { type Bound, bindExpression, boundNodesOf } from "./bind.js";
import { askBits } from "./bitmap.loader.js";
import { catalogueFor } from "./catalogue.loader.js";
import { type Instant, isEvaluated } from "./compile.js";
import { evaluate } from "./evaluate.loader.js";
import { parseExpression } from "./expression.js";
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
  if (asOf === null || asOf === undefined) return instantNow(context, wheres);
  if (!(asOf.getTime() >= EARLIEST && asOf.getTime() <= LATEST))
    throw new TidemarkError("BAD_DATE", `asOf is ${asOf.toISOString()}; it lies outside the years 1900 to 2200.`);
  await refuseLaterScores(context.store.pool, [...nodesIn(wheres)], asOf);
  return { asOf, past: true, evaluated: await evaluate(context, leavesIn(wheres, true), asOf) };
}

/** Now, from the stored state; for some users only, where they are given. */
export async function instantNow(
  context: RequestContext,
  wheres: readonly Bound[],
  userIds?: readonly string[],
): Promise<Instant> {
  return { asOf: context.now, past: false, evaluated: await evaluate(context, leavesIn(wheres, false), context.now, userIds) };
}

function* nodesIn(wheres: readonly Bound[]): Generator<Bound> {
  for (const where of wheres) yield* boundNodesOf(where);
}

function leavesIn(wheres: readonly Bound[], past: boolean): Bound[] {
  return [...nodesIn(wheres)].filter((node) => isEvaluated(node, { past }));
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

/** Exact sizes of the whole population (undefined) and of parts of it, all of one moment. */
export async function countUsers(pool: Pool, wheres: readonly (Bound | undefined)[], at: Instant): Promise<number[]> {
  const sums = wheres.map((_, i) => `coalesce(sum(bit_count(m${i})), 0)::int as c${i}`).join(", ");
  const byBits = await askBits<Record<string, number>>(pool, { wheres, at }, () => `select ${sums} from members`);
  const [counts] = byBits ?? (await countByRows(pool, wheres, at));
  return wheres.map((_, i) => counts![`c${i}`]!);
}

async function countByRows(pool: Pool, wheres: readonly (Bound | undefined)[], at: Instant): Promise<Record<string, number>[]> {
  const { text, values } = countStatement(wheres.map((where) => ({ where, at })));
  return (await pool.run<Record<string, number>>(text, values)).rows;
}
