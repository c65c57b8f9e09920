import { raiseAlert } from "../people/alert.step.js";
import type { Session } from "../store/pool.js";
import { driftSince } from "../tags/drift.js";
import { churnDefinitions } from "./churn-definition.loader.js";
import { type Champion, type EvaluatedModelRow, fittedModel, readChampions } from "./churn-model.loader.js";
import { currentFeatures } from "./current.loader.js";
import { MOST_PSI } from "./gate.js";
import { predictProbabilities } from "./training.js";

const KEPT_DAYS = 365;
/** Tags that move the scores less are not worth an alert: what counts up all the time, as a tenure does, always drifts. */
const LEAST_SHARE = 0.05;

/** Says how far the users whom each champion scores have moved from those it was trained on, and tells when that begins to matter. */
export async function measureModelDrift(session: Session, asOf: Date): Promise<void> {
  const definitions = await churnDefinitions(session);
  for (const champion of await readChampions(session)) {
    const definition = definitions.find(({ id }) => id === champion.definitionId)!;
    await measure(session, champion, definition.key, asOf);
  }
}

async function measure(session: Session, champion: Champion, definition: string, asOf: Date): Promise<void> {
  const [row] = await session.read<Pick<EvaluatedModelRow, "evaluation">>("select evaluation from churn_model where id = $1", [
    champion.id,
  ]);
  const { reference, ranking } = row!.evaluation;
  const model = await fittedModel(session, champion);
  const wanted = { features: champion.features, words: model.words };
  const { matrix } = await currentFeatures(session, champion.definitionId, wanted);
  // Models that were trained before references were kept cannot be held against anything.
  if (!reference || matrix.rows === 0) return;
  const scorePsi = driftSince(reference.score, predictProbabilities(model, matrix));
  const inputPsis = matrix.columns.map((column, place) => driftSince(reference.inputs[place]!, column));
  const [before] = await session.read<{ scorePsi: number | null; inputPsis: readonly (number | null)[] }>(
    `select score_psi as "scorePsi", input_psis as "inputPsis" from model_drift where model_id = $1 and as_of < $2 order by as_of desc limit 1`,
    [champion.id, asOf],
  );
  await session.read(
    `delete from model_drift where model_id = $1
       and (as_of >= date_trunc('day', $2::timestamptz) and as_of <= $2 or as_of < $2::timestamptz - make_interval(days => ${KEPT_DAYS}))`,
    [champion.id, asOf],
  );
  await session.read(
    `insert into model_drift (model_id, as_of, users, score_psi, input_psis) values ($1, $2, $3, $4, $5) on conflict (model_id, as_of) do nothing`,
    [champion.id, asOf, matrix.rows, scorePsi, JSON.stringify(inputPsis)],
  );
  const matters = new Set(ranking.filter(({ share }) => share >= LEAST_SHARE).map(({ key }) => key));
  // Told when it begins, not every day that it lasts.
  const begins = (now: number | null, then: number | null | undefined) => (now ?? 0) > MOST_PSI && !((then ?? 0) > MOST_PSI);
  const moved = champion.features.flatMap((key, place) =>
    matters.has(key) && begins(inputPsis[place]!, before?.inputPsis[place]) ? [`${key} (${inputPsis[place]!.toFixed(2)})`] : [],
  );
  const what = [...(begins(scorePsi, before?.scorePsi) ? [`its scores (${scorePsi!.toFixed(2)})`] : []), ...moved];
  if (what.length === 0) return;
  await raiseAlert(session, {
    kind: "MODEL_DRIFT",
    subjectType: "CHURN_MODEL",
    subjectKey: `${definition}/${champion.version}`,
    message: `The users whom the model scores are others than those it was trained on, by the population stability index (over ${MOST_PSI}): ${what.join(", ")}. Look whether something is wrong with the data, and train another one.`,
    at: asOf,
  });
}
