import type { EventKind } from "../events/event-kind.js";
import type { Expression, Measure, TagDefinition } from "./definition.js";
import type { TagFamily, TagKind, TagValueType } from "./tag.entity.js";

/** A tag that ships with the product. Computed ones carry their definition; the others are given by people and systems. */
export interface LibraryTag {
  readonly key: string;
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly family: TagFamily;
  readonly kind: TagKind;
  readonly valueType: TagValueType;
  readonly unit?: string;
  /** Key of the department that owns it. */
  readonly department: string;
  readonly definition?: TagDefinition;
}

const TRANSACTION: readonly EventKind[] = ["TRANSACTION"];
const NEGATIVE: readonly EventKind[] = ["NEGATIVE"];
const SERVICE: readonly EventKind[] = ["SERVICE"];

const tag = (key: string): Expression => ({ tag: key });
const events = (days?: number, endingDaysAgo?: number): Measure => windowed({ measure: "count" }, days, endingDaysAgo);
const orders = (days?: number, endingDaysAgo?: number): Measure =>
  windowed({ measure: "count", kinds: TRANSACTION }, days, endingDaysAgo);
const amount = (days?: number, endingDaysAgo?: number): Measure =>
  windowed({ measure: "sum", kinds: TRANSACTION }, days, endingDaysAgo);

function windowed(measure: Measure, days?: number, endingDaysAgo?: number): Measure {
  return {
    ...measure,
    ...(days === undefined ? {} : { days }),
    ...(endingDaysAgo === undefined ? {} : { endingDaysAgo }),
  };
}

function metric(
  family: TagFamily,
  unit: string,
  key: string,
  name: string,
  description: string,
  expression: Expression,
): LibraryTag {
  return {
    key,
    name,
    description,
    family,
    kind: "METRIC",
    valueType: "NUMBER",
    unit,
    department: OWNER,
    definition: { expression },
  };
}

function rule(family: TagFamily, key: string, name: string, description: string, expression: Expression): LibraryTag {
  return {
    key,
    name,
    description,
    family,
    kind: "RULE",
    valueType: "BOOLEAN",
    department: OWNER,
    definition: { expression },
  };
}

function decline(
  family: TagFamily,
  key: string,
  name: string,
  description: string,
  definition: Required<TagDefinition>,
): LibraryTag {
  return { key, name, description, family, kind: "DECLINE", valueType: "BOOLEAN", department: OWNER, definition };
}

/** What is computed for everybody belongs to no single department. */
const OWNER = "company";

/** The order is that of the numbers in user_metric on a new store: append, so that it stays so. */
const METRICS: readonly LibraryTag[] = [
  metric("ACTIVITY", "days", "recency_days", "Days since last activity", "Time since the last activity, in fractional days.", {
    measure: "daysSinceLast",
  }),
  metric("ACTIVITY", "days", "days_since_last_event", "Whole days since last activity", "Whole days without any activity.", {
    floor: tag("recency_days"),
  }),
  metric("LIFECYCLE", "days", "tenure_days", "Days since first activity", "Time since the first activity, in fractional days.", {
    measure: "daysSinceFirst",
  }),
  metric("ACTIVITY", "events", "events_total", "Activity in all", "How often the user was active in all.", events()),
  ...[7, 30, 60, 90, 180].map((days) =>
    metric(
      "ACTIVITY",
      "events",
      `events_${days}d`,
      `Activity of the last ${days} days`,
      `How often the user was active in the last ${days} days.`,
      events(days),
    ),
  ),
  ...[7, 30, 90].map((days) =>
    metric(
      "ACTIVITY",
      "events",
      `events_prior_${days}d`,
      `Activity of the ${days} days before`,
      `How often the user was active in the ${days} days before the last ${days}.`,
      events(days, days),
    ),
  ),
  metric(
    "ACTIVITY",
    "events",
    "events_60d_to_90d",
    "Activity 60 to 90 days ago",
    "How often the user was active in the 30 days that ended 60 days ago.",
    events(30, 60),
  ),
  ...[30, 90].map((days) =>
    metric(
      "ACTIVITY",
      "ratio",
      `events_ratio_${days}d`,
      `Change of activity, ${days} days`,
      `Activity of the last ${days} days over the ${days} before, both plus one.`,
      { divide: [{ add: [events(days), 1] }, { add: [events(days, days), 1] }] },
    ),
  ),
  metric(
    "ACTIVITY",
    "ratio",
    "events_ratio_30d_raw",
    "Bare change of activity, 30 days",
    "Activity of the last 30 days over the 30 before; undefined where there was none before.",
    { divide: [events(30), events(30, 30)] },
  ),
  metric("ACTIVITY", "days", "gap_mean_days", "Usual gap", "Mean time between two activities.", { measure: "gapMean" }),
  metric(
    "ACTIVITY",
    "days",
    "gap_sd_days",
    "Spread of the gaps",
    "Population standard deviation of the time between two activities.",
    {
      measure: "gapSd",
    },
  ),
  metric("ACTIVITY", "days", "gap_max_days", "Longest gap", "The longest time between two activities.", { measure: "gapMax" }),
  metric(
    "ACTIVITY",
    "ratio",
    "recency_over_gap",
    "Silence in usual gaps",
    "Time since the last activity in units of the user's own usual gap.",
    { divide: [tag("recency_days"), tag("gap_mean_days")] },
  ),
  metric("ACTIVITY", "days", "active_days_total", "Active days in all", "Distinct UTC dates with activity.", {
    measure: "activeDays",
  }),
  ...[7, 30, 90].map((days) =>
    metric(
      "ACTIVITY",
      "days",
      `active_days_${days}d`,
      `Active days of the last ${days}`,
      `Distinct UTC dates with activity in the last ${days} days.`,
      { measure: "activeDays", days },
    ),
  ),
  metric("ACTIVITY", "share", "weekend_share", "Weekend share", "Share of activity on Saturdays and Sundays, UTC.", {
    measure: "weekendShare",
  }),
  metric(
    "ACTIVITY",
    "events per week",
    "weekly_slope_12w",
    "Weekly trend, 12 weeks",
    "By how much weekly activity rises (or falls) each week, over 12 weeks.",
    { measure: "weeklySlope", days: 84 },
  ),
  metric(
    "ACTIVITY",
    "ratio",
    "weekly_variation_12w",
    "Weekly variation, 12 weeks",
    "Standard deviation of weekly activity over its mean, over 12 weeks.",
    { measure: "weeklyVariation", days: 84 },
  ),
  metric("PREFERENCE", "categories", "categories_total", "Categories in all", "Distinct categories of all activity.", {
    measure: "categories",
  }),
  ...[30, 90].map((days) =>
    metric(
      "PREFERENCE",
      "categories",
      `categories_${days}d`,
      `Categories of the last ${days} days`,
      `Distinct categories of the last ${days} days' activity.`,
      { measure: "categories", days },
    ),
  ),
  metric(
    "PREFERENCE",
    "categories",
    "categories_prior_30d",
    "Categories of the 30 days before",
    "Distinct categories in the 30 days before the last 30.",
    { measure: "categories", days: 30, endingDaysAgo: 30 },
  ),
  metric("TRANSACTION", "orders", "orders_total", "Orders in all", "Number of transactions in all.", orders()),
  ...[30, 90, 180].map((days) =>
    metric(
      "TRANSACTION",
      "orders",
      `orders_${days}d`,
      `Orders of the last ${days} days`,
      `Number of transactions in the last ${days} days.`,
      orders(days),
    ),
  ),
  metric(
    "TRANSACTION",
    "orders",
    "orders_prior_30d",
    "Orders of the 30 days before",
    "Number of transactions in the 30 days before the last 30.",
    orders(30, 30),
  ),
  metric(
    "TRANSACTION",
    "days",
    "order_recency_days",
    "Days since last order",
    "Time since the last transaction, in fractional days.",
    { measure: "daysSinceLast", kinds: TRANSACTION },
  ),
  metric(
    "TRANSACTION",
    "days",
    "days_since_last_order",
    "Whole days since last order",
    "Whole days since the last transaction.",
    { floor: tag("order_recency_days") },
  ),
  metric(
    "TRANSACTION",
    "days",
    "days_since_first_order",
    "Whole days since first order",
    "Whole days since the first transaction.",
    { floor: { measure: "daysSinceFirst", kinds: TRANSACTION } },
  ),
  metric("TRANSACTION", "days", "order_gap_mean_days", "Usual time between orders", "Mean time between two transactions.", {
    measure: "gapMean",
    kinds: TRANSACTION,
  }),
  metric("TRANSACTION", "money", "amount_total", "Amount in all", "Sum of all transactions.", amount()),
  ...[30, 90].map((days) =>
    metric(
      "TRANSACTION",
      "money",
      `amount_${days}d`,
      `Amount of the last ${days} days`,
      `Sum of the transactions of the last ${days} days.`,
      amount(days),
    ),
  ),
  metric(
    "TRANSACTION",
    "money",
    "amount_prior_30d",
    "Amount of the 30 days before",
    "Sum of the transactions in the 30 days before the last 30.",
    amount(30, 30),
  ),
  metric(
    "TRANSACTION",
    "money",
    "amount_prior_90d",
    "Amount of the 90 days before",
    "Sum of the transactions in the 90 days before the last 90.",
    amount(90, 90),
  ),
  metric("TRANSACTION", "money", "average_amount", "Value per order", "Mean amount of a transaction.", {
    divide: [amount(), orders()],
  }),
  metric(
    "TRANSACTION",
    "ratio",
    "average_amount_ratio_90d",
    "Change of value per order, 90 days",
    "Mean amount of the last 90 days' transactions over that of the 90 days before.",
    { divide: [{ divide: [amount(90), orders(90)] }, { divide: [amount(90, 90), orders(90, 90)] }] },
  ),
  ...[30, 90].map((days) =>
    metric(
      "NEGATIVE",
      "events",
      `negative_events_${days}d`,
      `Negative events of the last ${days} days`,
      `Complaints, cancellations, returns and the like in the last ${days} days.`,
      windowed({ measure: "count", kinds: NEGATIVE }, days),
    ),
  ),
  metric(
    "NEGATIVE",
    "events",
    "negative_events_prior_90d",
    "Negative events of the 90 days before",
    "Complaints, cancellations, returns and the like in the 90 days before the last 90.",
    windowed({ measure: "count", kinds: NEGATIVE }, 90, 90),
  ),
  metric("NEGATIVE", "events", "complaints_90d", "Complaints of the last 90 days", "Complaints in the last 90 days.", {
    measure: "count",
    types: ["complaint"],
    days: 90,
  }),
  metric("NEGATIVE", "events", "cancellations_90d", "Cancellations of the last 90 days", "Cancellations in the last 90 days.", {
    measure: "count",
    types: ["cancellation"],
    days: 90,
  }),
  metric(
    "SERVICE",
    "events",
    "service_events_90d",
    "Service contacts of the last 90 days",
    "Support and subscription events in the last 90 days.",
    windowed({ measure: "count", kinds: SERVICE }, 90),
  ),
];

const silence = { add: [tag("gap_mean_days"), { multiply: [2, tag("gap_sd_days")] }] } satisfies Expression;
const habit: readonly Expression[] = [{ gte: [events(), 3] }, { gt: [tag("gap_mean_days"), 0] }];
/** A fall below half is MILD, below a quarter MODERATE, to a twentieth or less SEVERE. */
const FALL = { worse: "LOWER", moderate: 0.25, severe: 0.05 } as const;
/** Silence of twice the usual gap is MILD, of three times MODERATE, of five times SEVERE. */
const LAPSE = { worse: "HIGHER", moderate: 3, severe: 5 } as const;

/** Behaviour that fell against the user's own; the keys and conditions are those of the reference values. */
const DECLINES: readonly LibraryTag[] = [
  decline("ACTIVITY", "freq_drop_50", "Activity halved", "Less than half the activity of the 30 days before, in the last 30.", {
    expression: {
      all: [{ lt: [events(30), { multiply: [0.5, events(30, 30)] }] }, { gte: [events(30, 30), 1] }],
    },
    decline: { current: events(30), baseline: events(30, 30), severity: FALL },
  }),
  decline(
    "ACTIVITY",
    "freq_drop_50_min3",
    "Activity halved from three or more",
    "Less than half the activity of the 30 days before, where that was at least three.",
    {
      expression: {
        all: [{ lt: [events(30), { multiply: [0.5, events(30, 30)] }] }, { gte: [events(30, 30), 3] }],
      },
      decline: { current: events(30), baseline: events(30, 30), severity: FALL },
    },
  ),
  decline(
    "TRANSACTION",
    "amount_drop_50",
    "Amount halved",
    "Spent less than half of what was spent in the 30 days before, in the last 30.",
    {
      expression: {
        all: [{ lt: [amount(30), { multiply: [0.5, amount(30, 30)] }] }, { gt: [amount(30, 30), 0] }],
      },
      decline: { current: amount(30), baseline: amount(30, 30), severity: FALL },
    },
  ),
  decline(
    "ACTIVITY",
    "three_window_decline",
    "Three months falling",
    "Activity fell in each of the last three windows of 30 days.",
    {
      expression: { all: [{ lt: [events(30), events(30, 30)] }, { lt: [events(30, 30), events(30, 60)] }] },
      decline: { current: events(30), baseline: events(30, 60), severity: FALL },
    },
  ),
  decline("ACTIVITY", "dormant_30_in_90", "Dormant for 30 days", "Active in the last 90 days, but not in the last 30.", {
    expression: { all: [{ gte: [events(90), 1] }, { eq: [events(30), 0] }] },
    decline: {
      current: events(30),
      // A month's activity in the two months before the silence.
      baseline: { divide: [events(60, 30), 2] },
      severity: { by: tag("recency_days"), worse: "HIGHER", moderate: 45, severe: 60 },
    },
  }),
  decline(
    "ACTIVITY",
    "gap_break_2x_mean",
    "Silent for twice the usual gap",
    "The silence is longer than twice the user's own mean gap between activities.",
    {
      expression: { all: [...habit, { gt: [tag("recency_days"), { multiply: [2, tag("gap_mean_days")] }] }] },
      decline: { current: tag("recency_days"), baseline: tag("gap_mean_days"), severity: LAPSE },
    },
  ),
  decline(
    "ACTIVITY",
    "gap_break_mean_2sd",
    "Silent beyond the usual spread",
    "The silence is longer than the user's mean gap plus two standard deviations.",
    {
      expression: { all: [...habit, { gt: [tag("recency_days"), silence] }] },
      decline: {
        current: tag("recency_days"),
        baseline: silence,
        severity: { worse: "HIGHER", moderate: 1.5, severe: 2.5 },
      },
    },
  ),
  decline(
    "PREFERENCE",
    "breadth_drop_50",
    "Breadth halved",
    "Less than half the categories of the 30 days before, where those were at least two.",
    {
      expression: {
        all: [
          { lt: [tag("categories_30d"), { multiply: [0.5, tag("categories_prior_30d")] }] },
          { gte: [tag("categories_prior_30d"), 2] },
        ],
      },
      decline: { current: tag("categories_30d"), baseline: tag("categories_prior_30d"), severity: FALL },
    },
  ),
  decline(
    "ACTIVITY",
    "cp_break_down",
    "Break downwards",
    "A likely change-point in 26 weekly counts (likelihood ratio of 10 or more) after which the rate is at most half.",
    {
      expression: {
        all: [
          tag("cp_eligible"),
          { gte: [{ measure: "breakRatio", days: 182, atLeast: 8 }, 10] },
          {
            lte: [
              { measure: "breakAfter", days: 182, atLeast: 8 },
              { multiply: [0.5, { measure: "breakBefore", days: 182, atLeast: 8 }] },
            ],
          },
        ],
      },
      decline: {
        current: { measure: "breakAfter", days: 182, atLeast: 8 },
        baseline: { measure: "breakBefore", days: 182, atLeast: 8 },
        severity: FALL,
      },
    },
  ),
];

const RULES: readonly LibraryTag[] = [
  rule("LIFECYCLE", "new_30", "New", "First active within the last 30 days.", { lte: [tag("tenure_days"), 30] }),
  rule("LIFECYCLE", "reactivated_30", "Reactivated", "Active in the last 30 days after at least 60 days of silence.", {
    all: [{ gte: [events(30), 1] }, { eq: [events(60, 30), 0] }, { gt: [tag("tenure_days"), 90] }],
  }),
  rule("ACTIVITY", "cp_eligible", "Enough history for a break", "Known for 26 weeks and active at least eight times in them.", {
    all: [{ gte: [tag("tenure_days"), 182] }, { gte: [events(182), 8] }],
  }),
  rule("TRANSACTION", "one_time_buyer", "Bought once", "Exactly one transaction so far.", { eq: [orders(), 1] }),
  rule("TRANSACTION", "repeat_buyer_90", "Repeat buyer", "At least two transactions in the last 90 days.", {
    gte: [orders(90), 2],
  }),
  rule(
    "NEGATIVE",
    "negative_rising_90",
    "Negative events rising",
    "At least two negative events in the last 90 days, and more than in the 90 days before.",
    {
      all: [{ gte: [tag("negative_events_90d"), 2] }, { gt: [tag("negative_events_90d"), tag("negative_events_prior_90d")] }],
    },
  ),
];

function given(
  family: TagFamily,
  department: string,
  valueType: TagValueType,
  key: string,
  name: string,
  description: string,
): LibraryTag {
  return { key, name, description, family, kind: "MANUAL", valueType, department };
}

const GIVEN: readonly LibraryTag[] = [
  given("CUSTOM", "marketing", "BOOLEAN", "vip", "VIP", "Treated with particular care."),
  given("PREFERENCE", "marketing", "BOOLEAN", "newsletter", "Newsletter", "Receives the newsletter."),
  given("PREFERENCE", "marketing", "TEXT", "favourite_brand", "Favourite brand", "The brand the user asks for."),
  given("SERVICE", "service", "BOOLEAN", "do_not_contact", "Do not contact", "Asked not to be contacted."),
  given("NEGATIVE", "service", "BOOLEAN", "complaint_open", "Open complaint", "Has a complaint that is not settled yet."),
  given("SERVICE", "service", "NUMBER", "satisfaction", "Satisfaction", "The answer to the last satisfaction survey, 0 to 10."),
  given("CUSTOM", "marketing", "BOOLEAN", "key_account", "Key account", "Looked after by one person of the company."),
];

/** Every tag that ships with the product. */
export const LIBRARY: readonly LibraryTag[] = [...METRICS, ...DECLINES, ...RULES, ...GIVEN];

/** The definitions of the computed tags by key: what `{tag: key}` stands for. */
export const DEFINITIONS: ReadonlyMap<string, TagDefinition> = new Map(
  LIBRARY.flatMap(({ key, definition }) => (definition ? [[key, definition]] : [])),
);
