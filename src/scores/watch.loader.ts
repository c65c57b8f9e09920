import DataLoader from "dataloader";
import type { ReliabilityBin } from "../math/reliability.js";
import { perRequest } from "../request.js";

export interface BacktestRow {
  readonly modelId: number;
  readonly scoredAt: Date;
  readonly judgedAt: Date;
  readonly users: number;
  readonly observed: number;
  readonly expected: number;
  readonly auc: number | null;
  readonly aucStandardError: number | null;
  readonly brier: number;
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
}

export interface ModelDriftRow {
  readonly modelId: number;
  readonly asOf: Date;
  readonly users: number;
  readonly scorePsi: number | null;
  readonly inputPsis: readonly (number | null)[];
}

/** A year of them, a week apart. */
export const MOST_BACKTESTS = 53;
export const MOST_DRIFTS = 366;

/** What became of a model's forecasts, the latest first. */
export const backtestsByModel = perRequest(
  (context) =>
    new DataLoader<number, BacktestRow[]>(async (ids) => {
      const rows = await context.store.pool.lookup<BacktestRow>(
        `select b.model_id as "modelId", b.scored_at as "scoredAt", b.judged_at as "judgedAt", b.users, b.churned as observed, b.expected, b.auc,
           b.auc_standard_error as "aucStandardError", b.brier, b.log_loss as "logLoss", b.calibration_error as "calibrationError", b.reliability
         from unnest($1::int[]) as m (id)
         cross join lateral (select * from backtest t where t.model_id = m.id order by t.scored_at desc limit ${MOST_BACKTESTS}) b
         order by b.scored_at desc`,
        [ids],
      );
      return ids.map((id) => rows.filter(({ modelId }) => modelId === id));
    }),
);

/** How a model's users have moved, the latest first. */
export const driftsByModel = perRequest(
  (context) =>
    new DataLoader<number, ModelDriftRow[]>(async (ids) => {
      const rows = await context.store.pool.lookup<ModelDriftRow>(
        `select d.model_id as "modelId", d.as_of as "asOf", d.users, d.score_psi as "scorePsi", d.input_psis as "inputPsis"
         from unnest($1::int[]) as m (id)
         cross join lateral (select * from model_drift t where t.model_id = m.id order by t.as_of desc limit ${MOST_DRIFTS}) d
         order by d.as_of desc`,
        [ids],
      );
      return ids.map((id) => rows.filter(({ modelId }) => modelId === id));
    }),
);

/** When the forecasts that a model's waiting ones are of were made, the earliest first. */
export const waitingByModel = perRequest(
  (context) =>
    new DataLoader<number, Date[]>(async (ids) => {
      const rows = await context.store.pool.lookup<{ modelId: number; scoredAt: Date }>(
        `select distinct model_id as "modelId", scored_at as "scoredAt" from score_snapshot where model_id = any($1::int[]) order by 2`,
        [ids],
      );
      return ids.map((id) => rows.filter(({ modelId }) => modelId === id).map(({ scoredAt }) => scoredAt));
    }),
);
