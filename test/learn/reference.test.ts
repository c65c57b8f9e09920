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
    const timed = (algorithm: "LOGISTIC_REGRESSION" | "RANDOM_FOREST") => {
      const started = performance.now();
      const trained = train(algorithm, matrix, labels, users, { seed: 42 });
      return { trained, seconds: (performance.now() - started) / 1000 };
    };
    const logistic = timed("LOGISTIC_REGRESSION");
    const forest = timed("RANDOM_FOREST");
    const found = signal(matrix, labels, logistic.trained.outOfFold);
    const ofForest = signal(matrix, labels, forest.trained.outOfFold);
    const line = ({ trained, seconds }: { trained: Trained; seconds: number }, reference: ReferenceAt["cv5"]["LR"]) =>
      `AUC ${trained.crossValidation.aucMean.toFixed(4)} (${reference.auc.mean}), Brier ${trained.crossValidation.brierMean.toFixed(4)} ` +
      `(${reference.brier.mean}), ${seconds.toFixed(1)} s`;
    console.log(
      `${set} ${asOf}: logistic ${line(logistic, at.cv5.LR)}; forest ${line(forest, at.cv5.RF)}; ` +
        `skill ${found.skill.toFixed(3)} / ${ofForest.skill.toFixed(3)}, AUC at least ${found.aucLower.toFixed(3)} / ` +
        `${ofForest.aucLower.toFixed(3)}, over the best column ${found.gainOverBestColumn.toFixed(3)}; usable: ${found.usable} / ${ofForest.usable}`,
    );

    expect(found.usable).toBe(set !== "retail_transactions_125k");
    expect(ofForest.usable).toBe(set !== "retail_transactions_125k");
    if (!held.has(set)) return;
    expect(logistic.trained.crossValidation.aucMean).toBeGreaterThanOrEqual(at.cv5.LR.auc.mean - 0.005);
    expect(logistic.trained.crossValidation.brierMean).toBeLessThanOrEqual(at.cv5.LR.brier.mean + 0.005);
    expect(forest.trained.crossValidation.aucMean).toBeGreaterThanOrEqual(at.cv5.RF.auc.mean - 0.01);
    expect(forest.trained.crossValidation.brierMean).toBeLessThanOrEqual(at.cv5.RF.brier.mean + 0.005);
  }
});
