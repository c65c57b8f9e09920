import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UNCALIBRATED } from "../../src/learn/calibration.js";
import { contributions, predictLogOdds } from "../../src/learn/model.js";
import { decodeModel, encodeModel } from "../../src/learn/model-bytes.js";
import { type PointRule, passes, RULE_OPERATORS, rulesAsForest } from "../../src/learn/rules.js";
import { train } from "../../src/learn/train.js";
import { seededRandom } from "../../src/math/random.js";

const COLUMNS = 3;
const values = fc.oneof(fc.constantFrom(-1, 0, 0.5, 1, 30, Number.NaN), fc.double({ min: -5, max: 40, noNaN: true }));
const matrices = fc.array(fc.tuple(values, values, values), { minLength: 1, maxLength: 300 }).map((rows) => ({
  rows: rows.length,
  columns: Array.from({ length: COLUMNS }, (_, column) => Float64Array.from(rows, (row) => row[column]!)),
}));
const rules = fc.array(
  fc.record({
    all: fc.array(
      fc.record({
        column: fc.integer({ min: 0, max: COLUMNS - 1 }),
        op: fc.constantFrom(...RULE_OPERATORS),
        value: fc.constantFrom(-1, 0, 0.5, 1, 30),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    points: fc.constantFrom(-2, 0.5, 1, 3),
  }),
  { minLength: 1, maxLength: 6 },
) as fc.Arbitrary<PointRule[]>;

describe("rules", () => {
  test("a row's score is the sum of the points of the rules it passes all tests of; a missing value passes none", () => {
    fc.assert(
      fc.property(matrices, rules, (matrix, given) => {
        const model = { algorithm: "RULES", rules: rulesAsForest(matrix, given), calibration: UNCALIBRATED } as const;
        const scores = predictLogOdds(model, matrix);
        for (let row = 0; row < matrix.rows; row++) {
          const points = given
            .filter(({ all }) => all.every((test) => passes(matrix.columns[test.column]![row]!, test)))
            .reduce((sum, rule) => sum + rule.points, 0);
          expect(scores[row]).toBeCloseTo(points, 9);
        }
        const { base, values: moved } = contributions(model, matrix);
        for (let row = 0; row < matrix.rows; row++)
          expect(
            moved.reduce((sum, column) => sum + column[row]!, base),
            "contributions sum to the score",
          ).toBeCloseTo(scores[row]!, 9);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  test("points become probabilities by what happened, and a stored model says the same", () => {
    const random = seededRandom(8);
    const rows = 2_000;
    const silence = Float64Array.from({ length: rows }, () => Math.floor(100 * random()));
    const labels = Uint8Array.from(silence, (days) => (random() < (days >= 60 ? 0.9 : days >= 30 ? 0.5 : 0.1) ? 1 : 0));
    const matrix = { rows, columns: [silence] };
    const given: PointRule[] = [30, 60].map((value) => ({ all: [{ column: 0, op: "GTE", value }], points: 1 }));
    const { model, outOfFold, crossValidation } = train("RULES", matrix, labels, Float64Array.from(silence.keys()), {
      seed: 1,
      rules: given,
    });
    const meanOf = (from: number, to: number) => {
      const inside = [...silence.keys()].filter((row) => silence[row]! >= from && silence[row]! < to);
      return inside.reduce((sum, row) => sum + outOfFold[row]!, 0) / inside.length;
    };
    expect([meanOf(0, 30), meanOf(30, 60), meanOf(60, 101)].map((share) => Math.round(share * 10) / 10)).toEqual([0.1, 0.5, 0.9]);
    expect(crossValidation.aucMean).toBeGreaterThan(0.8);
    expect(predictLogOdds(decodeModel(encodeModel(model)), matrix)).toEqual(predictLogOdds(model, matrix));
  });

  test("without rules there is nothing to count", () => {
    const matrix = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
    expect(() => train("RULES", matrix, Uint8Array.of(0, 1, 0, 1), [1, 2, 3, 4], { seed: 1 })).toThrow("no rules");
  });
});
