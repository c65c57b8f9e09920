import { raiseAlert } from "../people/alert.step.js";
import type { Session } from "../store/pool.js";
import { disappointments, type Judgement, judgeForecast, type Promised } from "./backtest.js";
import { windowsAt } from "./churn-definition.js";
import { type ChurnDefinitionRow, churnDefinitions, dataSpan } from "./churn-definition.loader.js";
import { IN_WINDOW } from "./sample.loader.js";

interface Waiting {
  readonly modelId: number;
  readonly definitionId: number;
  readonly version: number;
  readonly scoredAt: Date;
  readonly promised: Promised;
}

/** Judges every forecast whose horizon has passed and that the data reaches over; what was judged is kept, the forecasts are not. */
export async function judgeForecasts(session: Session, asOf: Date): Promise<void> {
  const definitions = await churnDefinitions(session);
  const waiting = await session.read<Waiting>(
    `select k.model_id as "modelId", m.definition_id as "definitionId", m.version, k.scored_at as "scoredAt",
       json_build_object('auc', m.evaluation -> 'auc', 'aucStandardError', m.evaluation -> 'aucStandardError') as promised
     from (select distinct model_id, scored_at from score_snapshot) k join churn_model m on m.id = k.model_id order by k.scored_at, k.model_id`,
  );
  const spans = new Map<number, Date | undefined>();
  for (const forecast of waiting) {
    const definition = definitions.find(({ id }) => id === forecast.definitionId)!;
    const { horizonTo } = windowsAt(definition, forecast.scoredAt);
    if (horizonTo > asOf) continue;
    // Where the data ends is asked once for each definition, and only when a horizon has passed.
    if (!spans.has(definition.id)) spans.set(definition.id, (await dataSpan(session, definition, asOf))?.end);
    const end = spans.get(definition.id);
    if (!end || horizonTo > end) continue;
    const judgement = await judge(session, definition, forecast);
    if (judgement) await keep(session, definition, forecast, judgement, asOf);
    await session.read("delete from score_snapshot where model_id = $1 and scored_at = $2", [
      forecast.modelId,
      forecast.scoredAt,
    ]);
  }
}

async function judge(
  session: Session,
  definition: ChurnDefinitionRow,
  { modelId, scoredAt }: Waiting,
): Promise<Judgement | null> {
  const { horizonFrom, horizonTo } = windowsAt(definition, scoredAt);
  const rows = await session.read<{ probability: number; stayed: boolean }>(
    `select k.probability, exists (select from event_day d where d.user_id = k.user_id and d.type_id = any($3)
         and d.day >= ($4::timestamptz at time zone 'UTC')::date and d.day <= ($5::timestamptz at time zone 'UTC')::date and ${IN_WINDOW("$4", "$5")}) as stayed
     from score_snapshot k where k.model_id = $1 and k.scored_at = $2 order by k.user_id`,
    [modelId, scoredAt, definition.typeIds, horizonFrom, horizonTo],
  );
  if (rows.length === 0) return null;
  return judgeForecast(
    Float64Array.from(rows, ({ probability }) => probability),
    Uint8Array.from(rows, ({ stayed }) => (stayed ? 0 : 1)),
  );
}

async function keep(
  session: Session,
  definition: ChurnDefinitionRow,
  { modelId, version, scoredAt, promised }: Waiting,
  judgement: Judgement,
  asOf: Date,
): Promise<void> {
  const { users, churned, expected, auc, aucStandardError, brier, logLoss, calibrationError, reliability } = judgement;
  await session.read(
    `insert into backtest (model_id, scored_at, judged_at, users, churned, expected, auc, auc_standard_error, brier, log_loss, calibration_error, reliability)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (model_id, scored_at) do nothing`,
    [
      modelId,
      scoredAt,
      asOf,
      users,
      churned,
      expected,
      auc,
      aucStandardError,
      brier,
      logLoss,
      calibrationError,
      JSON.stringify(reliability),
    ],
  );
  const why = disappointments(judgement, promised);
  if (why.length === 0) return;
  await raiseAlert(session, {
    kind: "MODEL_BACKTEST",
    subjectType: "CHURN_MODEL",
    subjectKey: `${definition.key}/${version}`,
    message: `What the model foretold on ${scoredAt.toISOString().slice(0, 10)} did not come true: ${why.join(", and ")}. Look at its backtests, and train another one.`,
    at: asOf,
  });
}
