import { describe, expect, it } from "vitest";
import { signal } from "../../src/learn/signal.js";
import { type Trained, train } from "../../src/learn/train.js";
import { type DataSet, dataSets, type ReferenceAt, referenceIsAbsent, referenceOf, samplesOf } from "../math/reference.js";

// The sets on which the reference's own figures must be reached; the others are printed.
const held = new Set<string>(["cdnow", "online_retail"]);

describe.skipIf(referenceIsAbsent)("cross-validated models on real samples, against the reference values", () => {
  it.each(dataSets)("%s", (set) => {
    for (const [asOf, at] of referenceOf(set)) compare(set, asOf, at);
  });

  function compare(set: DataSet, asOf: string, at: ReferenceAt): void {
    const { labels, column, features } = samplesOf(set, asOf);
    const matrix = { rows: labels.length, columns: features.map(column) };
    const users = Int32Array.from(labels.keys());
    const logistic = train("LOGISTIC_REGRESSION", matrix, labels, users, { seed: 42 });
    const forest = train("RANDOM_FOREST", matrix, labels, users, { seed: 42 });
    const found = signal(matrix, labels, logistic.outOfFold);
    const ofForest = signal(matrix, labels, forest.outOfFold);
    const line = ({ crossValidation: { aucMean, brierMean } }: Trained, reference: ReferenceAt["cv5"]["LR"]) =>
      `AUC ${aucMean.toFixed(4)} (${reference.auc.mean}), Brier ${brierMean.toFixed(4)} (${reference.brier.mean})`;
    console.log(
      `${set} ${asOf}: logistic ${line(logistic, at.cv5.LR)}; forest ${line(forest, at.cv5.RF)}; ` +
        `skill ${found.skill.toFixed(3)} / ${ofForest.skill.toFixed(3)}, AUC at least ${found.aucLower.toFixed(3)} / ` +
        `${ofForest.aucLower.toFixed(3)}, over the best column ${found.gainOverBestColumn.toFixed(3)}; usable: ${found.usable} / ${ofForest.usable}`,
    );

    expect(found.usable).toBe(set !== "retail_transactions_125k");
    expect(ofForest.usable).toBe(set !== "retail_transactions_125k");
    if (!held.has(set)) return;
    expect(logistic.crossValidation.aucMean).toBeGreaterThanOrEqual(at.cv5.LR.auc.mean - 0.005);
    expect(logistic.crossValidation.brierMean).toBeLessThanOrEqual(at.cv5.LR.brier.mean + 0.005);
    expect(forest.crossValidation.aucMean).toBeGreaterThanOrEqual(at.cv5.RF.auc.mean - 0.01);
    expect(forest.crossValidation.brierMean).toBeLessThanOrEqual(at.cv5.RF.brier.mean + 0.005);
    const boosted = train("GRADIENT_BOOSTED_TREES", matrix, labels, users, { seed: 42 });
    console.log(`${set} ${asOf}: boosted ${line(boosted, at.cv5.XGB)}`);
    expect(boosted.crossValidation.aucMean).toBeGreaterThanOrEqual(at.cv5.XGB.auc.mean - 0.005);
    expect(boosted.crossValidation.brierMean).toBeLessThanOrEqual(at.cv5.XGB.brier.mean + 0.002);
  }
});
