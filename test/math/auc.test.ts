import { describe, expect, it } from "vitest";
import { auc, aucWithError, averagePrecision } from "../../src/math/auc.js";
import { f1At } from "../../src/math/confusion.js";
import { liftByBand } from "../../src/math/lift.js";
import { brier, brierSkill, logLoss } from "../../src/math/proper-scores.js";
import { calibrationError, reliability } from "../../src/math/reliability.js";
import { dataSets, referenceIsAbsent, referenceOf, samplesOf } from "./reference.js";

describe("the area under the ROC curve", () => {
  it("counts a tie as half", () => {
    expect(auc(Float64Array.of(1, 2, 2, 3), Uint8Array.of(0, 0, 1, 1))).toBe(0.875);
  });

  it("does not exist when a label is absent", () => {
    expect(auc(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toBeNaN();
  });

  it("has DeLong's standard error", () => {
    // Placements by hand: 1, 1, 3/4 of the positives and 1, 1, 1, 2/3 of the negatives.
    const { auc: area, standardError } = aucWithError(Float64Array.of(9, 8, 4, 3, 2, 1, 5), Uint8Array.of(1, 1, 1, 0, 0, 0, 0));
    expect(area).toBeCloseTo(11 / 12, 12);
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 48 / 3 + 1 / 36 / 4), 12);
  });
});

describe("average precision", () => {
  it("is scikit-learn's own example", () => {
    expect(averagePrecision(Float64Array.of(0.1, 0.4, 0.35, 0.8), Uint8Array.of(0, 0, 1, 1))).toBeCloseTo(0.8333333333333333, 12);
  });
});

describe("proper scores", () => {
  it("charge one wrong certainty 34.5 nats and no more", () => {
    expect(logLoss(Float64Array.of(0), Uint8Array.of(1))).toBeCloseTo(34.53877639491069, 9);
  });

  it("find no skill in the overall share", () => {
    expect(brierSkill(Float64Array.of(0.25, 0.25, 0.25, 0.25), Uint8Array.of(1, 0, 0, 0))).toBeCloseTo(0, 12);
  });
});

describe("lift", () => {
  it("fills bands within one row of each other and catches every positive in the last", () => {
    const bands = liftByBand(Float64Array.of(5, 4, 3, 2, 1), Uint8Array.of(1, 1, 0, 0, 0), 2);
    expect(bands.map(({ count, lift }) => [count, lift])).toEqual([
      [2, 2.5],
      [3, 0],
    ]);
    expect(bands.at(-1)?.cumulativeRecall).toBe(1);
  });
});

describe.skipIf(referenceIsAbsent)("evaluation of the reference's own predictions", () => {
  it.each(dataSets)("%s", (set) => {
    for (const [asOf, { cv5 }] of referenceOf(set)) {
      const { labels, column } = samplesOf(set, asOf);
      for (const model of ["LR", "RF", "XGB"] as const) {
        const scores = column(`oof_${model}`);
        const found = {
          auc: auc(scores, labels),
          pr_auc: averagePrecision(scores, labels),
          "f1@0.5": f1At(scores, labels, 0.5),
          brier: brier(scores, labels),
          logloss: logLoss(scores, labels),
          ece10: calibrationError(reliability(scores, labels)),
        };
        for (const [metric, value] of Object.entries(found)) {
          expect(Math.abs(value - cv5[model].pooled_oof[metric]!), `${asOf} ${model} ${metric}`).toBeLessThan(1.01e-4);
        }
      }
    }
  });
});

describe.skipIf(referenceIsAbsent)("the area of single features, missing values left out", () => {
  it.each(dataSets)("%s", (set) => {
    for (const [asOf, { univariate_auc_iv }] of referenceOf(set)) {
      const { labels, column } = samplesOf(set, asOf);
      for (const [feature, expected] of Object.entries(univariate_auc_iv)) {
        // The file rounds to six decimals, which ties values that were a last bit apart: many in the two derived columns.
        const allowed = feature === "cv_12w" || feature === "slope_12w" ? 2e-3 : 1e-5;
        expect(Math.abs(auc(column(feature), labels) - expected.auc), `${asOf} ${feature}`).toBeLessThan(allowed);
      }
    }
  });
});
