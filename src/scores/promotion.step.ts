import type { Session, Transaction } from "../store/pool.js";
import { tagCatalogue } from "../tags/tag.loader.js";
import type { ChurnDefinitionRow } from "./churn-definition.loader.js";
import { makeDefaultDefinition } from "./churn-definition.step.js";
import type { ModelState } from "./churn-model.entity.js";
import type { ChurnModelRow } from "./churn-model.loader.js";

/*
 * CANDIDATE -> CHAMPION   it passed the gate, or somebody promoted it
 * CHAMPION  -> RETIRED    another one was promoted, or it was rolled back
 * RETIRED   -> CHAMPION   somebody promoted it again, or rolled back to it
 */

export interface Move {
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

/** Makes a model the one that serves; what served before is retired. The first definition with a champion becomes the default. */
export async function promote(
  tx: Transaction,
  id: number,
  definition: Pick<ChurnDefinitionRow, "id" | "key">,
  { by, reason, at }: Move,
): Promise<void> {
  // Two promotions of one definition take their turns, or there would be two champions.
  await tx.read("select from churn_definition where id = $1 for update", [definition.id]);
  const moved = await tx.read<{ id: number; version: number; before: ModelState }>(
    `update churn_model m set state = case when m.id = $1 then 'CHAMPION' else 'RETIRED' end from churn_model b
     where b.id = m.id and m.definition_id = $2 and (m.id = $1 or m.state = 'CHAMPION') and (m.id <> $1 or m.state <> 'CHAMPION')
     returning m.id, m.version, b.state as before`,
    [id, definition.id],
  );
  const version = moved.find((model) => model.id === id)?.version;
  for (const model of moved)
    await recordState(tx, model.id, model.before, model.id === id ? "CHAMPION" : "RETIRED", {
      by,
      reason: model.id === id ? reason : `Version ${version} took its place: ${reason}`,
      at,
    });
  const defaults = await tx.read("select from churn_definition where is_default");
  if (defaults.length === 0) await makeDefaultDefinition(tx, definition.key);
}

/** Why a model may not serve, whoever asks for it; null when it may. */
export async function refusalOf(
  session: Session,
  { id, features }: Pick<ChurnModelRow, "id" | "features">,
): Promise<{ readonly code: "NO_SIGNAL" | "CONFLICT"; readonly message: string } | null> {
  const [model] = await session.read<{ signal: boolean; sentence: string }>(
    "select (evaluation ->> 'signal')::boolean as signal, evaluation ->> 'signalSentence' as sentence from churn_model where id = $1",
    [id],
  );
  if (!model!.signal) return { code: "NO_SIGNAL", message: model!.sentence };
  const { byKey } = await tagCatalogue(session);
  const retired = features.filter((key) => byKey.get(key)?.state === "RETIRED");
  if (retired.length === 0) return null;
  return {
    code: "CONFLICT",
    message: `The model reads tags that are RETIRED (${retired.join(", ")}), and so are computed no more; train another one.`,
  };
}

export async function recordState(
  session: Session,
  modelId: number,
  from: ModelState | null,
  to: ModelState,
  { by, reason, at }: Move,
): Promise<void> {
  await session.read(
    "insert into churn_model_state (model_id, from_state, to_state, at, by_whom, reason) values ($1, $2, $3, $4, $5, $6)",
    [modelId, from, to, at, by, reason],
  );
}

/** Has the pipeline carry everybody forward: scores and tiers follow the model. */
export async function markEverybody(session: Session, now: Date): Promise<void> {
  await session.read("insert into user_change (user_id, marked_at) select id, $1 from app_user on conflict do nothing", [now]);
}
