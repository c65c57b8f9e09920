import { TidemarkError } from "../errors.js";
import type { UserError } from "../page.js";
import { raiseAlert } from "../people/alert.step.js";
import { contextOfWork, type RequestContext } from "../request.js";
import type { Transaction } from "../store/pool.js";
import { NOBODY_RULED, type RuledUsers, type TierRule } from "../tiers/tier-rule.js";
import type { TierSchemeRow } from "../tiers/tier-scheme.loader.js";
import { type Bound, bindExpression, boundNodesOf } from "./bind.js";
import { catalogueFor } from "./catalogue.loader.js";
import { isEvaluated } from "./compile.js";
import { evaluate } from "./evaluate.loader.js";
import { type Expression, parseExpression } from "./expression.js";
import { formatExpression } from "./format.js";
import { truthStatement } from "./truth.js";

/** Users of one statement, where everybody is asked about. */
const CHUNK_USERS = 10_000;
const DAY_MS = 86_400_000;

interface ReadRule {
  readonly rule: TierRule;
  readonly expression: Expression;
  readonly where: Bound;
}

/**
 * What is wrong with the rules of a scheme of a department: an expression that cannot be asked, by whose rights it will be asked, or one
 * that asks for tiers, which are what the rules decide.
 */
export async function ruleErrors(
  context: RequestContext,
  rules: readonly TierRule[],
  department: string,
): Promise<readonly UserError[]> {
  const errors: UserError[] = [];
  for (const [place, found] of (await readRules(context, { rules, department: { key: department } })).entries())
    if (found instanceof TidemarkError)
      errors.push({ code: found.code, message: found.message, path: ["input", "rules", String(place), "where"] });
  return errors;
}

/** Each rule as it is asked, or why it cannot be. */
export async function readRules(
  context: RequestContext,
  { rules, department }: Pick<TierSchemeRow, "rules" | "department">,
): Promise<readonly (ReadRule | TidemarkError)[]> {
  const parsed = rules.map(({ where }, place) => orRefusal(() => parseExpression(where, `rules[${place}].where`)));
  const catalogue = await catalogueFor(
    context,
    parsed.filter((each): each is Expression => !(each instanceof TidemarkError)),
  );
  return parsed.map((expression, place) => {
    if (expression instanceof TidemarkError) return expression;
    return orRefusal(() => {
      const where = bindExpression(expression, catalogue, [], department.key);
      if ([...boundNodesOf(where)].some(({ kind }) => kind === "tier"))
        throw new TidemarkError(
          "BAD_INPUT",
          `rules[${place}].where asks for risk tiers, which rules decide; ask for churnProbability instead.`,
        );
      return { rule: rules[place]!, expression, where };
    });
  });
}

function orRefusal<T>(work: () => T): T | TidemarkError {
  try {
    return work();
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
}

/** For whom rules of a scheme hold; one that cannot be asked any more holds for nobody, and an alert says so once a day. */
export async function findRuled(
  tx: Transaction,
  scheme: Pick<TierSchemeRow, "key" | "rules" | "department">,
  userIds: readonly string[] | null,
  asOf: Date,
): Promise<RuledUsers> {
  if (scheme.rules.length === 0) return NOBODY_RULED;
  const context = contextOfWork(tx, asOf);
  const rules: ReadRule[] = [];
  for (const [place, found] of (await readRules(context, scheme)).entries()) {
    if (!(found instanceof TidemarkError)) rules.push(found);
    else
      await raiseAlert(tx, {
        kind: "TIER_RULE_BROKEN",
        subjectType: "TIER_SCHEME",
        subjectKey: scheme.key,
        message: `Rule ${place + 1} of the tier scheme ${scheme.key} cannot be asked and holds for nobody: ${found.message}`,
        at: new Date(Math.floor(asOf.getTime() / DAY_MS) * DAY_MS),
      });
  }
  if (rules.length === 0) return NOBODY_RULED;
  const ruled = { userIds: [] as string[], tiers: [] as string[], reasons: [] as string[] };
  for await (const some of userIds === null ? everybody(tx) : [userIds]) {
    const wheres = rules.map(({ where }) => where);
    const leaves = wheres.flatMap((where) => [...boundNodesOf(where)]).filter((node) => isEvaluated(node, { past: false }));
    const at = { asOf, past: false, evaluated: await evaluate(context, leaves, asOf, some) };
    const { text, values } = truthStatement(wheres, [], at, some);
    const { rows } = await tx.run<{ id: string; truths: string }>(text, values);
    for (const { id, truths } of rows) {
      const first = rules[truths.indexOf("1")];
      if (!first) continue;
      ruled.userIds.push(id);
      ruled.tiers.push(first.rule.then);
      ruled.reasons.push(`rule: ${first.rule.reason ?? formatExpression(first.expression)}`);
    }
  }
  return ruled;
}

async function* everybody(tx: Transaction): AsyncGenerator<readonly string[]> {
  for (let after = "-1"; ; ) {
    const rows = await tx.read<{ id: string }>("select id from app_user where id > $1 order by id limit $2", [
      after,
      CHUNK_USERS,
    ]);
    if (rows.length > 0) yield rows.map(({ id }) => id);
    if (rows.length < CHUNK_USERS) return;
    after = rows.at(-1)!.id;
  }
}
