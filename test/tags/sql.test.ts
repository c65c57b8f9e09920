import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/math/random.js";
import { type Expression, MEASURES, type Measure, WEEKLY_MEASURES } from "../../src/tags/definition.js";
import { compile } from "../../src/tags/evaluate.js";
import { DAY_MS, HistoryWriter } from "../../src/tags/history.js";
import { readHistories, streamHistories } from "../../src/tags/history.loader.js";
import { parseExpression } from "../../src/tags/parse.js";
import { openTestStore, type TestStore } from "../database.js";
import { populate } from "./populate.js";
import { TYPES } from "./real.js";
import { NOT_IN_SQL, sqlOf } from "./sql-of.js";

const USERS = 60;
const START = Date.UTC(2023, 0, 1);
const SPAN_DAYS = 500;
const ids = Array.from({ length: USERS }, (_, place) => String(place + 1));
let store: TestStore;

/** Habits of all kinds, some users with a single event or none; times to the minute, some of them equal, some on the edges of windows. */
beforeAll(async () => {
  store = await openTestStore();
  const random = seededRandom(99);
  const writer = new HistoryWriter(USERS);
  for (let user = 1; user <= USERS; user++) {
    writer.user(user);
    const times: number[] = [];
    const habit = user % 10 === 0 ? 0 : user % 7 === 0 ? 1 : Math.floor(3 + 40 * random());
    for (let n = 0; n < habit; n++) times.push(Math.floor(random() * SPAN_DAYS * 1440) * 60_000);
    if (user % 3 === 0) for (let day = 0; day < SPAN_DAYS; day += 30) times.push(day * DAY_MS);
    if (user % 4 === 0 && times.length > 0) times.push(times[0]!);
    for (const at of times.sort((a, b) => a - b)) {
      const type = 1 + Math.floor(random() * 4);
      writer.event(START + at, type, type === 2 ? Math.floor(random() * 1e7) - 1e6 : Number.NaN);
      for (let category = 0; category < random() * 4; category++) writer.category(1 + Math.floor(random() * 6));
    }
  }
  await populate(store, writer.finish());
});
afterAll(() => store.close());

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const measure: fc.Arbitrary<Expression> = fc
  .record({
    measure: fc.constantFrom(...MEASURES.filter((name) => !(NOT_IN_SQL as readonly string[]).includes(name))),
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

const { condition, value } = fc.letrec<{ condition: Expression; value: Expression }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: measure },
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
  ),
}));

/** Equal, or apart by what the order of a sum does to a double. */
function close(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

test("the engine says of every user what SQL says, for any definition at any day: in bulk, and for one", async () => {
  const vocabulary = { isComputedTag: () => false, isEventType: (key: string) => TYPES.some((type) => type.key === key) };
  let compared = 0;
  let defined = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(condition, value), { minLength: 1, maxLength: 12 }),
      fc.oneof(fc.integer({ min: 0, max: SPAN_DAYS }), fc.double({ min: 0, max: SPAN_DAYS, noNaN: true })),
      async (expressions, day) => {
        for (const expression of expressions)
          parseExpression(expression, isConditionLike(expression) ? "condition" : "number", vocabulary);
        const asOf = new Date(START + Math.floor(day * DAY_MS));
        const { rows } = await store.pool.run<Record<string, any>>(sqlOf(expressions, TYPES), [ids, asOf]);
        const program = compile(expressions, TYPES);
        const one = await readHistories(store.pool, ids, asOf);
        const columns = program(one, asOf.getTime());
        for (const [place, expression] of expressions.entries())
          for (const [user, row] of rows.entries()) {
            const [wanted, found] = [row[`c${place}`] ?? Number.NaN, columns[place]![user]!];
            if (!close(wanted, found))
              throw new Error(
                `user ${row.id} at ${asOf.toISOString()}: ${found}, in SQL ${wanted}, of ${JSON.stringify(expression)}`,
              );
            compared++;
            if (!Number.isNaN(found)) defined++;
          }
        for await (const chunk of streamHistories(store.pool, { before: asOf, chunkUsers: 7 })) {
          const bulk = program(chunk, asOf.getTime());
          for (const [user, id] of chunk.userIds.entries())
            for (const [place, column] of bulk.entries()) {
              if (!Object.is(column[user], columns[place]![ids.indexOf(String(id))]))
                throw new Error(`bulk differs for user ${id}`);
            }
        }
      },
    ),
    { numRuns: 400, seed: 31 },
  );
  expect(compared).toBeGreaterThan(30_000);
  expect(defined / compared, "most are defined").toBeGreaterThan(0.5);
});

function isConditionLike(expression: Expression): boolean {
  return (
    typeof expression === "object" &&
    ["lt", "lte", "gt", "gte", "eq", "ne", "all", "any", "not"].includes(Object.keys(expression)[0]!)
  );
}
