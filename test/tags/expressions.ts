import fc from "fast-check";
import { type Expression, MEASURES, type Measure, TEXT_MEASURES, WEEKLY_MEASURES } from "../../src/tags/definition.js";
import { TYPES } from "./real.js";
import { NOT_IN_SQL } from "./sql-of.js";

/* Random definitions, of which SQL and the engine say the same: no comparison hangs on the last bit of a fraction. */

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const measure: fc.Arbitrary<Expression> = fc
  .record({
    measure: fc.constantFrom(
      ...MEASURES.filter((name) => !(NOT_IN_SQL as readonly string[]).includes(name) && !TEXT_MEASURES.has(name)),
    ),
    kinds: maybe(fc.subarray(["INTERACTION", "TRANSACTION", "NEGATIVE", "SERVICE"] as const, { minLength: 1 })),
    types: maybe(
      fc.subarray(
        TYPES.map(({ key }) => key),
        { minLength: 1 },
      ),
    ),
    days: maybe(fc.constantFrom(1, 7, 14, 30, 90, 365)),
    weeks: fc.integer({ min: 2, max: 20 }),
    endingDaysAgo: maybe(fc.constantFrom(0, 1, 7, 30)),
  })
  .map(({ weeks, days, ...rest }) => {
    const window = WEEKLY_MEASURES.has(rest.measure) ? 7 * weeks : days;
    const given = Object.entries({ ...rest, days: window }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as unknown as Measure;
  });
/** Whole numbers, which both compute exactly. */
const EXACT: ReadonlySet<string> = new Set(["count", "activeDays", "categories"]);
const exact = measure.map((each) => ({ ...(each as Measure), measure: "count" as const }) satisfies Expression);
/** A fraction is compared with what it hardly ever equals: a last bit of rounding would else decide. */
const apart = fc.constantFrom(0.3217, 2.7919, 31.4117);
const comparison = measure.chain((left) => {
  const isExact = EXACT.has((left as Measure).measure);
  return fc.tuple(fc.constant(left), isExact ? fc.oneof(fc.constantFrom(0, 1, 2, 5), exact) : apart);
});
const number = fc.constantFrom(0, 1, 2, 3, 0.5, 2.5, -1, 10.01, 1e4);
const date: fc.Arbitrary<Expression> = fc.oneof(
  fc.constant({ attribute: "born", as: "DATE" } as const),
  fc.constantFrom("2023-03-01", "2024-02-29T12:30:00Z", "2000-12-31T23:00:00-02:00").map((day) => ({ date: day })),
  fc.constantFrom(0, 1, 33.5).map((daysAgo) => ({ daysAgo })),
  exact.map((each) => ({ daysAgo: { ...each, measure: "daysSinceLast" as const } })),
);
const NUMBERS_OF_DATES = ["daysToAnniversary", "weekday", "dayOfMonth", "month", "year", "hour"] as const;
/** Whole numbers of facts and dates. */
const whole: fc.Arbitrary<Expression> = fc.oneof(
  fc.constant({ given: "satisfaction", as: "NUMBER" } as const),
  fc.tuple(fc.constantFrom(...NUMBERS_OF_DATES), date).map(([part, of]) => ({ [part]: of }) as unknown as Expression),
);
const leafText: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom("Pro", "pro", "web", "a", "B", "", "it's"),
  fc.constantFrom(
    { attribute: "plan", as: "TEXT" } as const,
    { user: "channel" } as const,
    { given: "favourite_brand", as: "TEXT" } as const,
  ),
  exact.map((each) => ({ ...each, measure: "topCategory" as const })),
);

export const { condition, value, text } = fc.letrec<{ condition: Expression; value: Expression; text: Expression }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: leafText },
    { weight: 1, arbitrary: tie("text").map((part) => ({ lower: part }) as Expression) },
    ...(["concat", "coalesce"] as const).map((operator) => ({
      weight: 1,
      arbitrary: fc
        .array(tie("text"), { minLength: 1, maxLength: 3 })
        .map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie("condition"), tie("text"), tie("condition"), tie("text"), tie("text"))
        .map((parts) => ({ case: parts }) as Expression),
    },
  ),
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: measure },
    { weight: 2, arbitrary: whole },
    { weight: 1, arbitrary: fc.constant({ attribute: "seats", as: "NUMBER" } as const) },
    { weight: 1, arbitrary: date.map((of) => ({ daysSince: of }) satisfies Expression) },
    { weight: 1, arbitrary: date.map((of) => ({ daysUntil: of }) satisfies Expression) },
    { weight: 1, arbitrary: tie("text").map((part) => ({ length: part }) as Expression) },
    { weight: 1, arbitrary: tie("value").map((part) => ({ abs: part }) as Expression) },
    { weight: 1, arbitrary: fc.tuple(measure, apart).map((parts) => ({ round: { add: parts } }) satisfies Expression) },
    ...(["min", "max"] as const).map((operator) => ({
      weight: 1,
      arbitrary: fc
        .array(tie("value"), { minLength: 1, maxLength: 3 })
        .map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    {
      weight: 1,
      arbitrary: fc.tuple(tie("condition"), tie("value")).map((parts) => ({ case: parts }) as Expression),
    },
    { weight: 2, arbitrary: number },
    ...(["add", "multiply", "coalesce"] as const).map((operator) => ({
      weight: 1,
      arbitrary: fc
        .array(tie("value"), { minLength: 1, maxLength: 3 })
        .map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    {
      weight: 1,
      arbitrary: fc.tuple(tie("value"), tie("value")).map(([a, b]) => ({ subtract: [a, b] }) satisfies Expression),
    },
    // By what both compute exactly: the quotient by a difference that ought to be 0 is anything.
    {
      weight: 1,
      arbitrary: fc.tuple(tie("value"), fc.oneof(exact, number)).map(([a, b]) => ({ divide: [a, b] }) satisfies Expression),
    },
    { weight: 1, arbitrary: fc.tuple(measure, apart).map((parts) => ({ floor: { add: parts } }) satisfies Expression) },
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    ...(["lt", "lte", "gt", "gte", "eq", "ne"] as const).map((operator) => ({
      weight: 2,
      arbitrary: comparison.map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    ...(["all", "any"] as const).map((operator) => ({
      weight: 1,
      arbitrary: fc
        .array(tie("condition"), { minLength: 1, maxLength: 3 })
        .map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    { weight: 1, arbitrary: tie("condition").map((part) => ({ not: part }) as Expression) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Expression>({ given: "vip", as: "BOOLEAN" }, { attribute: "beta", as: "BOOLEAN" }),
    },
    { weight: 1, arbitrary: fc.tuple(whole, fc.integer({ min: 0, max: 12 })).map((parts) => ({ gte: parts }) as Expression) },
    ...(["eq", "ne", "contains", "startsWith", "endsWith"] as const).map((operator) => ({
      weight: 1,
      arbitrary: fc.tuple(tie("text"), tie("text")).map((parts) => ({ [operator]: parts }) as unknown as Expression),
    })),
    ...[tie("text"), tie("value")].map((part) => ({
      weight: 1,
      arbitrary: part.map((each) => ({ isSet: each }) as Expression),
    })),
    {
      weight: 1,
      arbitrary: fc.array(tie("text"), { minLength: 2, maxLength: 4 }).map((parts) => ({ in: parts }) as Expression),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("condition"), tie("condition"), tie("condition")).map((parts) => ({ case: parts }) as Expression),
    },
  ),
}));
