import type { Measure, MeasureName } from "./definition.js";
import { events, given, type LibraryTag, NEGATIVE, orders, rule, tag, textRule } from "./library-parts.js";

/** The likeliest change of the weekly counts of half a year. */
const broken = (measure: MeasureName): Measure => ({ measure, days: 182, atLeast: 8 });

export const RULES: readonly LibraryTag[] = [
  rule("LIFECYCLE", "new_30", "New", "First active within the last 30 days.", { lte: [tag("tenure_days"), 30] }),
  rule("LIFECYCLE", "reactivated_30", "Reactivated", "Active in the last 30 days after at least 60 days of silence.", {
    all: [{ gte: [events(30), 1] }, { eq: [events(60, 30), 0] }, { gt: [tag("tenure_days"), 90] }],
  }),
  rule("ACTIVITY", "cp_eligible", "Enough history for a break", "Known for 26 weeks and active at least eight times in them.", {
    all: [{ gte: [tag("tenure_days"), 182] }, { gte: [events(182), 8] }],
  }),
  rule(
    "ACTIVITY",
    "cp_break_up",
    "Break upwards",
    "A likely change-point in 26 weekly counts (likelihood ratio of 10 or more) after which the rate is at least twice what it was.",
    {
      all: [
        tag("cp_eligible"),
        { gte: [broken("breakRatio"), 10] },
        { gte: [broken("breakAfter"), { multiply: [2, broken("breakBefore")] }] },
      ],
    },
  ),
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
  textRule("PREFERENCE", "core_category", "Core category", "The category of most of a year's activity; of several the latest.", {
    measure: "topCategory",
    days: 365,
  }),
  textRule(
    "TRANSACTION",
    "order_habit",
    "Order habit",
    "By the orders of a year: FREQUENT from six on, REGULAR from two, ONCE with one.",
    { case: [{ gte: [orders(365), 6] }, "FREQUENT", { gte: [orders(365), 2] }, "REGULAR", { gte: [orders(365), 1] }, "ONCE"] },
  ),
  rule(
    "RISK",
    "silent_after_negative",
    "Silent since a bad experience",
    "A complaint, cancellation, return or the like in the last 90 days, and no activity since.",
    {
      all: [
        { gte: [tag("negative_events_90d"), 1] },
        { gt: [tag("recency_days"), { measure: "daysSinceLast", kinds: NEGATIVE, days: 90 }] },
      ],
    },
  ),
  rule("RISK", "dissatisfied", "Dissatisfied", "Answered the last satisfaction survey with 6 or less.", {
    lte: [tag("satisfaction"), 6],
  }),
];

export const GIVEN: readonly LibraryTag[] = [
  given("CUSTOM", "marketing", "BOOLEAN", "vip", "VIP", "Treated with particular care."),
  given("PREFERENCE", "marketing", "BOOLEAN", "newsletter", "Newsletter", "Receives the newsletter."),
  given("PREFERENCE", "marketing", "TEXT", "favourite_brand", "Favourite brand", "The brand the user asks for."),
  given("SERVICE", "service", "BOOLEAN", "do_not_contact", "Do not contact", "Asked not to be contacted."),
  given("NEGATIVE", "service", "BOOLEAN", "complaint_open", "Open complaint", "Has a complaint that is not settled yet."),
  given("SERVICE", "service", "NUMBER", "satisfaction", "Satisfaction", "The answer to the last satisfaction survey, 0 to 10."),
  given(
    "LIFECYCLE",
    "marketing",
    "TEXT",
    "member_level",
    "Member level",
    "The level of the loyalty programme that the user is on.",
  ),
  given("CUSTOM", "marketing", "BOOLEAN", "key_account", "Key account", "Looked after by one person of the company."),
];
