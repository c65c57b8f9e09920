import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RandomForestClassifier } from "ml-random-forest";
import { describe, expect, it } from "vitest";
import { fitBoosted } from "../../src/learn/boosting.js";
import { foreignFeatures, readForeignModel, writeModel } from "../../src/learn/foreign-model.js";
import { leafSums } from "../../src/learn/forest-scores.js";
import { contributions, type FittedModel, predictLogOdds } from "../../src/learn/model.js";
import { decodeModel, encodeModel } from "../../src/learn/model-bytes.js";
import { train } from "../../src/learn/train.js";
import { synthetic } from "./synthetic.js";

/** What XGBoost 1.7.4 saved, and what it answers for 60 rows with gaps: margins, and its contributions with their base last. */
const fixture: {
  model: { learner: { objective: { name: string }; gradient_booster: { model: { trees: { left_children: number[] }[] } } } };
  rows: (number | null)[][];
  margin: number[];
  contributions: number[][];
} = JSON.parse(readFileSync(join("test", "learn", "xgboost-1.7.json"), "utf8"));
const text = JSON.stringify(fixture.model);
const matrix = {
  rows: fixture.rows.length,
  columns: [0, 1, 2, 3, 4].map((column) => Float64Array.from(fixture.rows, (row) => row[column] ?? Number.NaN)),
};

describe("a model of XGBoost here", () => {
  const model: FittedModel = {
    algorithm: "IMPORTED",
    imported: readForeignModel("XGBOOST", text, 5),
    calibration: { a: 1, b: 0 },
  };

  it("answers the log-odds that XGBoost answers, missing values included", () => {
    const ours = predictLogOdds(model, matrix);
    expect(matrix.columns[2]!.some(Number.isNaN)).toBe(true);
    // XGBoost adds up in 32 bits.
    for (const [row, margin] of fixture.margin.entries()) expect(Math.abs(ours[row]! - margin)).toBeLessThan(2e-6);
  });

  it("is explained by the contributions that XGBoost gives", () => {
    const { base, values } = contributions(model, matrix);
    for (const [row, theirs] of fixture.contributions.entries()) {
      for (const [column, value] of values.entries()) expect(Math.abs(value[row]! - theirs[column]!)).toBeLessThan(1e-5);
      expect(Math.abs(base - theirs[5]!)).toBeLessThan(1e-5);
    }
  });

  it("compares a value with a threshold as XGBoost does, which rounds both to 32 bits", () => {
    const threshold = Math.fround(0.1);
    const stump = JSON.stringify({
      learner: {
        gradient_booster: {
          model: {
            trees: [
              {
                left_children: [1, -1, -1],
                right_children: [2, -1, -1],
                split_indices: [0, 0, 0],
                split_conditions: [0.1, -1, 1],
                default_left: [1, 0, 0],
                sum_hessian: [2, 1, 1],
              },
            ],
          },
        },
        learner_model_param: { base_score: "[5E-1]" },
        objective: { name: "binary:logistic" },
      },
    });
    const { base, forest } = readForeignModel("XGBOOST", stump, 1);
    expect(base).toBe(0);
    // 0.1 lies below its own rounding, which is the threshold: as 32 bits it is not below, and goes right.
    const near = Array.from({ length: 200 }, (_, i) => threshold + (i - 100) * 1e-10);
    const values = Float64Array.from([0.1, ...near]);
    const sums = leafSums(forest, { rows: values.length, columns: [values] });
    expect([...sums]).toEqual(Array.from(values, (value) => (Math.fround(value) < threshold ? -1 : 1)));
    expect(sums[0]).toBe(1);
  });

  it("is stored and read back to the last bit", () => {
    expect(predictLogOdds(decodeModel(encodeModel(model)), matrix)).toEqual(predictLogOdds(model, matrix));
  });

  it("is refused with the reason when it is none, or not for these columns", () => {
    const changed = (change: (model: typeof fixture.model) => void) => {
      const copy = structuredClone(fixture.model);
      change(copy);
      return JSON.stringify(copy);
    };
    expect(() => readForeignModel("XGBOOST", "{", 5)).toThrow("not JSON");
    expect(() => readForeignModel("XGBOOST", "{}", 5)).toThrow("not the JSON of an XGBoost model");
    expect(() => readForeignModel("XGBOOST", text, 2)).toThrow("there are 2 features");
    const other = changed(({ learner }) => {
      learner.objective.name = "multi:softprob";
    });
    expect(() => readForeignModel("XGBOOST", other, 5)).toThrow("objective is multi:softprob");
    const cyclic = changed(({ learner }) => {
      learner.gradient_booster.model.trees[0]!.left_children[0] = 0;
    });
    expect(() => readForeignModel("XGBOOST", cyclic, 5)).toThrow("is no tree");
    const short = changed(({ learner }) => void learner.gradient_booster.model.trees[1]!.left_children.pop());
    expect(() => readForeignModel("XGBOOST", short, 5)).toThrow("not whole");
    expect(foreignFeatures("XGBOOST", text)).toBeNull();
  });
});

describe("a model of ours as XGBoost writes models", () => {
  const sample = synthetic(1_500, 6, 101);
  const users = Int32Array.from(sample.labels.keys());

  it.each(["DECISION_TREE", "RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const)(
    "%s comes back with its probabilities",
    (algorithm) => {
      const { model } = train(algorithm, sample.matrix, sample.labels, users, { seed: 2, folds: 2, forest: { trees: 20 } });
      const names = ["a", "b", "c", "d", "e", "f"];
      const written = writeModel("XGBOOST", model, names)!;
      expect(foreignFeatures("XGBOOST", written)).toEqual(names);
      // Values of 32 bits, which compare with a threshold as with the next number of 32 bits.
      const unseen = synthetic(800, 6, 102).matrix;
      const rounded = { rows: 800, columns: unseen.columns.map((column) => column.map(Math.fround)) };
      const back = predictLogOdds(
        { algorithm: "IMPORTED", imported: readForeignModel("XGBOOST", written, 6), calibration: { a: 1, b: 0 } },
        rounded,
      );
      for (const [row, logOdds] of predictLogOdds(model, rounded).entries())
        expect(Math.abs(logOdds - back[row]!)).toBeLessThan(1e-5);
    },
  );

  it("a logistic regression has no trees, and only a forest votes", () => {
    const { model } = train("LOGISTIC_REGRESSION", sample.matrix, sample.labels, users, { seed: 2, folds: 2 });
    expect(writeModel("XGBOOST", model, [])).toBeNull();
    const boosted = fitBoosted(sample.matrix, sample.labels, { rounds: 2 });
    expect(
      writeModel("ML_RANDOM_FOREST", { algorithm: "GRADIENT_BOOSTED_TREES", boosted, calibration: { a: 1, b: 0 } }, []),
    ).toBeNull();
  });
});

it("a forest of ml-random-forest scores by the mean of its leaves, and is calibrated like any other", () => {
  const { matrix, labels } = synthetic(400, 6, 103, 0);
  const theirs = new RandomForestClassifier({
    nEstimators: 10,
    maxFeatures: 0.7,
    replacement: false,
    useSampleBagging: true,
    seed: 3,
    noOOB: true,
    treeOptions: { maxDepth: 6, minNumSamples: 10, gainThreshold: 0 },
  });
  theirs.train(
    Array.from(labels, (_, row) => matrix.columns.map((column) => column[row]!)),
    Array.from(labels),
  );
  const imported = readForeignModel("ML_RANDOM_FOREST", JSON.stringify(theirs), 6);
  const means = leafSums(imported.forest, matrix);
  expect(Math.max(...means)).toBeLessThanOrEqual(1);
  const fresh = synthetic(2_000, 6, 104, 0);
  const users = Int32Array.from(fresh.labels.keys());
  const { model, crossValidation } = train("IMPORTED", fresh.matrix, fresh.labels, users, { seed: 1, imported });
  expect(crossValidation.aucMean).toBeGreaterThan(0.7);
  expect(crossValidation.brierMean).toBeLessThan(0.23);
  expect(predictLogOdds(decodeModel(encodeModel(model)), matrix)).toEqual(predictLogOdds(model, matrix));
  expect(() =>
    readForeignModel(
      "ML_RANDOM_FOREST",
      '{"name":"RFClassifier","baseModel":{"isClassifier":true,"estimators":[],"indexes":[]}}',
      6,
    ),
  ).toThrow("no trees");
});
