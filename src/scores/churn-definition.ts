import type { ChurnKind } from "./churn-definition.entity.js";

const DAY_MS = 86_400_000;

/** What counts as churn, as plain data. */
export interface ChurnDefinitionData {
  readonly key: string;
  readonly name: string;
  readonly kind: ChurnKind;
  /** Keys of event types; none means all types of the kind. */
  readonly eventTypes: readonly string[];
  readonly horizonDays: number;
  readonly lookbackDays: number;
  readonly leadDays: number;
  /** Where the scheme `default` cuts while this is the default definition and nobody has saved cuts of their own; null: as ever. */
  readonly cuts?: readonly number[] | null;
}

/** The instants that divide a user's events at an observation date. Every window contains its start and not its end. */
export interface ChurnWindows {
  /** Eligible: an event in [lookbackFrom, asOf). */
  readonly lookbackFrom: Date;
  readonly asOf: Date;
  /** Churned: none in [horizonFrom, horizonTo). */
  readonly horizonFrom: Date;
  readonly horizonTo: Date;
}

export function windowsAt(
  { horizonDays, lookbackDays, leadDays }: Pick<ChurnDefinitionData, "horizonDays" | "lookbackDays" | "leadDays">,
  asOf: Date,
): ChurnWindows {
  const after = (days: number) => new Date(asOf.getTime() + days * DAY_MS);
  return {
    lookbackFrom: after(-lookbackDays),
    asOf,
    horizonFrom: after(leadDays),
    horizonTo: after(leadDays + horizonDays),
  };
}

/** The latest midnight (UTC) whose horizon has passed when the data ends at `end`. */
export function latestObservationDate({ horizonDays, leadDays }: ChurnDefinitionData, end: Date): Date {
  return new Date(Math.floor((end.getTime() - (horizonDays + leadDays) * DAY_MS) / DAY_MS) * DAY_MS);
}

/**
 * The observation dates of a training that names none: the latest one whose horizon has passed, and one a horizon earlier
 * (so that the two labels share no day) where there were at least two months of data before that.
 */
export function standardObservationDates(definition: ChurnDefinitionData, first: Date, end: Date): Date[] {
  const latest = latestObservationDate(definition, end);
  const earlier = new Date(latest.getTime() - definition.horizonDays * DAY_MS);
  return earlier.getTime() - first.getTime() >= 60 * DAY_MS ? [earlier, latest] : [latest];
}
