import { describe, expect, test } from "vitest";
import { train } from "../../src/learn/train.js";
import { seededRandom } from "../../src/math/random.js";
import { groupCorrelated } from "../../src/scores/correlated.js";
import { type GateQuestion, judgePromotion } from "../../src/scores/gate.js";
import { suspectedLeaks } from "../../src/scores/leak.js";
import { runTraining } from "../../src/scores/training.js";
import { judgeUnseen } from "../../src/scores/unseen.js";

const random = seededRandom(17);
const users = 700;
// Two dates of the same users: a signal, a near copy of it, noise.
const signal = Float64Array.from({ length: 2 * users }, () => 4 * random() - 2);
const twin = signal.map((value) => value + 0.05 * random());
const noise = Float64Array.from({ length: 2 * users }, random);
const labels = Uint8Array.from(signal, (value) => (random() < 1 / (1 + Math.exp(-1.5 * value)) ? 1 : 0));
const groups = Float64Array.from({ length: 2 * users }, (_, row) => row % users);
const dates = Uint8Array.from({ length: 2 * users }, (_, row) => (row < users ? 0 : 1));
const matrix = { rows: 2 * users, columns: [signal, twin, noise] };

describe("users and a date that a model has not seen", () => {
  test("nobody stands on both sides: each user is kept from one of the models, and the last date from all", () => {
    const taught: Set<number>[] = [];
    const { later, aucLost } = judgeUnseen({
      matrix: { rows: matrix.rows, columns: [signal, groups, Float64Array.from(dates)] },
      labels,
      users: groups,
      dates,
      groups: [[0], [1]],
      seed: 1,
      teach: (part, partLabels, partUsers) => {
        taught.push(new Set(part.columns[1]));
        expect([...new Set(part.columns[2])]).toEqual([0]);
        return train("LOGISTIC_REGRESSION", part, partLabels, partUsers, { seed: 1, folds: 2, c: 1 });
      },
      onProgress: () => {},
    });
    expect(taught).toHaveLength(3);
    for (let user = 0; user < users; user++) expect(taught.filter((each) => each.has(user))).toHaveLength(2);
    expect([...later!.rows]).toEqual(Array.from({ length: users }, (_, user) => users + user));
    expect(aucLost![0]).toBeGreaterThan(0.2);
    expect(Math.abs(aucLost![1]!)).toBeLessThan(0.02);
  });
});

describe("a training", () => {
  const { evaluation } = runTraining(
    {
      algorithms: ["LOGISTIC_REGRESSION"],
      features: ["signal", "twin", "noise"],
      columns: matrix.columns,
      labels,
      groups,
      dates,
      seed: 3,
      rules: [],
      recency: noise,
    },
    () => {},
  );

  test("is held against recency alone, the overall rate, and the certainty that everybody churns", () => {
    const [recency, rate, everyone] = evaluation.baselines!;
    expect(evaluation.baselines!.map(({ kind }) => kind)).toEqual(["RECENCY", "OVERALL_RATE", "EVERYONE_CHURNS"]);
    const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
    expect(Math.abs(recency!.auc - 0.5)).toBeLessThan(0.06);
    expect(recency!.saved).toBeGreaterThan(5 * recency!.standardError);
    expect(rate).toMatchObject({ auc: 0.5, topDecileLift: 1 });
    expect(rate!.brier).toBeCloseTo(share * (1 - share), 12);
    expect(everyone!.brier).toBeCloseTo(1 - share, 12);
  });

  test("says how sure it is, and how it does on users and a date it has not seen", () => {
    expect(evaluation.intervals!.auc.lower).toBeLessThan(evaluation.auc);
    expect(evaluation.intervals!.auc.upper).toBeGreaterThan(evaluation.auc);
    expect(evaluation.laterDate).toMatchObject({ rows: users });
    expect(evaluation.laterDate!.calibrationError).toBeLessThan(0.1);
  });

  test("puts twins together: alone each seems to be worth little, together what they are", () => {
    expect(evaluation.groups!.map(({ keys }) => keys?.toSorted())).toEqual([["signal", "twin"], ["noise"]]);
    const [group, rest] = evaluation.groups!;
    const alone = evaluation.ranking.filter(({ key }) => key !== "noise").map(({ aucLost }) => aucLost!);
    expect(group!.aucLost).toBeGreaterThan(Math.max(...alone));
    expect(group!.aucLost).toBeGreaterThan(0.2);
    expect(Math.abs(rest!.aucLost!)).toBeLessThan(0.02);
    expect(group).toMatchObject({ rank: 1, direction: "RAISES" });
  });
});

test("groups do not grow in chains: everybody in one says much the same as its leader", () => {
  const steps = [0, 0.41, 0.7].map((shift) => signal.map((value, row) => value * (1 - shift) + 4 * shift * (noise[row]! - 0.5)));
  expect(groupCorrelated([0, 1, 2], steps)).toEqual([[0, 1], [2]]);
});

describe("tags that tell who churned", () => {
  test("are suspected by their value, in either direction, and by being there at all", () => {
    const outcome = Float64Array.from(labels);
    const reversed = outcome.map((value) => 7 - value);
    const onlyOfThoseWhoStay = outcome.map((value) => (value === 1 ? Number.NaN : 3));
    const almost = outcome.map((value, row) => (row % 50 === 0 ? 0.5 : value));
    const columns = [outcome, reversed, onlyOfThoseWhoStay, almost, signal];
    // A word's number says nothing of its rank: the second of three names those who churn.
    const words = outcome.map((value, row) => (value === 1 ? 1 : row % 2 === 0 ? 0 : 2));
    expect(suspectedLeaks(["words"], [words], labels)).toEqual([]);
    expect(suspectedLeaks(["words"], [words], labels, () => true)).toEqual([{ key: "words", auc: 1 }]);
    expect(suspectedLeaks(["a", "b", "c", "d", "honest"], columns, labels).map(({ key }) => key)).toEqual(["a", "b", "c", "d"]);
  });
});

describe("the gate", () => {
  const good: GateQuestion = {
    promotion: "IF_BETTER",
    signal: true,
    signalSentence: "A usable signal was found.",
    rows: 10_000,
    calibrationError: 0.02,
    allowedLeaks: [],
    champion: { version: 3, rows: 5_000, isLater: true, isFlattered: false, saved: 0.02, standardError: 0.005 },
    scorePsi: 0.1,
  };
  const fallen = (change: Partial<GateQuestion>) => {
    const { promoted, reason, checks } = judgePromotion({ ...good, ...change });
    expect(promoted).toBe(false);
    return { reason, failed: checks.filter(({ passed }) => !passed).map(({ check }) => check) };
  };

  test("lets through what is better by more than noise, calibrated, without leak and drift", () => {
    const { promoted, reason, checks } = judgePromotion(good);
    expect(promoted).toBe(true);
    expect(reason).toMatch(
      /^It is better than the champion by more than noise: it saves 0.0200 of the log-loss of version 3 on the same 5,000 rows of the last date/,
    );
    expect(checks.map(({ check }) => check)).toEqual(["SIGNAL", "NO_LEAK", "CALIBRATED", "BETTER", "NO_DRIFT"]);
  });

  test.each([
    [{ signal: false }, "SIGNAL"],
    [{ allowedLeaks: ["told_afterwards"] }, "NO_LEAK"],
    [{ calibrationError: 0.09 }, "CALIBRATED"],
    [{ champion: { ...good.champion!, saved: 0.008 } }, "BETTER"],
    [{ scorePsi: 0.4 }, "NO_DRIFT"],
  ] as const)("stops %j, and says why", (change, check) => {
    const { reason, failed } = fallen(change);
    expect(failed).toEqual([check]);
    expect(reason.length).toBeGreaterThan(20);
  });

  test("says where the champion that keeps its place was taught on the rows it is compared on", () => {
    const kept = { ...good.champion!, saved: -0.01 };
    expect(fallen({ champion: kept }).reason).not.toContain("flatters");
    expect(fallen({ champion: { ...kept, isFlattered: true } }).reason).toMatch(
      /standard error of 0.0050\. Version 3 was taught on rows of that date, which flatters it: train at a later observation date, or promote by hand\.$/,
    );
  });

  test("asks a first model for everything but to be better than another one", () => {
    expect(judgePromotion({ ...good, champion: null, scorePsi: null })).toMatchObject({
      promoted: true,
      reason: "It is the first model of its definition with a usable signal.",
    });
    expect(judgePromotion({ ...good, champion: null, scorePsi: null, calibrationError: 0.2 }).promoted).toBe(false);
  });

  test("allows a small sample the error that chance alone makes", () => {
    expect(judgePromotion({ ...good, rows: 200, calibrationError: 0.09 }).promoted).toBe(true);
  });
});
