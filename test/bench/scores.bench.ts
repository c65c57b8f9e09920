import { createHash } from "node:crypto";
import type { Algorithm } from "../../src/learn/model.js";
import { encodeModel } from "../../src/learn/model-bytes.js";
import { train } from "../../src/learn/train.js";
import { scoreUsers } from "../../src/scores/churn-score.step.js";
import { predictProbabilities } from "../../src/scores/training.js";
import { findRuled } from "../../src/segments/tier-rule.step.js";
import type { Transaction } from "../../src/store/pool.js";
import type { Store } from "../../src/store/store.js";
import { assignTiers } from "../../src/tiers/tier.step.js";
import { sample } from "./learn-sample.js";
import type { Bench, Result } from "./run.js";

const FEATURES = 30;
const STANDARD_USERS = 100_000;
/** As in the pipeline. */
const BATCH = 10_000;
const NOW = new Date("2026-01-01T00:00:00Z");

/** Scoring from stored tags end to end: read, predict, write the difference. */
export const run: Bench = async (store, options) => {
  const results: Result[] = [];
  for (const algorithm of ["LOGISTIC_REGRESSION", "RANDOM_FOREST", "GRADIENT_BOOSTED_TREES"] as const)
    results.push(await scoringFigures(store, algorithm, options.users ?? STANDARD_USERS));
  return results;
};

async function scoringFigures({ pool }: Store, algorithm: Algorithm, users: number): Promise<Result> {
  const { matrix, labels, groups } = sample(2_000, FEATURES);
  const { model } = train(algorithm, matrix, labels, groups, { seed: 1 });
  const parameters = encodeModel(model);
  await pool.run("truncate churn_score, user_tier, tier_history, churn_model, user_metric, event_day");
  const tags = await pool.read<{ key: string; slot: number }>(
    `select key, slot from tag where slot is not null order by slot limit ${FEATURES}`,
  );
  const [{ width }] = (await pool.read<{ width: number }>("select max(slot) + 1 as width from tag")) as [{ width: number }];
  await pool.run(
    `insert into user_metric (user_id, as_of, numbers)
     select u, $1, array(select hashint8extended(u, s)::double precision / 9223372036854775807 from generate_series(1, ${width}) s) from generate_series(1, ${users}) u`,
    [NOW],
  );
  await pool.run(
    `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
     select u, '2025-12-01', t.id, 1, 1, '2025-12-01 12:00Z', '2025-12-01 12:00Z' from generate_series(1, ${users}) u, event_type t where t.key = 'order'`,
  );
  await pool.run("update churn_definition set is_default = (key = 'retail')");
  await pool.run(
    `insert into churn_model (definition_id, version, state, algorithm, features, seed, trained_at, sample, evaluation, parameters, fingerprint)
     select id, 1, 'CHAMPION', $1, $2, 1, $3, '{}', '{}', $4, $5 from churn_definition where key = 'retail'`,
    [algorithm, tags.map(({ key }) => key), NOW, Buffer.from(parameters), createHash("sha256").update(parameters).digest("hex")],
  );
  await pool.run("vacuum analyze user_metric");
  await pool.run("vacuum analyze event_day");

  const batches = Array.from({ length: Math.ceil(users / BATCH) }, (_, b) =>
    Array.from({ length: Math.min(BATCH, users - b * BATCH) }, (_, i) => String(b * BATCH + i + 1)),
  );
  const overBatches = async (step: typeof scoreUsers) => {
    const start = performance.now();
    for (const ids of batches) await pool.transaction((tx) => step(tx, ids, NOW));
    return (performance.now() - start) / 1000;
  };
  const readAlone = await overBatches(async (tx, ids) => {
    await tx.read("select user_id, array_send(numbers) from user_metric where user_id = any($1)", [ids]);
  });
  const predicted = sample(users, FEATURES).matrix;
  const predictAlone = time(() => predictProbabilities(model, predicted));
  const tier = (tx: Transaction, ids: readonly string[], asOf: Date) => assignTiers(tx, ids, asOf, findRuled);
  const first = await overBatches(scoreUsers);
  const firstTiers = await overBatches(tier);
  const again = await overBatches(scoreUsers);
  const tiersAgain = await overBatches(tier);
  // Every score changes, and many of the tiers.
  await pool.run("update user_metric set numbers = array(select -n from unnest(numbers) n)");
  await pool.run("vacuum analyze user_metric");
  const changed = await overBatches(scoreUsers);
  const tiersChanged = await overBatches(tier);
  return {
    name: `score ${users.toLocaleString("en")} users by ${algorithm}, from stored tags`,
    figures: {
      "users/s, end to end, all written": users / (first + firstTiers),
      "  of it scores, s": first,
      "  of it tiers, s": firstTiers,
      "users/s, end to end, nothing changed": users / (again + tiersAgain),
      "  of it scores, s ": again,
      "  of it tiers, s ": tiersAgain,
      "  all written over nothing changed": (first + firstTiers) / (again + tiersAgain),
      "users/s, end to end, every score changed": users / (changed + tiersChanged),
      "  of it scores, s  ": changed,
      "  of it tiers, s  ": tiersChanged,
      "users/s, reading the numbers alone": users / readAlone,
      "users/s, predicting alone": users / predictAlone,
      "end to end over reading and predicting": (first + firstTiers) / (readAlone + predictAlone),
    },
  };
}

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
