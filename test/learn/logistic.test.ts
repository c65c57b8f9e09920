import { describe, expect, it } from "vitest";
import { fitLogistic, logisticLogOdds, sigmoid } from "../../src/learn/logistic.js";
import { fitPreparation, prepare } from "../../src/learn/prepare.js";
import { synthetic } from "./synthetic.js";

describe("preparing columns for a linear model", () => {
  const matrix = {
    rows: 6,
    columns: [
      Float64Array.of(0, 1, 1, 2, 3, 400),
      Float64Array.of(-5, 1, 1, 2, 3, 400),
      Float64Array.of(1, Number.NaN, 3, 5, Number.NaN, 7),
      Float64Array.of(7, 7, 7, 7, 7, 7),
      new Float64Array(6).fill(Number.NaN),
    ],
  };
  const preparation = fitPreparation(matrix);

  it("compresses what is skewed and never negative", () => {
    expect(preparation.map(({ log1p }) => log1p)).toEqual([true, false, false, false, false]);
  });

  it("puts the median in place of what is missing and marks it", () => {
    expect(preparation[2]?.median).toBe(4);
    expect(preparation[2]?.missingScale?.mean).toBeCloseTo(1 / 3, 12);
    expect(preparation[2]?.missingScale?.deviation).toBeCloseTo(Math.sqrt(2) / 3, 12);
  });

  it("drops constants, and knows which column each prepared one tells of", () => {
    const prepared = prepare(matrix, preparation);
    expect([...prepared.origins]).toEqual([0, 1, 2, 2]);
    for (const column of prepared.columns) {
      expect(column.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
      expect(column.reduce((sum, value) => sum + value * value, 0) / 6).toBeCloseTo(1, 12);
    }
  });

  it("survives JSON, and values that training never saw", () => {
    const replayed = JSON.parse(JSON.stringify(preparation));
    const unseen = { rows: 1, columns: [-3, -1e9, Number.POSITIVE_INFINITY, 0, 1].map((value) => Float64Array.of(value)) };
    for (const column of prepare(unseen, replayed).columns) expect(column[0]).toSatisfy(Number.isFinite);
  });

  it("refuses another number of columns", () => {
    expect(() => prepare({ rows: 0, columns: [] }, preparation)).toThrow("fitted on 5 columns");
  });
});

describe("logistic regression", () => {
  it("finds the weights that SciPy's minimiser finds for the same penalised likelihood", () => {
    const matrix = { rows: 6, columns: [Float64Array.of(-1.5, -0.5, 0, 0.5, 1, 2), Float64Array.of(1, -1, 0.5, 2, -0.5, 0)] };
    const labels = Uint8Array.of(0, 0, 1, 0, 1, 1);
    const { intercept, weights } = fitLogistic(matrix, labels, { c: 1 });
    expect(intercept).toBeCloseTo(-0.095242317, 6);
    expect(weights[0]).toBeCloseTo(0.85945841, 6);
    expect(weights[1]).toBeCloseTo(-0.358095157, 6);
  });

  it("predicts the overall share on average, for the intercept is not held down", () => {
    const { matrix, labels } = synthetic(500, 2, 1);
    const probabilities = logisticLogOdds(matrix, fitLogistic(matrix, labels, { c: 0.01 })).map(sigmoid);
    const sum = (values: Float64Array | Uint8Array) => Array.from(values).reduce((total, value) => total + value, 0);
    expect(sum(probabilities)).toBeCloseTo(sum(labels), 5);
  });

  it("stays finite where a column separates the labels", () => {
    const column = Float64Array.from({ length: 40 }, (_, i) => i - 20);
    const { weights } = fitLogistic(
      { rows: 40, columns: [column] },
      Uint8Array.from(column, (x) => (x >= 0 ? 1 : 0)),
      { c: 1 },
    );
    expect(weights[0]).toBeGreaterThan(0.5);
    expect(weights[0]).toBeLessThan(5);
  });
});
