import type { ChurnDefinitionData } from "./churn-definition.js";

/** One-click modelling for a line of business: what counts as churn, what is learned from, and where risk tiers are cut. */
export interface Template extends ChurnDefinitionData {
  /** Whom it is for. */
  readonly meantFor: string;
  /** Why horizon, lookback, lead time and cuts are what they are. */
  readonly because: string;
  /** Keys of METRIC tags that are learned from; null: every one that is in use, a company's own included. */
  readonly tags: readonly string[] | null;
  /** The lowest probabilities of MEDIUM and HIGH. */
  readonly cuts: readonly [number, number];
}

/** How somebody comes and goes, over days and weeks. */
const RHYTHM = [
  "recency_days",
  "tenure_days",
  "events_total",
  "events_7d",
  "events_30d",
  "events_90d",
  "events_prior_7d",
  "events_prior_30d",
  "events_prior_90d",
  "events_ratio_30d",
  "events_ratio_90d",
  "gap_mean_days",
  "gap_sd_days",
  "gap_max_days",
  "recency_over_gap",
  "active_days_total",
  "active_days_7d",
  "active_days_30d",
  "active_days_90d",
  "weekend_share",
  "weekly_slope_12w",
  "weekly_variation_12w",
];
/** The same where visits are months apart. */
const LONG_RHYTHM = [
  "recency_days",
  "tenure_days",
  "events_total",
  "events_90d",
  "events_180d",
  "events_prior_90d",
  "gap_mean_days",
  "gap_sd_days",
  "gap_max_days",
  "recency_over_gap",
  "active_days_total",
  "active_days_90d",
];
const BREADTH = ["categories_total", "categories_30d", "categories_90d", "categories_prior_30d"];
const ORDERS = [
  "orders_total",
  "orders_30d",
  "orders_90d",
  "orders_180d",
  "orders_prior_30d",
  "days_since_last_order",
  "days_since_first_order",
  "order_gap_mean_days",
];
const MONEY = [
  "amount_total",
  "amount_30d",
  "amount_90d",
  "amount_prior_30d",
  "amount_prior_90d",
  "average_amount",
  "average_amount_ratio_90d",
];
const TROUBLE = [
  "negative_events_30d",
  "negative_events_90d",
  "negative_events_prior_90d",
  "complaints_90d",
  "cancellations_90d",
  "service_events_90d",
];

/** The built-in definitions, which are the templates of one-click modelling too. docs/templates.md tells them at length. */
export const TEMPLATES: readonly Template[] = [
  {
    key: "retail",
    name: "No order for a quarter",
    kind: "TRANSACTION",
    eventTypes: ["order", "purchase"],
    horizonDays: 90,
    lookbackDays: 180,
    leadDays: 0,
    meantFor: "Shops and e-commerce whose customers order a few times a year",
    because:
      "Half of all customers of a shop do not order within a quarter, so MEDIUM begins where churn is more likely than not, and HIGH keeps to those who are nearly gone.",
    tags: null,
    cuts: [0.5, 0.8],
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
    because: "Whoever buys every week and stays away for a month buys elsewhere; few do, so a third is a high risk already.",
    tags: null,
    cuts: [0.3, 0.6],
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
    because: "Users of a month ago who show no sign of life for a month seldom come back by themselves.",
    tags: null,
    cuts: [0.5, 0.8],
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
    because:
      "An account that is not used for a month is not renewed. Losing one costs a year of fees and a call costs little, so the cuts are low.",
    tags: [...RHYTHM, ...BREADTH, ...TROUBLE],
    cuts: [0.2, 0.5],
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
    because:
      "Lessons come weekly; after three missed weeks a course is given up. A tutor's call helps early, so MEDIUM begins low.",
    tags: [...RHYTHM, ...BREADTH, ...TROUBLE],
    cuts: [0.3, 0.6],
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
    because:
      "Treatments wear off after four to six months: who has none for half a year has gone elsewhere. Many come once, so the overall rate is high and so are the cuts.",
    tags: [...LONG_RHYTHM, ...ORDERS, ...MONEY, ...BREADTH, ...TROUBLE],
    cuts: [0.5, 0.8],
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
    because:
      "A car comes in for its service, its tyres and its inspection; half a year without any, within a year and a half of the last one, is a car that is looked after elsewhere.",
    tags: [...LONG_RHYTHM, ...ORDERS, ...MONEY, ...BREADTH, ...TROUBLE],
    cuts: [0.5, 0.75],
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
    because:
      "An account in use moves every week. Losing a balance costs years of margin, so a fifth is worth a look and a half a call.",
    tags: [...RHYTHM, ...ORDERS, ...MONEY, ...BREADTH, ...TROUBLE],
    cuts: [0.2, 0.5],
  },
];
