import { createHash } from "node:crypto";
import { RandomForestClassifier } from "ml-random-forest";
import { fitBoosted } from "../../src/learn/boosting.js";
import { fitForest } from "../../src/learn/forest.js";
import { type Algorithm, contributions } from "../../src/learn/model.js";
import { encodeModel } from "../../src/learn/model-bytes.js";
import { train } from "../../src/learn/train.js";
import { naturalBreaks } from "../../src/math/natural-breaks.js";
import { seededRandom } from "../../src/math/random.js";
import { scoreUsers } from "../../src/scores/churn-score.step.js";
import { predictProbabilities, TRAINABLE } from "../../src/scores/training.js";
import { findRuled } from "../../src/segments/tier-rule.step.js";
import type { Store } from "../../src/store/store.js";
import { assignTiers } from "../../src/tiers/tier.step.js";
import type { Result } from "./run.js";

const FEATURES = 30;
const TRAINING_ROWS = 10_000;
const USERS = 100_000;
const BATCH = 5_000;
const NOW = new Date("2026-01-01T00:00:00Z");

/** Training in memory, and scoring from stored tags end to end: read, predict, write the difference. */
export async function run(store: Store): Promise<readonly Result[]> {
  return [
    ...trainingFigures(),
    peerFigures(),
    ...largeFigures(),
    ...explanationFigures(),
    naturalBreaksFigures(),
    ...(await scoringFigures(store, "LOGISTIC_REGRESSION")),
    ...(await scoringFigures(store, "RANDOM_FOREST")),
    ...(await scoringFigures(store, "GRADIENT_BOOSTED_TREES")),
  ];
}

function trainingFigures(): Result[] {
  const { matrix, labels, groups } = sample(TRAINING_ROWS);
  return TRAINABLE.map((algorithm) => {
    const seconds = time(() => train(algorithm, matrix, labels, groups, { seed: 1 }));
    return {
      name: `train ${algorithm}: ${TRAINING_ROWS} rows x ${FEATURES}, 5 folds, calibrated`,
      figures: { seconds, "rows/s through 6 fits": (6 * TRAINING_ROWS) / seconds },
    };
  });
}

/** The package that users know, at the size it can still train. */
function peerFigures(): Result {
  const { matrix, labels } = sample(1_000);
  const trees = 5;
  const ours = time(() => fitForest(matrix, labels, { trees, maxDepth: 8, minLeaf: 20, seed: 1 }));
  const rows = Array.from(labels, (_, row) => matrix.columns.map((column) => column[row]!));
  const theirs = time(() =>
    new RandomForestClassifier({
      nEstimators: trees,
      seed: 1,
      noOOB: true,
      replacement: true,
      maxFeatures: Math.round(Math.sqrt(FEATURES)),
      useSampleBagging: true,
      treeOptions: { maxDepth: 8, minNumSamples: 20 },
    }).train(rows, Array.from(labels)),
  );
  return {
    name: `a forest of ${trees} trees, 1,000 rows`,
    figures: { seconds: ours, "ml-random-forest, seconds": theirs, "times faster": theirs / ours },
  };
}

/** One fit of many rows. */
function largeFigures(): Result[] {
  const { matrix, labels } = sample(100_000);
  const boosted = (maxDepth: number) =>
    time(() => fitBoosted(matrix, labels, { rounds: 100, maxDepth, learningRate: 0.1, subsample: 1, columnSample: 1 }));
  const forest = time(() => fitForest(matrix, labels, { trees: 100 }));
  return [
    {
      name: `one fit of 100,000 rows x ${FEATURES}, 100 trees`,
      figures: { "boosted, depth 3, seconds": boosted(3), "boosted, depth 6, seconds": boosted(6), "forest, seconds": forest },
    },
  ];
}

/** Contributions of one user, as a profile asks for them, of a page, and of many. */
function explanationFigures(): Result[] {
  const { matrix, labels, groups } = sample(TRAINING_ROWS);
  return (["RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const).map((algorithm) => {
    const { model } = train(algorithm, matrix, labels, groups, { seed: 1, folds: 2 });
    const some = (rows: number) => ({ rows, columns: matrix.columns.map((column) => column.subarray(0, rows)) });
    const first = time(() => contributions(model, some(1)));
    const one = time(() => {
      for (let i = 0; i < 50; i++) contributions(model, some(1));
    });
    return {
      name: `contributions by ${algorithm}`,
      figures: {
        "ms, the first user of a model": 1_000 * first,
        "ms, one user": (1_000 * one) / 50,
        "ms, a page of 50": 1_000 * time(() => contributions(model, some(50))),
        "rows/s": 1_000 / time(() => contributions(model, some(1_000))),
      },
    };
  });
}

function naturalBreaksFigures(): Result {
  const random = seededRandom(7);
  const values = Float64Array.from({ length: 100_000 }, () => random() ** 3);
  return {
    name: "natural breaks of 100,000 distinct values, five classes",
    figures: { seconds: time(() => naturalBreaks(values, 5)) },
  };
}

async function scoringFigures({ pool }: Store, algorithm: Algorithm): Promise<Result[]> {
  const { matrix, labels, groups } = sample(2_000);
  const { model } = train(algorithm, matrix, labels, groups, { seed: 1 });
  const parameters = encodeModel(model);
  await pool.run("truncate churn_score, user_tier, tier_history, churn_model, user_metric, event_day");
  const tags = await pool.read<{ key: string; slot: number }>(
    `select key, slot from tag where slot is not null order by slot limit ${FEATURES}`,
  );
  const [{ width }] = (await pool.read<{ width: number }>("select max(slot) + 1 as width from tag")) as [{ width: number }];
  await pool.run(
    `insert into user_metric (user_id, as_of, numbers)
     select u, $1, array(select hashint8extended(u, s)::double precision / 9223372036854775807 from generate_series(1, ${width}) s) from generate_series(1, ${USERS}) u`,
    [NOW],
  );
  await pool.run(
    `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
     select u, '2025-12-01', t.id, 1, 1, '2025-12-01 12:00Z', '2025-12-01 12:00Z' from generate_series(1, ${USERS}) u, event_type t where t.key = 'order'`,
  );
  await pool.run("update churn_definition set is_default = (key = 'retail')");
  await pool.run(
    `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint)
     select id, 1, 'CHAMPION', $1, $2, 1, $3, '{}', '{}', $4, $5 from churn_definition where key = 'retail'`,
    [algorithm, tags.map(({ key }) => key), NOW, Buffer.from(parameters), createHash("sha256").update(parameters).digest("hex")],
  );
  await pool.run("vacuum analyze user_metric");
  await pool.run("vacuum analyze event_day");

  const batches = Array.from({ length: USERS / BATCH }, (_, b) =>
    Array.from({ length: BATCH }, (_, i) => String(b * BATCH + i + 1)),
  );
  const overBatches = async (step: typeof scoreUsers) => {
    const start = performance.now();
    for (const ids of batches) await pool.transaction((tx) => step(tx, ids, NOW));
    return (performance.now() - start) / 1000;
  };
  const readAlone = await overBatches(async (tx, ids) => {
    await tx.read("select user_id, array_send(numbers) from user_metric where user_id = any($1)", [ids]);
  });
  const predicted = sample(USERS).matrix;
  const predictAlone = time(() => predictProbabilities(model, predicted));
  const first = await overBatches(scoreUsers);
  const again = await overBatches(scoreUsers);
  const tiers = await overBatches((tx, ids, asOf) => assignTiers(tx, ids, asOf, findRuled));
  return [
    {
      name: `score ${USERS} users by ${algorithm}, from stored tags`,
      figures: {
        "users/s, all written": USERS / first,
        "users/s, nothing changed": USERS / again,
        "users/s, reading the numbers alone": USERS / readAlone,
        "users/s, predicting alone": USERS / predictAlone,
        "users/s, tiers of all": USERS / tiers,
        "end to end over reading and predicting": first / (readAlone + predictAlone),
      },
    },
  ];
}

function sample(rows: number) {
  const random = seededRandom(rows);
  const columns = Array.from({ length: FEATURES }, () => Float64Array.from({ length: rows }, () => 2 * random() - 1));
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    random() < 1 / (1 + Math.exp(-2 * columns[0]![row]! - columns[1]![row]!)) ? 1 : 0,
  );
  return { matrix: { rows, columns }, labels, groups: Float64Array.from(labels.keys()) };
}

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
