import { TidemarkError } from "../errors.js";
import { perRequest } from "../request.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, settingsOf } from "../store/setting.js";
import type { ChurnDefinitionData, ChurnWindows } from "./churn-definition.js";

export interface ChurnDefinitionRow extends ChurnDefinitionData {
  readonly id: number;
  readonly isDefault: boolean;
  readonly cuts: readonly number[] | null;
  /** A cron expression in UTC by which its model is trained anew, and its next instant. */
  readonly retrainSchedule: string | null;
  readonly retrainAt: Date | null;
  /** Ids of the event types that count. */
  readonly typeIds: readonly number[];
}

/**
 * Activity is INTERACTION and TRANSACTION together: a user who only orders is not silent. A key that is no longer in the
 * catalogue counts for nothing.
 */
const TYPES_THAT_COUNT = `select coalesce(array_agg(t.id order by t.id), '{}') from event_type t
  where case when cardinality(d.event_types) > 0 then t.key = any(d.event_types)
             when d.kind = 'INTERACTION' then t.kind in ('INTERACTION', 'TRANSACTION')
             else t.kind = d.kind end`;

export async function churnDefinitions(session: Session): Promise<ChurnDefinitionRow[]> {
  return session.read<ChurnDefinitionRow>(
    `select d.id, d.key, d.name, d.kind, d.event_types as "eventTypes", d.horizon_days as "horizonDays",
       d.lookback_days as "lookbackDays", d.lead_days as "leadDays", d.is_default as "isDefault", d.cuts, d.retrain_schedule as "retrainSchedule", d.retrain_at as "retrainAt", (${TYPES_THAT_COUNT}) as "typeIds"
     from churn_definition d order by d.id`,
  );
}

const keptDefinitions = keptByVersion(churnDefinitions);

/** All definitions, as they stand when the request first asks. */
export const definitionsOfRequest = perRequest(async (context) =>
  keptDefinitions(context.store.pool, (await settingsOf(context).read()).catalogues?.version),
);

/** @throws TidemarkError NOT_FOUND, naming those that there are */
export function definitionByKey(definitions: readonly ChurnDefinitionRow[], key: string): ChurnDefinitionRow {
  const found = definitions.find((definition) => definition.key === key);
  if (found) return found;
  throw new TidemarkError(
    "NOT_FOUND",
    `There is no churn definition ${JSON.stringify(key.slice(0, 60))}; there are ${definitions.map((each) => each.key).join(", ")}. Make one with saveChurnDefinition.`,
  );
}

/** The named one, else the default, else `retail`, with which every store begins. */
export function chosenDefinition(definitions: readonly ChurnDefinitionRow[], key: string | null | undefined): ChurnDefinitionRow {
  if (key !== null && key !== undefined) return definitionByKey(definitions, key);
  return definitions.find(({ isDefault }) => isDefault) ?? definitionByKey(definitions, "retail");
}

export interface DataSpan {
  readonly first: Date;
  /** The end of the last day (UTC) that has an event, and not after now. */
  readonly end: Date;
}

/** From when to when there are events that count; null without any. */
export async function dataSpan(session: Session, { typeIds }: ChurnDefinitionRow, now: Date): Promise<DataSpan | null> {
  const rows = await session.read<{ first: Date | null; end: Date | null }>(
    `select min(first_at) as first, least($2::timestamptz, (max(day) + 1)::timestamp at time zone 'UTC') as "end"
     from event_day where type_id = any($1) and first_at < $2`,
    [typeIds, now],
  );
  const { first, end } = rows[0]!;
  return first && end ? { first, end } : null;
}

/** Why a date cannot be an observation date, in a sentence; null when it can. */
export function censored(
  { key, horizonDays, leadDays }: ChurnDefinitionRow,
  windows: ChurnWindows,
  end: Date | undefined,
): string | null {
  if (end === undefined) return `There is no event yet that counts for ${key}; record or import events first.`;
  if (windows.horizonTo <= end) return null;
  const latest = new Date(end.getTime() - (windows.horizonTo.getTime() - windows.asOf.getTime()));
  const lead = leadDays > 0 ? `, ${leadDays} days ahead,` : "";
  return `The ${horizonDays} days after ${windows.asOf.toISOString()}${lead} end on ${windows.horizonTo.toISOString()}, but the data ends on ${end.toISOString()}, so nobody can be said to have churned yet; choose a date on or before ${latest.toISOString()}.`;
}
