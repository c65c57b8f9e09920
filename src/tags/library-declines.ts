import type { Expression } from "./definition.js";
import { amount, decline, events, FALL, type LibraryTag, orders, tag } from "./library-parts.js";

const silence = { add: [tag("gap_mean_days"), { multiply: [2, tag("gap_sd_days")] }] } satisfies Expression;
const habit: readonly Expression[] = [{ gte: [events(), 3] }, { gt: [tag("gap_mean_days"), 0] }];
/** Silence of twice the usual gap is MILD, of three times MODERATE, of five times SEVERE. */
const LAPSE = { worse: "HIGHER", moderate: 3, severe: 5 } as const;

/** Behaviour that fell against the user's own; the keys and conditions are those of the reference values. */
export const DECLINES: readonly LibraryTag[] = [
  decline("ACTIVITY", "freq_drop_50", "Activity halved", "Less than half the activity of the 30 days before, in the last 30.", {
    expression: {
      all: [{ lt: [events(30), { multiply: [0.5, events(30, 30)] }] }, { gte: [events(30, 30), 1] }],
    },
    decline: {
      sentence: "{current} activities in the last 30 days, {baseline} in the 30 days before: {change}.",
      current: events(30),
      baseline: events(30, 30),
      severity: FALL,
      peersBy: events(30, 30),
    },
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
      decline: {
        sentence: "{current} activities in the last 30 days, {baseline} in the 30 days before: {change}.",
        current: events(30),
        baseline: events(30, 30),
        severity: FALL,
        peersBy: events(30, 30),
      },
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
      decline: {
        sentence: "{current} spent in the last 30 days, {baseline} in the 30 days before: {change}.",
        current: amount(30),
        baseline: amount(30, 30),
        severity: FALL,
        peersBy: orders(30, 30),
      },
    },
  ),
  decline(
    "ACTIVITY",
    "three_window_decline",
    "Three months falling",
    "Activity fell in each of the last three windows of 30 days.",
    {
      expression: { all: [{ lt: [events(30), events(30, 30)] }, { lt: [events(30, 30), events(30, 60)] }] },
      decline: {
        sentence: "{current} activities in the last 30 days, {baseline} 60 to 90 days ago, and fewer in each month: {change}.",
        current: events(30),
        baseline: events(30, 60),
        severity: FALL,
        peersBy: events(30, 60),
      },
    },
  ),
  decline("ACTIVITY", "dormant_30_in_90", "Dormant for 30 days", "Active in the last 90 days, but not in the last 30.", {
    expression: { all: [{ gte: [events(90), 1] }, { eq: [events(30), 0] }] },
    decline: {
      sentence: "No activity for 30 days, {baseline} a month in the two months before.",
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
      decline: {
        sentence: "Silent for {current} days, with a mean gap of {baseline} days.",
        current: tag("recency_days"),
        baseline: tag("gap_mean_days"),
        severity: LAPSE,
      },
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
        sentence: "Silent for {current} days; two standard deviations above the mean gap are {baseline} days.",
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
      decline: {
        sentence: "{current} categories in the last 30 days, {baseline} in the 30 days before: {change}.",
        current: tag("categories_30d"),
        baseline: tag("categories_prior_30d"),
        severity: FALL,
        peersBy: events(30, 30),
      },
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
        sentence: "{current} activities a week since the break, {baseline} before it: {change}.",
        current: { measure: "breakAfter", days: 182, atLeast: 8 },
        baseline: { measure: "breakBefore", days: 182, atLeast: 8 },
        severity: FALL,
      },
    },
  ),
];
