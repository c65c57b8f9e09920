import type { EventKind } from "../events/event-kind.js";
import type { Expression, Measure, MeasureName } from "./definition.js";
import { decline, FALL, INTERACTION, type LibraryTag, NEGATIVE, TRANSACTION, tag, windowed } from "./library-parts.js";
import type { TagFamily } from "./tag.entity.js";

/*
 * Decline tags that nobody writes: each metric below gives one for every window. Every tag asks for a minimum of evidence, so that chance
 * alone seldom makes one; the guards are part of the definitions and can be read there.
 */

/** What can fall, window against window. */
interface Falling {
  /** Part of the tag's key. */
  readonly key: string;
  readonly family: TagFamily;
  readonly name: string;
  /** In sentences: "4 orders in the last 30 days". */
  readonly noun: string;
  readonly measure: MeasureName;
  readonly kinds?: readonly EventKind[];
  /** How frequent the user is, where that is not what falls. */
  readonly frequency?: Omit<Measure, "days">;
}

/** Interactions and orders share no event, so that one fall is not told twice. */
const FALLINGS: readonly Falling[] = [
  { key: "interactions", family: "ACTIVITY", name: "Interactions", noun: "interactions", measure: "count", kinds: INTERACTION },
  { key: "orders", family: "TRANSACTION", name: "Orders", noun: "orders", measure: "count", kinds: TRANSACTION },
  {
    key: "amount",
    family: "TRANSACTION",
    name: "Amount",
    noun: "spent",
    measure: "sum",
    kinds: TRANSACTION,
    frequency: { measure: "count", kinds: TRANSACTION },
  },
  { key: "active_days", family: "ACTIVITY", name: "Active days", noun: "active days", measure: "activeDays" },
  {
    key: "categories",
    family: "PREFERENCE",
    name: "Categories",
    noun: "categories",
    measure: "categories",
    frequency: { measure: "count" },
  },
];

const WINDOWS = [7, 30, 90] as const;
/** The 95 % point of a one-sided normal test, squared. */
const CHANCE = 2.706;
/** Events of a window from which its amounts and categories mean something: one order may hold many categories. */
const FEWEST_ORDERS = 3;
/** Gaps from which a user has a habit: five events. */
const FEWEST_EVENTS = 5;
/** A normal distribution's standard deviation is 1.4826 of its median absolute deviation; three of them are beyond chance. */
const BEYOND_SPREAD = 3 * 1.4826;
const HABIT_DAYS = 365;
const SLOPE_DAYS = 84;
/** Of 12 weeks: the sum of (week - 5.5)^2, by which the variance of a slope of counts is their mean over it. */
const SLOPE_SQUARES = 143;

/** The days from which a user's rate is known, before a silence. */
const RATE_DAYS = 90;
/** Where so many were to be expected, none at all comes by chance in 5 % of all cases (Poisson: e^-3). */
const EXPECTED = 3;

export const GENERATED_DECLINES: readonly LibraryTag[] = [
  ...FALLINGS.flatMap((falling) => WINDOWS.map((days) => fallingIn(falling, days))),
  ...["interactions", "orders", "amount"].flatMap((key) =>
    WINDOWS.map((days) => threeFallingIn(FALLINGS.find((falling) => falling.key === key)!, days)),
  ),
  ...WINDOWS.flatMap((days) => [
    dormantFor(days, "interactions", "ACTIVITY", INTERACTION),
    dormantFor(days, "orders", "TRANSACTION", TRANSACTION),
  ]),
  ...WINDOWS.map(orderValueFallingIn),
  ...WINDOWS.map(negativeRisingIn),
  slopeFalling("interactions", "ACTIVITY", "Interactions", INTERACTION),
  slopeFalling("orders", "TRANSACTION", "Orders", TRANSACTION),
  lapsed("activity", "ACTIVITY", "Silent", "activity"),
  lapsed("orders", "TRANSACTION", "No order", "order", TRANSACTION),
];

/** The earlier of two numbers is larger by more than chance: for counts that would be equal, (b - a - 1)^2 / (a + b) seldom exceeds this. */
function moreThanChance(more: Expression, less: Expression): Expression {
  const excess: Expression = { subtract: [{ subtract: [more, less] }, 1] };
  return { gte: [{ multiply: [excess, excess] }, { multiply: [CHANCE, { add: [more, less] }] }] };
}

/** Known for both windows: whoever had just come has nothing to fall from. */
function knownFor(days: number): Expression {
  return { gte: [tag("tenure_days"), days] };
}

function fallingIn({ key, family, name, noun, measure, kinds, frequency }: Falling, days: number): LibraryTag {
  const base: Measure = { measure, ...(kinds ? { kinds } : {}) };
  const current = windowed(base, days);
  const baseline = windowed(base, days, days);
  const evidence = frequency
    ? { gte: [windowed(frequency, days, days), FEWEST_ORDERS] as const }
    : moreThanChance(baseline, current);
  const guard = frequency
    ? `from at least ${FEWEST_ORDERS} ${measure === "sum" ? "orders" : "activities"}`
    : "by more than chance (5 %, so from at least 5)";
  return decline(
    family,
    `${key}_falling_${days}d`,
    `${name} falling, ${days} days`,
    `Less than half in the last ${days} days of what it was in the ${days} before, ${guard}; of users known for both.`,
    {
      expression: { all: [{ lt: [current, { multiply: [0.5, baseline] }] }, evidence, knownFor(2 * days)] },
      decline: {
        current,
        baseline,
        severity: FALL,
        sentence: `{current} ${noun} in the last ${days} days, {baseline} in the ${days} days before: {change}.`,
        peersBy: frequency ? windowed(frequency, days, days) : baseline,
      },
    },
  );
}

/** Window after window. */
function threeFallingIn({ key, family, name, noun, measure, kinds, frequency }: Falling, days: number): LibraryTag {
  const base: Measure = { measure, ...(kinds ? { kinds } : {}) };
  const [current, between, baseline] = [windowed(base, days), windowed(base, days, days), windowed(base, days, 2 * days)];
  const evidence = frequency
    ? { gte: [windowed(frequency, days, 2 * days), FEWEST_ORDERS] as const }
    : moreThanChance(baseline, current);
  return decline(
    family,
    `${key}_three_falling_${days}d`,
    `${name} falling three times, ${days} days`,
    `Less in each of the last three windows of ${days} days, ${
      frequency ? `from at least ${FEWEST_ORDERS} orders` : "from the first to the last by more than chance (5 %)"
    }; of users known for all three.`,
    {
      expression: { all: [{ lt: [current, between] }, { lt: [between, baseline] }, evidence, knownFor(3 * days)] },
      decline: {
        current,
        baseline,
        severity: FALL,
        sentence: `{current} ${noun} in the last ${days} days, {baseline} two windows before, and less in each: {change}.`,
        peersBy: frequency ? windowed(frequency, days, 2 * days) : baseline,
      },
    },
  );
}

/** Nothing where something was to be expected. */
function dormantFor(days: number, key: string, family: TagFamily, kinds: readonly EventKind[]): LibraryTag {
  const count: Measure = { measure: "count", kinds };
  const current = windowed(count, days);
  const before = windowed(count, RATE_DAYS, days);
  const baseline: Expression = { divide: [{ multiply: [before, days] }, RATE_DAYS] };
  return decline(
    family,
    `${key}_dormant_${days}d`,
    `No ${key} for ${days} days after activity`,
    `No ${key} in the last ${days} days, where by the ${RATE_DAYS} days before at least ${EXPECTED} were to be expected.`,
    {
      expression: { all: [{ eq: [current, 0] }, { gte: [baseline, EXPECTED] }] },
      decline: {
        current,
        baseline,
        // By how many are missing: three are the least, from five on MODERATE, from eight SEVERE.
        severity: { by: baseline, worse: "HIGHER", moderate: 5, severe: 8 },
        sentence: `No ${key} in the last ${days} days, where {baseline} were to be expected.`,
        peersBy: before,
      },
    },
  );
}

/** Orders keep coming, each worth less. */
function orderValueFallingIn(days: number): LibraryTag {
  const count: Measure = { measure: "count", kinds: TRANSACTION };
  const sum: Measure = { measure: "sum", kinds: TRANSACTION };
  const current: Expression = { divide: [windowed(sum, days), windowed(count, days)] };
  const baseline: Expression = { divide: [windowed(sum, days, days), windowed(count, days, days)] };
  return decline(
    "TRANSACTION",
    `order_value_falling_${days}d`,
    `Value per order falling, ${days} days`,
    `The mean order of the last ${days} days is worth less than 70 % of that of the ${days} before, with at least ${FEWEST_ORDERS} orders in each.`,
    {
      expression: {
        all: [
          { lt: [current, { multiply: [0.7, baseline] }] },
          { gte: [windowed(count, days), FEWEST_ORDERS] },
          { gte: [windowed(count, days, days), FEWEST_ORDERS] },
        ],
      },
      decline: {
        current,
        baseline,
        // Below 70 % MILD, at half MODERATE, at a quarter SEVERE.
        severity: { worse: "LOWER", moderate: 0.5, severe: 0.25 },
        sentence: `{current} an order in the last ${days} days, {baseline} in the ${days} days before: {change}.`,
        peersBy: windowed(count, days, days),
      },
    },
  );
}

function negativeRisingIn(days: number): LibraryTag {
  const count: Measure = { measure: "count", kinds: NEGATIVE };
  const current = windowed(count, days);
  const baseline = windowed(count, days, days);
  return decline(
    "NEGATIVE",
    `negative_rising_${days}d`,
    `Negative behaviour rising, ${days} days`,
    `Complaints, cancellations, returns and the like: at least three in the last ${days} days, and more than twice those of the ${days} before.`,
    {
      expression: { all: [{ gte: [current, 3] }, { gt: [current, { multiply: [2, baseline] }] }] },
      decline: {
        current,
        baseline,
        // From three on MILD, from five MODERATE, from ten SEVERE.
        severity: { by: current, worse: "HIGHER", moderate: 5, severe: 10 },
        sentence: `{current} negative events in the last ${days} days, {baseline} in the ${days} days before.`,
      },
    },
  );
}

function slopeFalling(key: string, family: TagFamily, name: string, kinds: readonly EventKind[]): LibraryTag {
  const count: Measure = { measure: "count", kinds };
  const slope: Measure = { measure: "weeklySlope", kinds, days: SLOPE_DAYS };
  const current: Expression = { divide: [windowed(count, 28), 4] };
  const baseline: Expression = { divide: [windowed(count, 28, 56), 4] };
  return decline(
    family,
    `${key}_slope_falling_12w`,
    `${name} fading over 12 weeks`,
    "The weekly numbers of 12 weeks fall along a line steeper than chance (5 %) would make it; of users known for all of them.",
    {
      expression: {
        all: [
          { lt: [slope, 0] },
          {
            gte: [
              { multiply: [slope, slope, SLOPE_SQUARES] },
              { multiply: [CHANCE, { divide: [windowed(count, SLOPE_DAYS), 12] }] },
            ],
          },
          { gte: [windowed(count, SLOPE_DAYS), 6] },
          { lt: [current, baseline] },
          knownFor(SLOPE_DAYS),
        ],
      },
      decline: {
        current,
        baseline,
        severity: FALL,
        sentence: `{current} a week in the last four weeks, {baseline} a week eight weeks before: {change}.`,
        peersBy: baseline,
      },
    },
  );
}

/** Silence against the user's own habit, by numbers that a few odd gaps do not move. */
function lapsed(key: string, family: TagFamily, name: string, noun: string, kinds?: readonly EventKind[]): LibraryTag {
  const of = (measure: MeasureName): Measure => ({ measure, ...(kinds ? { kinds } : {}), days: HABIT_DAYS });
  const current = of("daysSinceLast");
  const median = of("gapMedian");
  const baseline: Expression = { add: [median, { multiply: [BEYOND_SPREAD, of("gapSpread")] }] };
  return decline(
    family,
    `${key}_lapsed`,
    `${name} for longer than usual`,
    `The time since the last ${noun} is over a day, over twice the user's median gap and over three robust deviations (1.4826 MAD) above it; of users with at least ${FEWEST_EVENTS} in ${HABIT_DAYS} days.`,
    {
      expression: {
        all: [{ gte: [of("count"), FEWEST_EVENTS] }, { gt: [current, { multiply: [2, median] }] }, { gt: [current, baseline] }],
      },
      decline: {
        current,
        baseline,
        // By how many usual gaps: two are the least, from three on MODERATE, from five SEVERE.
        severity: { by: { divide: [current, median] }, worse: "HIGHER", moderate: 3, severe: 5 },
        sentence: `{current} days since the last ${noun}, where up to {baseline} days would be usual.`,
      },
    },
  );
}
