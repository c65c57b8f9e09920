import { describe, expect, it } from "vitest";
import { contributions, predictLogOdds } from "../../src/learn/model.js";
import { decodeModel, encodeModel } from "../../src/learn/model-bytes.js";
import { signal } from "../../src/learn/signal.js";
import { train } from "../../src/learn/train.js";
import { synthetic } from "./synthetic.js";

const { matrix, labels } = synthetic(1200, 6, 70);
// Two rows a user.
const users = Int32Array.from(labels, (_, row) => row >> 1);
const options = { seed: 3, forest: { trees: 40 }, boosting: { rounds: 60 } };

describe.each(["LOGISTIC_REGRESSION", "DECISION_TREE", "RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const)(
  "a trained %s",
  (algorithm) => {
    const told: number[] = [];
    const trained = train(algorithm, matrix, labels, users, { ...options, onProgress: (share) => told.push(share) });
    const { model } = trained;
    const logOdds = predictLogOdds(model, matrix);

    it("is the same for the same seed, down to the stored bytes", () => {
      const again = train(algorithm, matrix, labels, users, options);
      expect(encodeModel(again.model)).toEqual(encodeModel(model));
      expect(again.outOfFold).toEqual(trained.outOfFold);
    });

    it("is explained by contributions that add up to its log-odds, missing values included", () => {
      const { base, values } = contributions(model, matrix);
      expect(values).toHaveLength(6);
      for (let row = 0; row < matrix.rows; row++) {
        const sum = values.reduce((total, column) => total + column[row]!, base);
        expect(Math.abs(sum - logOdds[row]!)).toBeLessThan(1e-9);
      }
    });

    it("predicts the same to the last bit when it was stored, wherever in memory its bytes lie", () => {
      const bytes = encodeModel(model);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      expect(predictLogOdds(decodeModel(shifted.subarray(3)), matrix)).toEqual(logOdds);
    });

    it("is refused when its bytes are damaged, cut short, foreign or of a later version", () => {
      const bytes = encodeModel(model);
      const changed = (place: number) => bytes.map((byte, i) => (i === place ? byte ^ 1 : byte));
      for (const place of [8, 12, 20, bytes.length - 1]) expect(() => decodeModel(changed(place))).toThrow("damaged");
      expect(() => decodeModel(bytes.subarray(0, bytes.length - 8))).toThrow("damaged");
      expect(() => decodeModel(changed(0))).toThrow("not a stored model");
      expect(() => decodeModel(new Uint8Array())).toThrow("not a stored model");
      expect(() => decodeModel(changed(5))).toThrow("version 257");
    });

    it("says how far training is, never backwards", () => {
      expect(told.at(-1)).toBe(1);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    });

    it("is judged on other folds too, and stays as it is", () => {
      const fresh = train(algorithm, matrix, labels, users, options);
      const [bytes, outOfFold] = [encodeModel(fresh.model), fresh.outOfFold.slice()];
      const again: number[] = [];
      const judged = fresh.dealAgain(3, (share) => again.push(share));
      expect(judged).toMatchObject({ folds: 5, dealings: 3 });
      expect(fresh.crossValidation).toMatchObject({ folds: 5, dealings: 1 });
      expect(judged.aucMean).not.toBe(fresh.crossValidation.aucMean);
      expect(Math.abs(judged.aucMean - fresh.crossValidation.aucMean)).toBeLessThan(0.03);
      expect(fresh.dealAgain(3)).toEqual(judged);
      expect([encodeModel(fresh.model), fresh.outOfFold]).toEqual([bytes, outOfFold]);
      expect(again.at(-1)).toBe(1);
      expect(again).toEqual([...again].sort((a, b) => a - b));
    });

    it("does well on users it has not seen", () => {
      expect(trained.crossValidation.folds).toBe(5);
      expect(trained.crossValidation.aucMean).toBeGreaterThan(0.6);
      expect(signal(matrix, labels, trained.outOfFold)).toMatchObject({ usable: true, shortfalls: [] });
    });
  },
);

describe("training", () => {
  it("makes fewer folds where a label is rare, and refuses one that is not there", () => {
    const few = Uint8Array.from(labels, (_, row) => (row % 400 === 0 ? 1 : 0));
    expect(train("LOGISTIC_REGRESSION", matrix, few, users, options).crossValidation.folds).toBe(3);
    expect(() => train("LOGISTIC_REGRESSION", matrix, new Uint8Array(1200), users, options)).toThrow("two users of each label");
  });

  it("stops when told to", () => {
    expect(() => train("RANDOM_FOREST", matrix, labels, users, { ...options, cancelled: () => true })).toThrow("cancelled");
  });

  it("finds no signal in labels that have nothing to do with the columns", () => {
    const noise = synthetic(1200, 6, 71).labels;
    const { outOfFold } = train("RANDOM_FOREST", matrix, noise, users, options);
    expect(signal(matrix, noise, outOfFold).usable).toBe(false);
  });
});
