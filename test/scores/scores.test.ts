import { describe, expect, test } from "vitest";
import type { PointRule } from "../../src/learn/rules.js";
import { confusion } from "../../src/math/confusion.js";
import { seededRandom } from "../../src/math/random.js";
import { latestObservationDate, standardObservationDates, windowsAt } from "../../src/scores/churn-definition.js";
import { confusionAt, evaluate } from "../../src/scores/evaluation.js";
import { factorSentence } from "../../src/scores/factor.js";
import { compareLosses } from "../../src/scores/loss.js";
import { columnsOfSlots, takeNumbers } from "../../src/scores/numbers.js";
import { rankTags } from "../../src/scores/ranking.js";
import { alignColumns, isConstant, stack } from "../../src/scores/sample.js";
import { TEMPLATES } from "../../src/scores/template.js";
import { runTraining, simplestOfTheBest, TRAINABLE } from "../../src/scores/training.js";
import { LIBRARY } from "../../src/tags/library.js";

const retail = TEMPLATES.find(({ key }) => key === "retail")!;

describe("windows of a definition", () => {
  test("lookback, lead and horizon follow one another without a gap or an overlap", () => {
    const windows = windowsAt({ horizonDays: 90, lookbackDays: 180, leadDays: 7 }, new Date("2011-06-01T00:00:00Z"));
    expect(Object.values(windows).map((at) => at.toISOString().slice(0, 10))).toEqual([
      "2010-12-03",
      "2011-06-01",
      "2011-06-08",
      "2011-09-06",
    ]);
  });

  test("the standard observation dates are the latest whose horizon has passed, and one a horizon earlier", () => {
    const end = new Date("2011-12-10T00:00:00Z");
    expect(latestObservationDate(retail, end)).toEqual(new Date("2011-09-11T00:00:00Z"));
    expect(
      standardObservationDates(retail, new Date("2010-12-01T00:00:00Z"), end).map((at) => at.toISOString().slice(0, 10)),
    ).toEqual(["2011-06-13", "2011-09-11"]);
    expect(standardObservationDates(retail, new Date("2011-06-01T00:00:00Z"), end)).toHaveLength(1);
  });
});

describe("samples", () => {
  test("columns are brought into the order of the wanted users, missing ones are NaN", () => {
    const columns = alignColumns(Float64Array.of(2, 3, 9), Float64Array.of(1, 2, 9), [Float64Array.of(10, 20, 90)]);
    expect(columns).toEqual([Float64Array.of(20, Number.NaN, 90)]);
    expect(stack([Float64Array.of(1), Float64Array.of(2, 3)])).toEqual(Float64Array.of(1, 2, 3));
  });

  test("a column of one value, or of none, says nothing", () => {
    expect(isConstant(Float64Array.of(3, 3))).toBe(true);
    expect(isConstant(Float64Array.of(Number.NaN, Number.NaN))).toBe(true);
    expect(isConstant(Float64Array.of(Number.NaN, 3))).toBe(false);
  });

  test("numbers are read out of Postgres' binary arrays, NULL and a slot that is not there as NaN", () => {
    const bytes = Buffer.alloc(20 + 12 + 4 + 12);
    bytes.writeInt32BE(3, 12);
    bytes.writeInt32BE(8, 20);
    bytes.writeDoubleBE(1.5, 24);
    bytes.writeInt32BE(-1, 32);
    bytes.writeInt32BE(8, 36);
    bytes.writeDoubleBE(-2, 40);
    const columns = [new Float64Array(1), new Float64Array(1), new Float64Array(1), new Float64Array(1)];
    takeNumbers(bytes, columnsOfSlots([2, 0, 1, 7]), columns, 0);
    expect(columns.map((column) => column[0])).toEqual([-2, 1.5, Number.NaN, Number.NaN]);
  });
});

describe("evaluation", () => {
  const random = seededRandom(5);
  const probabilities = Float64Array.from({ length: 2_000 }, () => Math.round(random() * 1_000) / 1_000);
  const labels = Uint8Array.from(probabilities, (probability) => (random() < probability ? 1 : 0));
  const none = { folds: 2, aucMean: 0, aucSd: 0, brierMean: 0, brierSd: 0, logLossMean: 0, logLossSd: 0 };

  test("a confusion matrix at any thousandth is the one counted over the rows", () => {
    const { histogram } = evaluate(probabilities, labels, none);
    for (const threshold of [0, 0.001, 0.29, 0.5, 0.57, 0.999, 1]) {
      const counted = confusion(probabilities, labels, threshold);
      expect(confusionAt(histogram, threshold)).toEqual({
        threshold,
        truePositive: counted.truePositives,
        falsePositive: counted.falsePositives,
        trueNegative: counted.trueNegatives,
        falseNegative: counted.falseNegatives,
      });
    }
  });

  test("a better forecast saves log-loss, and its error says how surely", () => {
    const constant = new Float64Array(labels.length).fill(0.5);
    const { saved, standardError } = compareLosses(probabilities, constant, labels);
    expect(saved).toBeGreaterThan(5 * standardError);
    expect(compareLosses(constant, constant, labels).saved).toBe(0);
  });
});

describe("a training", () => {
  const random = seededRandom(11);
  const rows = 1_500;
  const planted = Float64Array.from({ length: rows }, () => random() * 4 - 2);
  const columns = [...Array.from({ length: 5 }, () => Float64Array.from({ length: rows }, () => random())), planted];
  const features = ["noise_1", "noise_2", "noise_3", "noise_4", "noise_5", "planted"];
  const labels = Uint8Array.from(planted, (value) => (random() < 1 / (1 + Math.exp(-1.5 * value)) ? 1 : 0));
  const groups = Float64Array.from({ length: rows }, (_, row) => row);
  const dates = Uint8Array.from({ length: rows }, (_, row) => (row < rows / 2 ? 0 : 1));
  const request = {
    algorithms: TRAINABLE,
    features,
    columns,
    labels,
    groups,
    dates,
    seed: 3,
    rules: [{ all: [{ column: 5, op: "GTE", value: 0 }], points: 1 }] satisfies PointRule[],
    recency: columns[0]!,
  };

  test("finds a planted signal and ranks it first", () => {
    const told: string[] = [];
    const { evaluation, algorithm } = runTraining(request, (_, step) => told.push(step));
    expect(evaluation.signal).toBe(true);
    expect(evaluation.ranking[0]).toMatchObject({ rank: 1, key: "planted", direction: "RAISES" });
    expect(evaluation.ranking[0]!.share).toBeGreaterThan(0.8);
    expect(evaluation.laterDate!.auc).toBeGreaterThan(0.75);
    expect(algorithm).toBe("LOGISTIC_REGRESSION");
    expect(evaluation.candidates.map(({ algorithm: each }) => each)).toEqual(TRAINABLE);
    expect(told).toContain("training a random forest");
    expect(told).toContain("training boosted trees");
  });

  test("says that it found nothing where there is nothing", () => {
    const noise = {
      ...request,
      algorithms: ["LOGISTIC_REGRESSION"] as const,
      columns: columns.slice(0, 5),
      features: features.slice(0, 5),
    };
    const { evaluation } = runTraining(noise, () => {});
    expect(evaluation.signal).toBe(false);
    expect(evaluation.signalSentence).toMatch(/^No usable signal was found/);
  });

  test.each(["RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const)(
    "of %s gives the same bytes for the same seed, and others for another",
    (algorithm) => {
      const forest = { ...request, algorithms: [algorithm] };
      const bytes = (seed: number) => Buffer.from(runTraining({ ...forest, seed }, () => {}).parameters).toString("base64");
      const once = bytes(1);
      expect(bytes(1)).toBe(once);
      expect(bytes(2)).not.toBe(once);
    },
  );

  test("the simpler algorithm is taken within one standard error of the best", () => {
    const tried = (aucMean: number, aucSd: number) => ({ trained: { crossValidation: { folds: 4, aucMean, aucSd } as never } });
    const simple = tried(0.74, 0.02);
    const complex = tried(0.75, 0.02);
    expect(simplestOfTheBest([simple, complex])).toBe(simple);
    const better = tried(0.76, 0.02);
    expect(simplestOfTheBest([simple, better])).toBe(better);
  });
});

test("tags that move a score both ways are said to do so, and shares sum to 1", () => {
  const columns = [Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4), Float64Array.of(4, 3, 2, 1)];
  const values = [Float64Array.of(-1, -0.5, 0.5, 1), Float64Array.of(0.2, -0.2, -0.2, 0.2), Float64Array.of(-0.1, 0, 0, 0.1)];
  const ranking = rankTags(["a", "b", "c"], columns, { base: 0, values });
  expect(ranking.map(({ key, rank, direction }) => [key, rank, direction])).toEqual([
    ["a", 1, "RAISES"],
    ["b", 2, "MIXED"],
    ["c", 3, "LOWERS"],
  ]);
  expect(ranking.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
});

describe("factors in words", () => {
  const tag = (key: string) => {
    const found = LIBRARY.find((each) => each.key === key)!;
    return { key, name: found.name, unit: found.unit ?? null };
  };

  test("a marketer understands them", () => {
    expect(factorSentence(tag("days_since_last_order"), 23, 0.4)).toBe("No order for 23 days: raises the risk.");
    const usual = { activityDays: 1.2, orderDays: 6.3 };
    expect(factorSentence(tag("days_since_last_order"), 23, 0.4, usual)).toBe(
      "No order for 23 days, usually every 6: raises the risk.",
    );
    expect(factorSentence(tag("recency_days"), 4.2, 0.4, usual)).toBe(
      "No activity for 4 days, usually every day: raises the risk.",
    );
    expect(factorSentence(tag("events_30d"), 1, -0.2, usual)).toBe("Active 1 time in the last 30 days: lowers the risk.");
    expect(factorSentence(tag("orders_prior_30d"), 0, 0.1)).toBe("No order in the 30 days before the last 30: raises the risk.");
    expect(factorSentence(tag("gap_mean_days"), null, 0.1)).toBe("Came only once, so no usual gap is known: raises the risk.");
    expect(factorSentence(tag("weekend_share"), 0.25, 0)).toBe("25 % of the activity is on weekends: leaves the risk as it is.");
  });

  test("every METRIC tag of the library has a sentence, with a value and without", () => {
    for (const { key, name, unit } of LIBRARY.filter(({ kind }) => kind === "METRIC")) {
      for (const value of [null, 0, 1, 12.3456]) {
        const sentence = factorSentence({ key, name, unit: unit ?? null }, value, 1);
        expect(sentence).toMatch(/^[A-Z0-9][^:]+: raises the risk\.$/);
        expect(sentence).not.toMatch(/undefined|NaN|null/);
      }
    }
  });
});
