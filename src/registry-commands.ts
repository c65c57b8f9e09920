import { TidemarkError } from "./errors.js";
import { advance } from "./pipeline.js";
import { churnDefinitions, definitionByKey } from "./scores/churn-definition.loader.js";
import { type ChurnModelRow, keyOfModel, readEvaluatedModel, readModels } from "./scores/churn-model.loader.js";
import { markEverybody, promote, refusalOf } from "./scores/promotion.step.js";
import { predecessorOf } from "./scores/registry.loader.js";
import type { Session } from "./store/pool.js";
import type { Store } from "./store/store.js";

const MOST_LISTED = 20;
const MOST_VERSIONS = 1_000;

/** The newest models, a line each and one for what became of the latest forecast. */
export async function listModels(session: Session, definition: string | null): Promise<string[]> {
  const models = await readModels(session, definition, MOST_LISTED);
  if (models.length === 0) return ["there are no models; tidemark train --template retail makes one"];
  const lines: string[] = [];
  for (const model of models) {
    const { evaluation } = (await readEvaluatedModel(session, model.id))!;
    const later = evaluation.laterDate ? `, ${evaluation.laterDate.auc.toFixed(4)} at a later date` : "";
    lines.push(
      `${keyOfModel(model).padEnd(14)} ${model.state.padEnd(9)} ${model.algorithm}, trained ${day(model.trainedAt)}: AUC ${evaluation.auc.toFixed(4)}${later}, off by ${(100 * evaluation.calibrationError).toFixed(1)} %`,
    );
    const [latest] = await session.read<{ scoredAt: Date; users: number; expected: number; churned: number; auc: number | null }>(
      `select scored_at as "scoredAt", users, expected, churned, auc from backtest where model_id = $1 order by scored_at desc limit 1`,
      [model.id],
    );
    if (latest)
      lines.push(
        `${" ".repeat(24)} foretold ${day(latest.scoredAt)} of ${latest.users.toLocaleString("en")} users: ${Math.round(latest.expected).toLocaleString("en")} expected to churn, ${latest.churned.toLocaleString("en")} did${latest.auc === null ? "" : `, AUC ${latest.auc.toFixed(4)}`}`,
      );
  }
  return lines;
}

/** Promotes a model by its key, or rolls a definition back, as the API would; says what it did. */
export async function serveModel(
  { pool }: Store,
  how: "promote" | "rollback",
  key: string,
  reason: string | undefined,
  now: Date,
): Promise<string> {
  const model = how === "promote" ? await modelByKey(pool, key) : await modelBefore(pool, key);
  const refusal = await refusalOf(pool, model);
  if (refusal) throw new TidemarkError(refusal.code, refusal.message);
  if (model.state === "CHAMPION") return `${keyOfModel(model)} serves already`;
  const said = reason ?? (how === "promote" ? "It was promoted by hand." : "The one after it was rolled back.");
  await pool.transaction(async (tx) => {
    await promote(tx, model.id, { id: model.definitionId, key: model.definition }, { by: "command line", reason: said, at: now });
    await markEverybody(tx, now);
  });
  const users = await advance(pool, now);
  return `${keyOfModel(model)} serves now; scored ${users.toLocaleString("en")} users`;
}

async function modelByKey(session: Session, key: string): Promise<ChurnModelRow> {
  const [definition = "", version] = key.split("/");
  const found = (await readModels(session, definition, MOST_VERSIONS)).find((each) => each.version === Number(version));
  if (!found)
    throw new TidemarkError("NOT_FOUND", `There is no model ${key}; name a definition and a version, such as retail/1.`);
  return found;
}

async function modelBefore(session: Session, key: string): Promise<ChurnModelRow> {
  const definition = definitionByKey(await churnDefinitions(session), key);
  const { champion, id } = await predecessorOf(session, definition.id);
  if (!champion)
    throw new TidemarkError(
      "NO_CHAMPION",
      `No model of ${key} serves, so there is nothing to roll back; tidemark train makes one.`,
    );
  if (id === null)
    throw new TidemarkError(
      "CONFLICT",
      `No model of ${key} served before version ${champion.version}; promote another one with tidemark model promote.`,
    );
  return (await readModels(session, key, MOST_VERSIONS)).find((each) => each.id === id)!;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
