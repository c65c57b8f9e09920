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

/** The built-in definitions, which are the templates of one-click modelling too. Each says whom it is meant for. */
export const TEMPLATES: readonly (ChurnDefinitionData & { readonly meantFor: string })[] = [
  {
    key: "retail",
    name: "No order for a quarter",
    kind: "TRANSACTION",
    eventTypes: ["order", "purchase"],
    horizonDays: 90,
    lookbackDays: 180,
    leadDays: 0,
    meantFor: "Shops whose customers order a few times a year",
  },
  {
    key: "grocery",
    name: "No purchase for a month",
    kind: "TRANSACTION",
    eventTypes: [],
    horizonDays: 30,
    lookbackDays: 60,
    leadDays: 0,
    meantFor: "Groceries and other daily goods",
  },
  {
    key: "silence",
    name: "Silent for a month",
    kind: "INTERACTION",
    eventTypes: [],
    horizonDays: 30,
    lookbackDays: 30,
    leadDays: 0,
    meantFor: "Communities, media and apps: any activity counts",
  },
  {
    key: "saas",
    name: "A month without use, seen a week ahead",
    kind: "INTERACTION",
    eventTypes: [],
    horizonDays: 30,
    lookbackDays: 60,
    leadDays: 7,
    meantFor: "Software subscriptions: a week is left to act",
  },
  {
    key: "education",
    name: "No lesson or login for three weeks",
    kind: "INTERACTION",
    eventTypes: [],
    horizonDays: 21,
    lookbackDays: 60,
    leadDays: 0,
    meantFor: "Courses and tutoring",
  },
  {
    key: "medical_aesthetics",
    name: "No treatment for half a year",
    kind: "TRANSACTION",
    eventTypes: [],
    horizonDays: 180,
    lookbackDays: 365,
    leadDays: 0,
    meantFor: "Clinics whose treatments are months apart",
  },
  {
    key: "automotive",
    name: "No visit to the workshop for half a year",
    kind: "TRANSACTION",
    eventTypes: [],
    horizonDays: 180,
    lookbackDays: 540,
    leadDays: 0,
    meantFor: "Dealers and workshops",
  },
  {
    key: "finance",
    name: "No transaction for two months",
    kind: "TRANSACTION",
    eventTypes: [],
    horizonDays: 60,
    lookbackDays: 90,
    leadDays: 14,
    meantFor: "Accounts and cards: two weeks are left to act",
  },
];
