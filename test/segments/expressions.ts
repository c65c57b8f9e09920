import fc from "fast-check";
import { toGlobalId } from "../../src/node.js";

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const some = <T>(choices: readonly T[]) => fc.uniqueArray(fc.constantFrom(...choices), { minLength: 1, maxLength: 3 });

function testOf(values: readonly (number | string | boolean)[]): fc.Arbitrary<object> {
  const value = fc.constantFrom(...values);
  const orderable = values.filter((each) => typeof each !== "boolean");
  return fc.oneof(
    fc.constantFrom({}, { op: "IS_SET" }),
    fc.record({ op: fc.constantFrom("EQ", "NE"), value }),
    fc.record({ op: fc.constant("IN"), values: some(values) }),
    fc.record({ op: fc.constantFrom("LT", "LTE", "GT", "GTE"), value: fc.constantFrom(...orderable) }),
    fc
      .tuple(fc.constantFrom(...orderable), fc.constantFrom(...orderable))
      .filter(([low, high]) => typeof low === typeof high)
      .map((bounds) => ({ op: "BETWEEN", values: bounds })),
  );
}

const tagLeaf = fc.oneof(
  fc.record({ key: fc.constantFrom("vip", "allergic", "dormant", "freq_drop_50") }),
  fc
    .tuple(fc.constant("plan"), testOf(["basic", "pro", "Pro", "", "pró", "\u{1F600}", "ﬀ"]))
    .map(([key, test]) => ({ key, ...test })),
  fc
    .tuple(fc.constantFrom("seats", "events_30d", "recency_days", "amount"), testOf([0, 1, 2.5, 10, -3, 29.999, 30]))
    .map(([key, test]) => ({ key, ...test })),
);

const scores = fc.record({ gte: maybe(fc.integer({ min: 1, max: 4 })), lte: maybe(fc.integer({ min: 2, max: 5 })) });

const leaf = fc.oneof(
  { weight: 5, arbitrary: fc.record({ tag: tagLeaf }) },
  fc.record({
    riskTier: fc.oneof(
      fc.record({ in: some(["LOW", "MEDIUM", "HIGH"]) }),
      fc.record({ in: some(["COLD", "WARM"]), scheme: fc.constant("sales") }),
    ),
  }),
  fc.record({
    churnProbability: fc
      .record({ gte: maybe(fc.constantFrom(0, 0.5, 0.8)), lt: maybe(fc.constantFrom(0.5, 0.8, 1)) })
      .filter(({ gte, lt }) => gte !== undefined || lt !== undefined),
  }),
  fc.record({ channel: fc.record({ in: some(["app", "web", "shop", "none"]) }) }),
  fc.record({ lifecycleStage: fc.record({ in: some(["NEW", "ACTIVE", "LOST"]) }) }),
  fc.record({
    attribute: fc
      .oneof(
        fc.tuple(fc.constant("city"), testOf(["Xi'an", "Köln", "Köln", 5, true])),
        fc.tuple(fc.constant("age"), testOf([18, 30, 30.5, "30", 64, false])),
        fc.tuple(fc.constant('odd "name": $1'), testOf([true, false, "yes", "x"])),
        fc.tuple(fc.constant("nothing"), testOf([1, "x"])),
      )
      .map(([name, test]) => ({ name, ...test })),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc
        .record({
          type: maybe(fc.constantFrom("login", "order", "complaint")),
          atLeast: maybe(fc.constantFrom(0, 1, 2, 3)),
          atMost: maybe(fc.constantFrom(0, 1, 2)),
          withinDays: maybe(fc.constantFrom(7, 30, 60)),
          endingDaysAgo: maybe(fc.constantFrom(0, 7, 30)),
          category: maybe(fc.constantFrom("shoes", "hats")),
          minAmount: maybe(fc.constantFrom(-10, 0, 10, 10.0001)),
        })
        .filter(({ atLeast, atMost }) => atLeast === undefined || atMost === undefined || atLeast <= atMost),
    }),
  },
  fc.record({
    decline: fc.record({
      metric: maybe(fc.constantFrom("freq_drop_50", "events_30d")),
      severity: maybe(some(["MILD", "MODERATE", "SEVERE"])),
    }),
  }),
  fc.record({
    rfm: fc
      .record({
        recency: maybe(scores),
        frequency: maybe(scores),
        monetary: maybe(scores),
        layer: maybe(some(["CHAMPIONS", "AT_RISK", "NEW", "LOST"])),
      })
      .filter((rfm) => Object.values(rfm).some((part) => part !== undefined)),
  }),
  fc.record({
    behaviorBreak: fc.record({ direction: maybe(fc.constantFrom("UP", "DOWN")), sinceDays: maybe(fc.constantFrom(30, 90)) }),
  }),
  fc.record({ segment: fc.record({ key: fc.constantFrom("quiet", "nested") }) }),
  fc.record({
    ids: fc.array(
      fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 8_150, max: 8_240 })).map((id) => toGlobalId("User", id)),
      { minLength: 1, maxLength: 5 },
    ),
  }),
);

/** Random expressions of every node that compiles, up to four levels deep. */
export const expressions: fc.Arbitrary<any> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 2, arbitrary: leaf },
    { weight: 1, arbitrary: fc.record({ all: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ any: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ not: tie("node") }) },
  ),
})).node;
